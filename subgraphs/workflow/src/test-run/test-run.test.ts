// Test runs and replays: what would have happened, without any of it.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { toBytes } from '@segue/database'
import { randomUUID } from 'node:crypto'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { startTestSubgraph, type TestSubgraph } from '../../../../test/setup/subgraph.js'
import { readWorkflowConfig } from '../config.js'
import { start } from '../service.js'
import { addDeliveries, uuid7 } from '../testing/rows.js'
import { TestRunBudget } from './test-run-budget.js'

let database: TestDatabase
let subgraph: TestSubgraph
beforeAll(async () => {
  database = await createMigratedDatabase()
  subgraph = await startTestSubgraph({ account: 'subgraph-workflow', start, config: readWorkflowConfig }, database)
})
afterAll(async () => {
  await subgraph?.close()
  await database?.close()
})

// oxlint-disable-next-line no-explicit-any -- a test reads the fields that its own query names
type Anything = any

const TEST_RUN = `testRun { state exit { name goal } error { nodeId code input } startedAt endedAt steps { workflowId nodeId port at waits input output decision { code } }
  effects { at nodeId kind detail } log { nodeId message } response profile output waits { nodeId kind } notes milliseconds } problems { code nodeId } userErrors { code path }`

async function run(input: object, role: 'admin' | 'developer' = 'admin'): Promise<Anything> {
  const { result } = await subgraph.ask<Anything>(
    `mutation ($input: TestWorkflowInput!) { result: testWorkflow(input: $input) { ${TEST_RUN} } }`,
    { input },
    role,
  )
  return result
}

async function replay(input: object, role: 'admin' | 'developer' = 'admin'): Promise<Anything> {
  const { result } = await subgraph.ask<Anything>(
    `mutation ($input: ReplayRunInput!) { result: replayRun(input: $input) { ${TEST_RUN} } }`,
    { input },
    role,
  )
  return result
}

/** Waits for the cart's check-out at most two hours, then calls. */
const CART = {
  nodes: [
    { id: 'start', type: 'start' },
    {
      id: 'bought',
      type: 'wait.event',
      config: {
        eventType: 'checked-out',
        condition: 'arrived.properties.cart == event.properties.cart',
        timeout: '2h',
      },
    },
    { id: 'call', type: 'http.call', config: { url: 'https://api.example.com/remind/{{ event.properties.cart }}' } },
    { id: 'done', type: 'log', config: { message: 'Hello {{ profile.traits.name }}' } },
  ],
  edges: [
    { from: 'start', port: 'next', to: 'bought' },
    { from: 'bought', port: 'timeout', to: 'call' },
    { from: 'bought', port: 'arrived', to: 'done' },
    { from: 'call', port: 'answered', to: 'done' },
  ],
}
const AT = '2026-03-01T12:00:00.000Z'
const later = (hours: number): string => new Date(Date.parse(AT) + hours * 3_600_000).toISOString()

const steps = (payload: Anything): unknown =>
  payload.testRun.steps.map(({ nodeId, port, at }: Anything) => [nodeId, port, at])

