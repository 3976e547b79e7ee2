import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connect } from '@segue/database'
import { profileIds, type Envelope } from '@segue/event-model'
import { ConfigurationLoader, installBuiltIns, moveMerged, OwnerMemory, processBatch } from '@segue/pipeline'
import { randomBytes, randomUUID } from 'node:crypto'
import type { Pool } from 'mysql2/promise'
import { startEnvironment, type TestEnvironment } from '../gateway/environment.js'

let staging: TestEnvironment
let pool: Pool
let configuration: ConfigurationLoader
beforeAll(async () => {
  staging = await startEnvironment('staging')
  pool = connect({ url: staging.databaseUrl, connections: 2 })
  await installBuiltIns(pool)
  configuration = new ConfigurationLoader(pool)
})
afterAll(async () => {
  await pool?.end()
  await staging?.close()
})

const ids = profileIds(randomBytes(32))
const START = Date.UTC(2026, 2, 1)

/** An event as a trusted source sends it. */
function event(given: Partial<Envelope> & Pick<Envelope, 'type' | 'occurredAt'>): Envelope {
  const eventId = randomBytes(16)
  eventId.writeUIntBE(given.occurredAt + 100, 0, 6)
  const hex = eventId.toString('hex')
  return {
    v: 1,
    eventId: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`,
    requestId: randomUUID(),
    protocol: 'tracker',
    sourceId: 'shop',
    trusted: true,
    receivedAt: given.occurredAt + 100,
    properties: {},
    context: {},
    newProfileId: ids.mint(),
    identities: [],
    ...given,
  }
}

/** Processes events as an event worker does. */
async function process(...envelopes: Envelope[]): Promise<void> {
  const tx = await pool.getConnection()
  try {
    await tx.beginTransaction()
    await processBatch(tx, envelopes, await configuration.load(), Date.now(), new OwnerMemory())
    await tx.commit()
  } finally {
    tx.release()
  }
}

/** Asks the gateway; fails with the errors of the answer. */
// oxlint-disable-next-line no-explicit-any -- a test reads the fields that its own query names
async function ask(query: string, variables: object = {}): Promise<any> {
  const { data, errors } = await staging.ask(query, variables)
  if (errors) throw new Error(JSON.stringify(errors))
  return data
}

/** Makes a workflow that runs for events of a type, all through the API; returns its id. */
async function deployWorkflow(eventTypeId: string): Promise<string> {
  const draft = {
    nodes: [
      { id: 'start', type: 'start' },
      { id: 'sum', type: 'profile.increment', config: { field: 'counters.revenue', amount: 5 } },
    ],
    edges: [{ from: 'start', port: 'next', to: 'sum' }],
  }
  const { createWorkflow } = await ask(
    `mutation ($draft: JSONObject) { createWorkflow(input: { name: "Revenue", draft: $draft }) { workflow { id } userErrors { message } } }`,
    { draft },
  )
  const { id } = createWorkflow.workflow
  const answer = await ask(
    `mutation ($id: ID!, $type: ID!) {
       deployWorkflow(input: { id: $id, revision: 1 }) { version problems { message } userErrors { message } }
       createWorkflowTrigger(input: { workflowId: $id, name: "Orders", eventTypeId: $type, condition: "event.properties.value > 1" }) { trigger { id } userErrors { message } }
     }`,
    { id, type: eventTypeId },
  )
  expect(answer).toMatchObject({
    deployWorkflow: { version: 1, problems: null, userErrors: [] },
    createWorkflowTrigger: { userErrors: [] },
  })
  return id
}

describe('what the pipeline wrote', () => {
  test('is one graph: from the profile to its events and runs, and from those back', async () => {
    const workflowId = await deployWorkflow('ordered')
    await ask(
      `mutation { createEventSource(input: { id: "shop", name: "Shop", channel: tracker, trusted: true }) { userErrors { code } } }`,
    )
    const session = { id: randomUUID(), save: true }
    const identities = [{ kind: 'email', value: 'Ada@Example.org' }]
    await process(
      event({ type: 'looked', occurredAt: START, identities, session }),
      event({ type: 'ordered', occurredAt: START + 1000, identities, session, properties: { value: 10 } }),
    )
    const { profileByIdentity: profile } = await ask(`{ profileByIdentity(kind: "email", value: "ada@example.org") {
      id identified counters identities { kind value }
      sessions { edges { node { id eventCount duration profile { id } } } }
      events { edges { node { id type source { name } session { startedAt } profile { email identified } } } }
      runs { edges { node { state workflow { id name } trigger { name eventType { id } } event { type properties } profile { counters } steps { nodeId } } } }
      timeline { edges { at node { __typename ... on Event { type receivedAt } ... on WorkflowRun { state } } } }
    } }`)
    expect(profile).toMatchObject({
      identified: true,
      counters: { revenue: 5 },
      identities: [{ kind: 'email', value: 'ada@example.org' }],
      sessions: { edges: [{ node: { id: session.id, eventCount: 2, duration: 1, profile: { id: profile.id } } }] },
      events: {
        edges: [
          {
            node: {
              type: 'ordered',
              source: { name: 'Shop' },
              session: { startedAt: new Date(START).toISOString() },
              profile: { identified: true },
            },
          },
          { node: { type: 'looked' } },
        ],
      },
      runs: {
        edges: [
          {
            node: {
              state: 'completed',
              workflow: { id: workflowId, name: 'Revenue' },
              trigger: { name: 'Orders' },
              event: { type: 'ordered', properties: { value: 10 } },
              profile: { counters: { revenue: 5 } },
              steps: [{ nodeId: 'start' }, { nodeId: 'sum' }],
            },
          },
        ],
      },
    })
    expect(profile.timeline.edges.map((edge: { node: { __typename: string } }) => edge.node.__typename).sort()).toEqual(
      ['Event', 'Event', 'WorkflowRun'],
    )
    expect(profile.timeline.edges.at(-1)).toEqual({
      at: new Date(START).toISOString(),
      node: { __typename: 'Event', type: 'looked', receivedAt: new Date(START + 100).toISOString() },
    })
  })

  test('of a page of fifty profiles comes in one answer, each with its own events and runs', async () => {
    await deployWorkflow('page')
    await process(
      ...Array.from({ length: 50 }, (_, i) =>
        [0, 1, 2].map((n) =>
          event({
            type: 'page',
            occurredAt: START + n * 1000,
            identities: [{ kind: 'customer', value: `page-${i}` }],
            properties: { value: n + 1, customer: `page-${i}` },
          }),
        ),
      ).flat(),
    )
    const { profiles } = await ask(`{ profiles(first: 50) { edges { node { identities { value }
      events(first: 2, type: "page") { edges { node { properties profile { id } } } } runs(first: 5) { edges { node { event { properties } } } } } } } }`)
    expect(profiles.edges).toHaveLength(50)
    for (const { node } of profiles.edges) {
      const customer = node.identities[0].value
      const sent = (value: number): object => ({ properties: { value, customer } })
      expect(node.events.edges.map((edge: { node: object }) => edge.node)).toMatchObject([sent(3), sent(2)])
      expect(node.runs.edges.map((edge: { node: { event: object } }) => edge.node.event)).toMatchObject([
        sent(3),
        sent(2),
      ])
    }
  })
})

describe('a merged profile', () => {
  test('answers with everything under both ids, before and after its history has been moved', async () => {
    const visitor = { kind: 'device', value: randomUUID() }
    const customer = { kind: 'customer', value: 'merged-1' }
    await process(
      event({ type: 'seen', occurredAt: START, identities: [visitor] }),
      event({ type: 'seen', occurredAt: START + 1000, identities: [customer] }),
    )
    const idOf = async ({ kind, value }: { kind: string; value: string }): Promise<string> =>
      (
        await ask(`query ($kind: String!, $value: String!) { profileByIdentity(kind: $kind, value: $value) { id } }`, {
          kind,
          value,
        })
      ).profileByIdentity.id
    const before = [await idOf(visitor), await idOf(customer)]
    expect(new Set(before).size).toBe(2)
    await process(event({ type: 'seen', occurredAt: START + 2000, identities: [visitor, customer] }))

    const query = `query ($id: ID!) { profile(id: $id) { id aliases events { edges { node { occurredAt profile { id aliases } } } } timeline { edges { node { ... on Event { id profile { id } } } } } } }`
    for (const when of ['before', 'after'] as const) {
      if (when === 'after') await moveAll()
      const answers = await Promise.all(before.map((id) => ask(query, { id })))
      const [{ profile }] = answers
      expect(answers[1]).toEqual(answers[0])
      expect(profile.aliases).toHaveLength(1)
      expect([profile.id, ...profile.aliases].sort()).toEqual([...before].sort())
      expect(profile.events.edges).toHaveLength(3)
      for (const { node } of profile.events.edges)
        expect(node.profile).toEqual({ id: profile.id, aliases: profile.aliases })
      for (const { node } of profile.timeline.edges) expect(node.profile).toEqual({ id: profile.id })
    }
  })

  async function moveAll(): Promise<void> {
    const connection = await pool.getConnection()
    try {
      while (await moveMerged(connection));
    } finally {
      connection.release()
    }
  }
})

test('the events of a profile whose subgraph is away are missing, the rest is there', async () => {
  await process(event({ type: 'last', occurredAt: START, identities: [{ kind: 'customer', value: 'partial' }] }))
  await staging.stop('event')
  const { data, errors } = await staging.ask(
    `{ profileByIdentity(kind: "customer", value: "partial") { identified events { edges { cursor } } timeline { edges { at node { __typename } } } } }`,
  )
  expect(data.profileByIdentity).toMatchObject({
    identified: true,
    events: null,
    timeline: { edges: [{ node: { __typename: 'Event' } }] },
  })
  expect(errors).toMatchObject([{ extensions: { code: 'SUBGRAPH_AWAY', serviceName: 'event' } }])
})
