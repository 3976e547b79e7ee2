// How a workflow stands, and what changes to it do to the runs that wait.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ChangesWriter, INSERT_CHANGES, toBytes } from '@segue/database'
import { countStatements } from '@segue/graphql'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { connectLive, type LiveClient } from '../../../../test/setup/live-client.js'
import { startTestSubgraph, type TestSubgraph } from '../../../../test/setup/subgraph.js'
import { readWorkflowConfig } from '../config.js'
import { start } from '../service.js'
import { addWaitingRuns, delayedEvent } from '../testing/rows.js'

let database: TestDatabase
let subgraph: TestSubgraph
let live: LiveClient
beforeAll(async () => {
  database = await createMigratedDatabase()
  subgraph = await startTestSubgraph({ account: 'subgraph-workflow', start, config: readWorkflowConfig }, database)
  live = await connectLive(subgraph.url)
})
afterAll(async () => {
  live?.close()
  await subgraph?.close()
  await database?.close()
})

// oxlint-disable-next-line no-explicit-any -- a test reads the fields that its own query names
type Anything = any

const graph = (nodes: string[], settings: object = {}): object => ({
  nodes: [{ id: 'start', type: 'start' }, ...nodes.map((id) => ({ id, type: 'log', config: { message: id } }))],
  edges: nodes.map((to) => ({ from: 'start', port: 'next', to })),
  settings,
})

async function newWorkflow(draft: object): Promise<string> {
  const { createWorkflow } = await subgraph.ask<Anything>(
    'mutation ($draft: JSONObject) { createWorkflow(input: { name: "W", draft: $draft }) { workflow { id } userErrors { message } } }',
    { draft },
  )
  return createWorkflow.workflow.id
}

const PREVIEW = 'stay follow mapped gone nodes { nodeId version count fate target }'

describe('a deployment', () => {
  test('is previewed: runs stay in their version, unless they are to follow', async () => {
    const id = await newWorkflow(graph(['a', 'b']))
    await addWaitingRuns(subgraph.database, { workflowId: id, nodes: ['a', 'b'] }, { workflowId: id, nodes: ['a'] })
    const preview = async (revision?: number): Promise<Anything> =>
      (
        await subgraph.ask<Anything>(
          `query ($id: ID!, $revision: Int) { previewDeployment(id: $id, revision: $revision) { ${PREVIEW} } }`,
          { id, revision },
        )
      ).previewDeployment
    expect(await preview()).toEqual({
      stay: 3,
      follow: 0,
      mapped: 0,
      gone: 0,
      nodes: [
        { nodeId: 'a', version: 1, count: 2, fate: 'stay', target: 'a' },
        { nodeId: 'b', version: 1, count: 1, fate: 'stay', target: 'b' },
      ],
    })
    const save = async (revision: number, draft: object): Promise<void> => {
      const { updateWorkflow } = await subgraph.ask<Anything>(
        'mutation ($input: UpdateWorkflowInput!) { updateWorkflow(input: $input) { userErrors { message } } }',
        { input: { id, revision, draft } },
      )
      expect(updateWorkflow.userErrors).toEqual([])
    }
    await save(1, graph(['a'], { versions: 'follow' }))
    expect(await preview(2)).toMatchObject({
      follow: 2,
      gone: 1,
      nodes: [{ fate: 'follow' }, { fate: 'gone', target: null }],
    })
    await save(2, graph(['a', 'c'], { versions: 'follow', nodeMap: { b: 'c' } }))
    const expected = {
      stay: 0,
      follow: 2,
      mapped: 1,
      gone: 0,
      nodes: [{ target: 'a' }, { fate: 'mapped', target: 'c' }],
    }
    expect(await preview()).toMatchObject(expected)
    const { errors } = await subgraph.send(`query ($id: ID!) { previewDeployment(id: $id, revision: 2) { stay } }`, {
      id,
    })
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'STALE_DRAFT', path: ['revision'] })
    const { deployWorkflow } = await subgraph.ask<Anything>(
      `mutation ($id: ID!) { deployWorkflow(input: { id: $id, revision: 3 }) { version userErrors { message } runs { ${PREVIEW} } } }`,
      { id },
    )
    expect(deployWorkflow).toMatchObject({ version: 1, userErrors: [], runs: expected })
  })
})