describe('a test run', () => {
  const given = {
    graph: CART,
    at: AT,
    event: { type: 'added', properties: { cart: 'c1' } },
    profile: { traits: { name: 'Ada' } },
  }

  test('jumps over the waits, and tells every step and what it would have done', async () => {
    const payload = await run(given, 'developer')
    expect(payload.userErrors).toEqual([])
    expect(payload.testRun).toMatchObject({
      state: 'completed',
      startedAt: AT,
      endedAt: later(2),
      log: [{ nodeId: 'done', message: 'Hello Ada' }],
      error: null,
      exit: null,
      waits: [],
      notes: [],
      profile: { traits: { name: 'Ada' } },
    })
    expect(steps(payload)).toEqual([
      ['start', 'next', AT],
      ['bought', null, AT],
      ['bought', 'timeout', later(2)],
      ['call', null, later(2)],
      ['call', 'answered', later(2)],
      ['done', expect.anything(), later(2)],
    ])
    expect(payload.testRun.effects).toMatchObject([
      {
        at: later(2),
        nodeId: 'call',
        kind: 'deliver',
        detail: { delivery: { transport: 'http', request: { url: 'https://api.example.com/remind/c1' } } },
      },
    ])
  })

  test('takes a script: the event that is waited for, of the right cart', async () => {
    const payload = await run({
      ...given,
      script: [
        { at: '30m', event: { type: 'checked-out', properties: { cart: 'other' } } },
        { at: '1h', event: { type: 'checked-out', properties: { cart: 'c1' } } },
      ],
    })
    expect(steps(payload)).toEqual([
      ['start', 'next', AT],
      ['bought', null, AT],
      ['bought', 'arrived', later(1)],
      ['done', expect.anything(), later(1)],
    ])
    expect(await run({ ...given, until: '1h' })).toMatchObject({
      testRun: { state: 'waiting', waits: [{ nodeId: 'bought', kind: 'event' }] },
    })
    const failing = await run({ ...given, deliveries: { call: { error: { code: 'HTTP_500' } } } })
    expect(steps(failing)).not.toContainEqual(['call', 'answered', later(2)])
  })

  test('leaves nothing behind: no row, no entry of the audit, nothing kept for repeats', async () => {
    const tables = [
      'workflow_run',
      'run_state',
      'delayed_event',
      'delivery',
      'profile',
      'event',
      'audit_entry',
      'change_feed',
    ]
    const counts = async (): Promise<unknown> =>
      await subgraph.database.query(
        `SELECT ${tables.map((table) => `(SELECT COUNT(*) FROM ${table}) AS ${table}`).join(', ')}`,
      )
    const before = await counts()
    await run({ ...given, clientMutationId: 'test-1' })
    expect(await counts()).toEqual(before)
    const kept = JSON.stringify(
      await subgraph.database.query('SELECT CAST(payload AS CHAR) AS text FROM mutation_request'),
    )
    expect(kept).not.toContain('Ada')
  })

  test('says what is wrong with the graph, the script and everything else', async () => {
    const broken = {
      nodes: [
        { id: 'start', type: 'start' },
        { id: 'x', type: 'teleport' },
      ],
      edges: [],
    }
    expect(await run({ graph: broken })).toMatchObject({
      testRun: null,
      problems: [{ code: 'UNKNOWN_NODE_TYPE', nodeId: 'x' }],
      userErrors: [{ code: 'WORKFLOW_HAS_PROBLEMS', path: ['input', 'graph'] }],
    })
    for (const [input, error] of [
      [{}, { code: 'BAD_TEST_RUN', path: ['input'] }],
      [{ id: randomUUID() }, { code: 'WORKFLOW_NOT_FOUND', path: ['input', 'id'] }],
      [
        { id: randomUUID(), version: 3 },
        { code: 'VERSION_NOT_FOUND', path: ['input', 'version'] },
      ],
      [{ graph: { nodes: 1 } }, { code: 'BAD_DRAFT' }],
      [{ graph: CART, script: [{ at: 'soon', event: { type: 'x' } }] }, { code: 'BAD_TEST_RUN' }],
      [
        { graph: CART, script: 'x' },
        { code: 'BAD_TEST_RUN', path: ['input', 'script'] },
      ],
      [
        { graph: CART, until: 'x' },
        { code: 'BAD_TEST_RUN', path: ['input', 'until'] },
      ],
      [
        { graph: CART, deliveries: { call: 7 } },
        { code: 'BAD_TEST_RUN', path: ['input', 'deliveries', 'call'] },
      ],
      [
        { graph: CART, eventId: randomUUID() },
        { code: 'EVENT_NOT_FOUND', path: ['input', 'eventId'] },
      ],
      [
        { graph: CART, profileId: randomUUID() },
        { code: 'PROFILE_NOT_FOUND', path: ['input', 'profileId'] },
      ],
    ] as const) {
      expect((await run(input)).userErrors).toEqual([expect.objectContaining(error)])
    }
  })

  test('runs sub-workflows as they are live', async () => {
    const sub = {
      nodes: [
        { id: 'start', type: 'start' },
        { id: 'inner', type: 'log', config: { message: 'inside' } },
      ],
      edges: [{ from: 'start', port: 'next', to: 'inner' }],
    }
    const id = await deployed(sub)
    const graph = {
      nodes: [
        { id: 'start', type: 'start' },
        { id: 'sub', type: 'workflow.run', config: { workflowId: id } },
      ],
      edges: [{ from: 'start', port: 'next', to: 'sub' }],
    }
    const payload = await run({ graph })
    expect(payload.testRun.steps).toContainEqual(expect.objectContaining({ workflowId: id, nodeId: 'inner' }))
    expect(payload.testRun.state).toBe('completed')
  })
})

async function deployed(draft: object): Promise<string> {
  const { createWorkflow } = await subgraph.ask<Anything>(
    'mutation ($draft: JSONObject) { createWorkflow(input: { name: "W", draft: $draft }) { workflow { id } } }',
    { draft },
  )
  const { id } = createWorkflow.workflow
  const { deployWorkflow } = await subgraph.ask<Anything>(
    'mutation ($id: ID!) { deployWorkflow(input: { id: $id, revision: 1 }) { version problems { message } } }',
    { id },
  )
  expect(deployWorkflow.version).toBe(1)
  return id
}

