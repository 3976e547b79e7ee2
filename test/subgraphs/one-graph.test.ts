import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { accepted, graphql } from '@segue/api-client'
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

const CREATE = graphql(
  'mutation ($input: CreateWorkflowInput!) { createWorkflow(input: $input) { workflow { id } userErrors { code message path } } }',
)
const DEPLOY = graphql(`
  mutation ($deploy: DeployWorkflowInput!, $trigger: CreateTriggerInput!) {
    deployWorkflow(input: $deploy) {
      version
      problems {
        message
      }
      userErrors {
        message
      }
    }
    createWorkflowTrigger(input: $trigger) {
      trigger {
        id
      }
      userErrors {
        message
      }
    }
  }
`)
const BY_IDENTITY = graphql(
  'query ($kind: String!, $value: String!) { profileByIdentity(kind: $kind, value: $value) { id } }',
)
const HISTORY = graphql(`
  query ($id: ID!) {
    profile(id: $id) {
      id
      aliases
      events {
        edges {
          node {
            occurredAt
            profile {
              id
              aliases
            }
          }
        }
      }
      timeline {
        edges {
          node {
            ... on Event {
              id
              profile {
                id
              }
            }
          }
        }
      }
    }
  }
`)

/** Makes a workflow that runs for events of a type, all through the API; returns its id. */
async function deployWorkflow(eventTypeId: string): Promise<string> {
  const draft = {
    nodes: [
      { id: 'start', type: 'start' },
      { id: 'sum', type: 'profile.increment', config: { field: 'counters.revenue', amount: 5 } },
    ],
    edges: [{ from: 'start', port: 'next', to: 'sum' }],
  }
  const { createWorkflow } = await staging.client.request(CREATE, { input: { name: 'Revenue', draft } })
  const id = accepted(createWorkflow).workflow?.id ?? ''
  const condition = 'event.properties.value > 1'
  const answer = await staging.client.request(DEPLOY, {
    deploy: { id, revision: 1 },
    trigger: { workflowId: id, name: 'Orders', eventTypeId, condition },
  })
  expect(answer).toMatchObject({
    deployWorkflow: { version: 1, problems: null, userErrors: [] },
    createWorkflowTrigger: { userErrors: [] },
  })
  return id
}

describe('what the pipeline wrote', () => {
  test('is one graph: from the profile to its events and runs, and from those back', async () => {
    const workflowId = await deployWorkflow('ordered')
    await staging.client.request(
      graphql(
        'mutation { createEventSource(input: { id: "shop", name: "Shop", channel: tracker, trusted: true }) { userErrors { code } } }',
      ),
    )
    const session = { id: randomUUID(), save: true }
    const identities = [{ kind: 'email', value: 'Ada@Example.org' }]
    await process(
      event({ type: 'looked', occurredAt: START, identities, session }),
      event({ type: 'ordered', occurredAt: START + 1000, identities, session, properties: { value: 10 } }),
    )
    const { profileByIdentity: profile } = await staging.client.request(
      graphql(`
        {
          profileByIdentity(kind: "email", value: "ada@example.org") {
            id
            identified
            counters
            identities {
              kind
              value
            }
            sessions {
              edges {
                node {
                  id
                  eventCount
                  duration
                  profile {
                    id
                  }
                }
              }
            }
            events {
              edges {
                node {
                  id
                  type
                  source {
                    name
                  }
                  session {
                    startedAt
                  }
                  profile {
                    email
                    identified
                  }
                }
              }
            }
            runs {
              edges {
                node {
                  state
                  workflow {
                    id
                    name
                  }
                  trigger {
                    name
                    eventType {
                      id
                    }
                  }
                  event {
                    type
                    properties
                  }
                  profile {
                    counters
                  }
                  steps {
                    nodeId
                  }
                }
              }
            }
            timeline {
              edges {
                at
                node {
                  __typename
                  ... on Event {
                    type
                    receivedAt
                  }
                  ... on WorkflowRun {
                    state
                  }
                }
              }
            }
          }
        }
      `),
    )
    expect(profile).toMatchObject({
      identified: true,
      counters: { revenue: 5 },
      identities: [{ kind: 'email', value: 'ada@example.org' }],
      sessions: { edges: [{ node: { id: session.id, eventCount: 2, duration: 1, profile: { id: profile?.id } } }] },
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
    expect(profile?.timeline?.edges.map(({ node }) => node?.__typename).sort()).toEqual([
      'Event',
      'Event',
      'WorkflowRun',
    ])
    expect(profile?.timeline?.edges.at(-1)).toEqual({
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
    const { profiles } = await staging.client.request(
      graphql(`
        {
          profiles(first: 50) {
            edges {
              node {
                identities {
                  value
                }
                events(first: 2, type: "page") {
                  edges {
                    node {
                      properties
                      profile {
                        id
                      }
                    }
                  }
                }
                runs(first: 5) {
                  edges {
                    node {
                      event {
                        properties
                      }
                    }
                  }
                }
              }
            }
          }
        }
      `),
    )
    expect(profiles?.edges).toHaveLength(50)
    for (const { node } of profiles?.edges ?? []) {
      const customer = node.identities[0]?.value
      const sent = (value: number): object => ({ properties: { value, customer } })
      expect(node.events?.edges.map((edge) => edge.node)).toMatchObject([sent(3), sent(2)])
      expect(node.runs?.edges.map((edge) => edge.node.event)).toMatchObject([sent(3), sent(2)])
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
    const idOf = async (identity: { kind: string; value: string }): Promise<string> =>
      (await staging.client.request(BY_IDENTITY, identity)).profileByIdentity?.id ?? ''
    const before = [await idOf(visitor), await idOf(customer)]
    expect(new Set(before).size).toBe(2)
    await process(event({ type: 'seen', occurredAt: START + 2000, identities: [visitor, customer] }))

    for (const when of ['before', 'after'] as const) {
      if (when === 'after') await moveAll()
      const answers = await Promise.all(before.map((id) => staging.client.request(HISTORY, { id })))
      const profile = answers[0]?.profile
      expect(answers[1]).toEqual(answers[0])
      expect(profile?.aliases).toHaveLength(1)
      expect([profile?.id, ...(profile?.aliases ?? [])].sort()).toEqual([...before].sort())
      expect(profile?.events?.edges).toHaveLength(3)
      for (const { node } of profile?.events?.edges ?? [])
        expect(node.profile).toEqual({ id: profile?.id, aliases: profile?.aliases })
      expect(profile?.timeline?.edges.map(({ node }) => node)).toEqual(
        Array.from({ length: 3 }, () => ({ id: expect.any(String), profile: { id: profile?.id } })),
      )
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
  const query = graphql(
    '{ profileByIdentity(kind: "customer", value: "partial") { identified events { edges { cursor } } timeline { edges { at node { __typename } } } } }',
  )
  await expect(staging.client.request(query)).rejects.toMatchObject({
    data: {
      profileByIdentity: {
        identified: true,
        events: null,
        timeline: { edges: [{ node: { __typename: 'Event' } }] },
      },
    },
    errors: [{ extensions: { code: 'SUBGRAPH_AWAY', serviceName: 'event' } }],
  })
})