test('what waits is counted by version, too, and what failed is not', async () => {
  const id = await newWorkflow(graph(['a']))
  await addWaitingRuns(
    subgraph.database,
    { workflowId: id, nodes: ['a', 'b'] },
    { workflowId: id, nodes: ['a'], version: 2 },
    { workflowId: id, nodes: ['a'], version: 2 },
    { workflowId: id, nodes: ['a'], version: 3, state: 'failed' },
  )
  expect(
    await subgraph.ask('query ($id: ID!) { workflow(id: $id) { waiting { nodeId version count } } }', { id }),
  ).toEqual({
    workflow: {
      waiting: [
        { nodeId: 'a', version: 1, count: 1 },
        { nodeId: 'a', version: 2, count: 2 },
        { nodeId: 'b', version: 1, count: 1 },
      ],
    },
  })
})

describe('deleting a workflow', () => {
  test('wakes the runs that wait, whatever for, and keeps the versions that ran', async () => {
    const id = await newWorkflow(graph(['a']))
    await subgraph.ask('mutation ($id: ID!) { deployWorkflow(input: { id: $id, revision: 1 }) { version } }', { id })
    const [timed, forever, dead] = await addWaitingRuns(
      subgraph.database,
      { workflowId: id },
      { workflowId: id, due: null, kind: 'event' },
      { workflowId: id, dead: true },
    )
    await subgraph.ask('mutation ($id: ID!) { deleteWorkflow(input: { id: $id }) { deletedId } }', { id })
    for (const run of [timed, forever, dead]) {
      expect(await delayedEvent(subgraph.database, run?.waits[0] ?? '')).toEqual({
        due: 1,
        dead: 0,
        attempts: 0,
        outcome: null,
      })
    }
    expect(
      await subgraph.ask('query ($id: ID!) { workflowRun(id: $id) { workflow { id } definition { version } } }', {
        id: timed?.id,
      }),
    ).toEqual({ workflowRun: { workflow: null, definition: { version: 1 } } })
  })
})