/** Stores a profile, and events of it. */
async function addPerson(
  events: { type: string; at: string; properties: object }[],
): Promise<{ profileId: string; eventIds: string[] }> {
  const profileId = randomUUID()
  await subgraph.database.query(
    `INSERT INTO profile (id, created_at, updated_at, first_seen_at, last_seen_at, version, identified, document, stamps)
     VALUES (?, ?, ?, ?, ?, 1, FALSE, ?, '{}')`,
    [
      toBytes(profileId),
      ...Array.from({ length: 4 }, () => new Date(AT)),
      JSON.stringify({ traits: { name: 'Grace' } }),
    ],
  )
  const eventIds: string[] = []
  for (const { type, at, properties } of events) {
    const id = uuid7(Date.parse(at))
    await subgraph.database.query(
      `INSERT INTO event (id, profile_id, original_profile_id, source_id, type, occurred_at, valid, properties, context) VALUES (?, ?, ?, 'shop', ?, ?, TRUE, ?, '{}')`,
      [toBytes(id), toBytes(profileId), toBytes(profileId), type, new Date(at), JSON.stringify(properties)],
    )
    await subgraph.database.query(`INSERT INTO activity (profile_id, at, kind, ref) VALUES (?, ?, 'event', ?)`, [
      toBytes(profileId),
      new Date(at),
      toBytes(id),
    ])
    eventIds.push(id)
  }
  return { profileId, eventIds }
}

describe('with a stored person', () => {
  test('needs the right to see personal data, and finds the profile by its event', async () => {
    const { profileId, eventIds } = await addPerson([{ type: 'added', at: AT, properties: { cart: 'c9' } }])
    for (const input of [{ eventId: eventIds[0] }, { profileId }]) {
      expect((await run({ graph: CART, ...input }, 'developer')).userErrors).toEqual([
        { code: 'PERSONAL_DATA', path: ['input', Object.keys(input)[0]] },
      ])
    }
    const payload = await run({ graph: CART, at: AT, eventId: eventIds[0] })
    expect(payload.testRun).toMatchObject({ log: [{ message: 'Hello Grace' }], profile: { id: profileId } })
    expect(await run({ graph: CART, at: AT, profileId, event: { type: 'added' } })).toMatchObject({
      testRun: { log: [{ message: 'Hello Grace' }] },
    })
  })

  test('a real run is gone through again as another version, with what happened then', async () => {
    const { profileId, eventIds } = await addPerson([
      { type: 'added', at: AT, properties: { cart: 'c1' } },
      { type: 'checked-out', at: later(1), properties: { cart: 'c2' } },
    ])
    const workflowId = await deployed(CART)
    const runId = uuid7(Date.parse(AT))
    await subgraph.database.query(
      `INSERT INTO workflow_run (id, workflow_id, version, profile_id, event_id, state, started_at, ended_at, steps) VALUES (?, ?, 1, ?, ?, 'completed', ?, ?, '[]')`,
      [
        toBytes(runId),
        toBytes(workflowId),
        toBytes(profileId),
        toBytes(eventIds[0] ?? ''),
        new Date(AT),
        new Date(later(3)),
      ],
    )
    await addDeliveries(subgraph.database, { workflowId, runId, state: 'delivered', at: Date.parse(later(2)) })
    const same = await replay({ id: runId, version: 1 })
    expect(same.userErrors).toEqual([])
    expect(steps(same)).toContainEqual(['bought', 'timeout', later(2)])
    expect(JSON.stringify(same.testRun.steps)).toContain('"status":200,"body":"no"')
    // The draft does not ask which cart it is.
    const draft = structuredClone(CART)
    draft.nodes[1] = { id: 'bought', type: 'wait.event', config: { eventType: 'checked-out', timeout: '2h' } as never }
    await subgraph.ask(
      'mutation ($input: UpdateWorkflowInput!) { updateWorkflow(input: $input) { userErrors { code } } }',
      {
        input: { id: workflowId, revision: 1, draft },
      },
    )
    expect(steps(await replay({ id: runId }))).toContainEqual(['bought', 'arrived', later(1)])
    expect((await replay({ id: runId }, 'developer')).userErrors).toEqual([
      { code: 'PERSONAL_DATA', path: ['input', 'id'] },
    ])
    expect((await replay({ id: randomUUID() })).userErrors).toEqual([{ code: 'RUN_NOT_FOUND', path: ['input', 'id'] }])
    expect((await replay({ id: runId, version: 9 })).userErrors).toEqual([
      { code: 'VERSION_NOT_FOUND', path: ['input', 'version'] },
    ])
  })
})

test('an account that has used its computing of a minute waits for the next', () => {
  const budget = new TestRunBudget()
  budget.use('ann', 14_000, 0)
  expect(budget.waitOf('ann', 1000)).toBe(0)
  budget.use('ann', 2000, 1000)
  expect(budget.waitOf('ann', 2000)).toBe(58)
  expect(budget.waitOf('bob', 2000)).toBe(0)
  expect(budget.waitOf('ann', 60_000)).toBe(0)
})