describe('counts', () => {
  const count = (
    workflowId: string,
    minute: string,
    nodeId: string,
    entered: number,
    failed = 0,
    version = 1,
    shard = 0,
  ) =>
    subgraph.database.query(
      'INSERT INTO node_minute (workflow_id, minute, version, node_id, shard, entered, failed) VALUES (?)',
      [[toBytes(workflowId), minute, version, nodeId, shard, entered, failed]],
    )

  test('of nodes and runs are added up by minute, hour and day, over versions and shards', async () => {
    const id = await newWorkflow(graph(['a']))
    await count(id, '2026-03-01 10:00:00', 'a', 5, 1)
    await count(id, '2026-03-01 10:00:00', 'a', 2, 0, 1, 1)
    await count(id, '2026-03-01 10:59:00', 'a', 1, 0, 2)
    await count(id, '2026-03-01 11:00:00', '@started', 9)
    await count(id, '2026-03-01 11:00:00', '@completed', 4)
    await count(id, '2026-03-01 11:00:00', '@failed', 1)
    await count(id, '2026-03-01 11:00:00', '@cancelled', 3)
    await count(id, '2026-03-01 11:00:00', '@goal:bought it', 2)
    await count(id, '2026-03-02 00:00:00', 'a', 100)
    const activity = async (every: string | null, version?: number): Promise<Anything> =>
      (
        await subgraph.ask<Anything>(
          `query ($id: ID!, $every: WorkflowActivityStep, $version: Int) { workflow(id: $id) {
             activity(from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z", every: $every, version: $version) {
               at nodes { version nodeId entered failed } runs { started completed failed cancelled goals { name count } } } } }`,
          { id, every, version },
        )
      ).workflow.activity
    const none = { started: 0, completed: 0, failed: 0, cancelled: 0, goals: [] }
    const runs = { started: 9, completed: 4, failed: 1, cancelled: 3, goals: [{ name: 'bought it', count: 2 }] }
    const nodes = [
      { version: 1, nodeId: 'a', entered: 7, failed: 1 },
      { version: 2, nodeId: 'a', entered: 1, failed: 0 },
    ]
    expect(await activity('HOUR')).toEqual([
      { at: '2026-03-01T10:00:00.000Z', nodes, runs: none },
      { at: '2026-03-01T11:00:00.000Z', nodes: [], runs },
    ])
    expect(await activity('DAY')).toEqual([{ at: '2026-03-01T00:00:00.000Z', nodes, runs }])
    expect(await activity(null)).toEqual([{ at: '2026-03-01T10:00:00.000Z', nodes, runs }])
    expect(await activity(null, 2)).toEqual([{ at: '2026-03-01T10:59:00.000Z', nodes: nodes.slice(1), runs: none }])
    const { errors } = await subgraph.send(
      `query ($id: ID!) { workflow(id: $id) { activity(from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z", every: MINUTE) { at } } }`,
      { id },
    )
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'TOO_WIDE' })
  })

  test('of twenty workflows are three statements more', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => newWorkflow(graph(['a']))))
    await addWaitingRuns(subgraph.database, ...ids.map((workflowId) => ({ workflowId, nodes: ['a'] })))
    const statements = countStatements(subgraph.own)
    const { _entities } = await subgraph.ask<Anything>(
      `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Workflow { waiting { nodeId version count }
         activity(from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z") { at } } } }`,
      { of: ids.map((id) => ({ __typename: 'Workflow', id })) },
    )
    for (const entity of _entities)
      expect(entity).toEqual({ waiting: [{ nodeId: 'a', version: 1, count: 1 }], activity: [] })
    expect(statements.statements.length).toBeLessThanOrEqual(4)
  })

  test('of what waits are told to those who watch, when it changes', async () => {
    const id = await newWorkflow(graph(['a']))
    const watching = live.watch(
      'subscription ($id: ID!) { delayedEventsChanged(workflowId: $id) { workflow { name } waiting { nodeId count } skipped missed } }',
      { id },
      subgraph.tokens.viewer,
    )
    expect((await watching.message(1)).delayedEventsChanged).toEqual({
      workflow: { name: 'W' },
      waiting: [],
      skipped: 0,
      missed: false,
    })
    await addWaitingRuns(subgraph.database, { workflowId: id, nodes: ['a', 'b'] }, { workflowId: id, nodes: ['a'] })
    const changes = new ChangesWriter()
    changes.delayed(toBytes(id))
    await subgraph.database.query(INSERT_CHANGES, [changes.finish()])
    expect((await watching.message(2)).delayedEventsChanged.waiting).toEqual([
      { nodeId: 'a', count: 2 },
      { nodeId: 'b', count: 1 },
    ])
    watching.stop()
  })
})

describe('a trigger', () => {
  test('begins runs at a start node that is there', async () => {
    const workflowId = await newWorkflow({ nodes: [{ id: 'in', type: 'start' }], edges: [] })
    const create = async (startNode: string): Promise<Anything> =>
      (
        await subgraph.ask<Anything>(
          `mutation ($input: CreateTriggerInput!) { createWorkflowTrigger(input: $input) { trigger { id startNode version } userErrors { code path } } }`,
          { input: { workflowId, name: 'T', eventTypeId: 'order', startNode } },
        )
      ).createWorkflowTrigger
    expect(await create('out')).toEqual({
      trigger: null,
      userErrors: [{ code: 'START_NODE_NOT_FOUND', path: ['input', 'startNode'] }],
    })
    const { trigger } = await create('in')
    expect(trigger).toMatchObject({ startNode: 'in' })
    const update = async (version: number, startNode: string | null): Promise<Anything> =>
      (
        await subgraph.ask<Anything>(
          `mutation ($input: UpdateTriggerInput!) { updateWorkflowTrigger(input: $input) { trigger { startNode } userErrors { code } } }`,
          { input: { id: trigger.id, version, startNode } },
        )
      ).updateWorkflowTrigger
    expect(await update(1, 'out')).toMatchObject({ userErrors: [{ code: 'START_NODE_NOT_FOUND' }] })
    expect(await update(1, null)).toEqual({ trigger: { startNode: null }, userErrors: [] })
  })
})
