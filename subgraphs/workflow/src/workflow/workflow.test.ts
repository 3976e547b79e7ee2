import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { toBytes, toId } from '@segue/database'
import { countStatements } from '@segue/graphql'
import { randomBytes, randomUUID } from 'node:crypto'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { startTestSubgraph, type TestSubgraph } from '../../../../test/setup/subgraph.js'
import { readWorkflowConfig } from '../config.js'
import { start } from '../service.js'

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

const GRAPH = {
  nodes: [
    { id: 'start', type: 'start', config: {} },
    { id: 'big', type: 'if', config: { condition: 'event.properties.value > 100' } },
    { id: 'end', type: 'end', config: {} },
  ],
  edges: [
    { from: 'start', port: 'next', to: 'big' },
    { from: 'big', port: 'true', to: 'end' },
  ],
}
const BROKEN = {
  nodes: [
    { id: 'start', type: 'start' },
    { id: 'x', type: 'teleport' },
  ],
  edges: [],
}

interface WorkflowFields {
  id: string
  name: string
  draft: object
  draftRevision: number
  liveVersion: number | null
  enabled: boolean
  problems: { code: string; nodeId: string | null }[]
  versions: { version: number; live: boolean; graph: object; createdBy: string | null }[]
}
interface Payload {
  workflow: WorkflowFields | null
  version?: number | null
  problems?: { code: string }[] | null
  userErrors: { code: string; message: string; path: string[] }[]
}

/** Runs a mutation of workflows. */
async function change(mutation: string, input: object): Promise<Payload> {
  const kind = { deploy: 'Deploy', rollback: 'Rollback', create: 'Create', update: 'Update' }
  const verb = mutation.replace('Workflow', '')
  const type = verb in kind ? `${kind[verb as keyof typeof kind]}WorkflowInput` : 'WorkflowIdInput'
  const deployment = verb === 'deploy' || verb === 'rollback' ? 'version problems { code }' : ''
  const { result } = await subgraph.ask<{ result: Payload }>(
    `mutation ($input: ${type}!) { result: ${mutation}(input: $input) { ${deployment} userErrors { code message path }
       workflow { id name draft draftRevision liveVersion enabled problems { code nodeId } versions { version live graph createdBy } } } }`,
    { input },
  )
  return result
}

async function createWorkflow(input: object = {}): Promise<string> {
  const { workflow } = await change('createWorkflow', { name: 'Welcome', draft: GRAPH, ...input })
  return workflow?.id ?? ''
}

describe('a workflow', () => {
  test('begins with a start node, and is saved and found by a part of its name', async () => {
    const { workflow } = await change('createWorkflow', { name: ' 50% off ' })
    expect(workflow).toMatchObject({
      name: '50% off',
      draftRevision: 1,
      liveVersion: null,
      enabled: true,
      problems: [],
    })
    expect(workflow?.draft).toMatchObject({ nodes: [{ type: 'start' }] })
    await createWorkflow({ name: '500 off' })
    expect(await subgraph.ask('{ workflows(search: "50%") { edges { node { name } } } }')).toEqual({
      workflows: { edges: [{ node: { name: '50% off' } }] },
    })
    const [plan] = await subgraph.database.query<{ key: string; Extra: string | null }[]>(
      `EXPLAIN SELECT id FROM workflow WHERE name >= 'W' AND (name > 'W' OR id > 'x') ORDER BY name, id LIMIT 26`,
    )
    expect(plan?.key).toBe('by_name')
    expect(plan?.Extra ?? '').not.toContain('filesort')
  })

  test('saves a draft with problems and names them, but nothing that is no graph', async () => {
    const id = await createWorkflow()
    const saved = await change('updateWorkflow', { id, revision: 1, draft: BROKEN })
    expect(saved.workflow).toMatchObject({ draftRevision: 2, problems: [{ code: 'UNKNOWN_NODE_TYPE', nodeId: 'x' }] })
    for (const [input, error] of [
      [{ draft: { nodes: 'all' } }, { code: 'BAD_DRAFT', path: ['input', 'draft', 'nodes'] }],
      [{ draft: { ...GRAPH, padding: 'x'.repeat(600_000) } }, { code: 'DRAFT_TOO_LARGE', path: ['input', 'draft'] }],
      [{ name: 'x'.repeat(161) }, { code: 'INVALID_INPUT', path: ['input', 'name'] }],
      [{ name: '  ' }, { code: 'INVALID_INPUT', path: ['input', 'name'] }],
      [{ id: randomUUID() }, { code: 'WORKFLOW_NOT_FOUND', path: ['input', 'id'] }],
      [{ id: 'x' }, { code: 'BAD_ID', path: ['input', 'id'] }],
    ] as const) {
      const refused = await change('updateWorkflow', { id, revision: 2, ...input })
      expect(refused.userErrors).toMatchObject([error])
    }
  })

  test('refuses a save that is based on an older draft, and shows what is there', async () => {
    const id = await createWorkflow()
    await change('updateWorkflow', { id, revision: 1, name: 'Mine' })
    const stale = await change('updateWorkflow', { id, revision: 1, name: 'Yours' })
    expect(stale).toMatchObject({
      workflow: { name: 'Mine', draftRevision: 2 },
      userErrors: [{ code: 'STALE_DRAFT', path: ['input', 'revision'] }],
    })
    expect(stale.userErrors[0]?.message).toMatch(/Somebody saved this workflow at \d{4}-/)
  })

  test('of two that save at once, one is stale', async () => {
    const id = await createWorkflow()
    const both = await Promise.all(['a', 'b'].map((name) => change('updateWorkflow', { id, revision: 1, name })))
    expect(both.map((payload) => payload.userErrors.length).sort()).toEqual([0, 1])
  })
})

describe('deploying', () => {
  test('makes versions that never change, and rolls back to one', async () => {
    const id = await createWorkflow()
    const first = await change('deployWorkflow', { id, revision: 1 })
    expect(first).toMatchObject({ version: 1, workflow: { liveVersion: 1 }, userErrors: [] })
    const edited = { ...GRAPH, edges: GRAPH.edges.slice(0, 1), nodes: GRAPH.nodes.slice(0, 2) }
    await change('updateWorkflow', { id, revision: 1, draft: edited })
    const second = await change('deployWorkflow', { id, revision: 2 })
    expect(second.workflow?.versions).toMatchObject([
      { version: 2, live: true, graph: edited },
      { version: 1, live: false, graph: GRAPH },
    ])
    expect(second.workflow?.versions[0]?.createdBy).toMatch(/^[0-9a-f-]{36}$/)
    const back = await change('rollbackWorkflow', { id, version: 1 })
    expect(back.workflow).toMatchObject({ liveVersion: 1, draft: edited })
    expect((await change('rollbackWorkflow', { id, version: 9 })).userErrors).toMatchObject([
      { code: 'VERSION_NOT_FOUND', path: ['input', 'version'] },
    ])
  })

  test('is refused while the draft has problems or is another than the one looked at', async () => {
    const id = await createWorkflow({ draft: BROKEN })
    expect(await change('deployWorkflow', { id, revision: 1 })).toMatchObject({
      version: null,
      workflow: { liveVersion: null },
      problems: [{ code: 'UNKNOWN_NODE_TYPE' }],
      userErrors: [{ code: 'WORKFLOW_HAS_PROBLEMS' }],
    })
    expect((await change('deployWorkflow', { id, revision: 7 })).userErrors).toMatchObject([{ code: 'STALE_DRAFT' }])
  })

  test('at once by several gives one version', async () => {
    const id = await createWorkflow()
    const all = await Promise.all(Array.from({ length: 6 }, () => change('deployWorkflow', { id, revision: 1 })))
    expect(all.map((payload) => payload.version)).toEqual([1, 1, 1, 1, 1, 1])
    expect(
      await subgraph.database.query('SELECT version FROM workflow_version WHERE workflow_id = ?', [toBytes(id)]),
    ).toEqual([{ version: 1 }])
  })
})

test('a workflow is disabled, enabled and removed with its triggers; its runs and versions stay', async () => {
  const id = await createWorkflow()
  await change('deployWorkflow', { id, revision: 1 })
  await subgraph.ask(
    `mutation ($id: ID!) { createWorkflowTrigger(input: { workflowId: $id, name: "T", eventTypeId: "order" }) { userErrors { code } } }`,
    { id },
  )
  const [runId = ''] = await addRuns({ workflowId: id })
  expect((await change('disableWorkflow', { id })).workflow?.enabled).toBe(false)
  expect((await change('enableWorkflow', { id })).workflow?.enabled).toBe(true)
  const remove = 'mutation ($id: ID!) { deleteWorkflow(input: { id: $id }) { deletedId userErrors { code } } }'
  expect(await subgraph.ask(remove, { id })).toEqual({ deleteWorkflow: { deletedId: id, userErrors: [] } })
  expect(await subgraph.ask(remove, { id })).toEqual({
    deleteWorkflow: { deletedId: null, userErrors: [{ code: 'WORKFLOW_NOT_FOUND' }] },
  })
  expect(await subgraph.database.query('SELECT 1 FROM workflow_trigger WHERE workflow_id = ?', [toBytes(id)])).toEqual(
    [],
  )
  expect(
    await subgraph.ask('query ($id: ID!) { workflowRun(id: $id) { state workflow { id } definition { graph } } }', {
      id: runId,
    }),
  ).toEqual({ workflowRun: { state: 'completed', workflow: null, definition: { graph: GRAPH } } })
})

describe('a trigger', () => {
  const CREATE = `mutation ($input: CreateTriggerInput!) { result: createWorkflowTrigger(input: $input) {
    trigger { id name condition enabled requiredConsents version workflow { id } eventType { id } source { id } }
    conditionProblems { code line column hint } userErrors { code path } } }`
  const UPDATE = CREATE.replace('CreateTriggerInput', 'UpdateTriggerInput').replace(
    'createWorkflowTrigger',
    'updateWorkflowTrigger',
  )
  interface TriggerPayload {
    result: {
      trigger: { id: string; version: number } | null
      conditionProblems: object[] | null
      userErrors: object[]
    }
  }

  test('is made, changed by its version, and removed', async () => {
    const workflowId = await createWorkflow()
    const { result } = await subgraph.ask<TriggerPayload>(CREATE, {
      input: {
        workflowId,
        name: 'Orders',
        eventTypeId: 'order',
        sourceId: 'shop',
        condition: 'event.properties.value > 10',
        requiredConsents: ['mail'],
      },
    })
    expect(result).toMatchObject({
      trigger: {
        enabled: true,
        version: 1,
        workflow: { id: workflowId },
        eventType: { id: 'order' },
        source: { id: 'shop' },
      },
      conditionProblems: null,
      userErrors: [],
    })
    const id = result.trigger?.id
    const changed = await subgraph.ask<TriggerPayload>(UPDATE, {
      input: { id, version: 1, condition: null, sourceId: null, enabled: false },
    })
    expect(changed.result.trigger).toMatchObject({
      name: 'Orders',
      condition: null,
      source: null,
      enabled: false,
      version: 2,
    })
    expect(
      (await subgraph.ask<TriggerPayload>(UPDATE, { input: { id, version: 1, name: 'Old' } })).result,
    ).toMatchObject({
      trigger: { name: 'Orders' },
      userErrors: [{ code: 'STALE_TRIGGER', path: ['input', 'version'] }],
    })
    expect(
      await subgraph.ask('query ($id: ID!) { workflow(id: $id) { triggers { id } } }', { id: workflowId }),
    ).toEqual({
      workflow: { triggers: [{ id }] },
    })
    const remove = 'mutation ($id: ID!) { deleteWorkflowTrigger(input: { id: $id }) { deletedId userErrors { code } } }'
    expect(await subgraph.ask(remove, { id })).toEqual({ deleteWorkflowTrigger: { deletedId: id, userErrors: [] } })
    expect(await subgraph.ask(remove, { id })).toMatchObject({
      deleteWorkflowTrigger: { userErrors: [{ code: 'TRIGGER_NOT_FOUND' }] },
    })
  })

  test('is refused with the place in its condition, or when there is no such workflow', async () => {
    const workflowId = await createWorkflow()
    const input = { workflowId, name: 'T', eventTypeId: 'order' }
    const { result } = await subgraph.ask<TriggerPayload>(CREATE, {
      input: { ...input, condition: 'true &&\n  traits.plan == "pro"' },
    })
    expect(result).toMatchObject({
      trigger: null,
      conditionProblems: [
        { code: 'UNKNOWN_NAME', line: 2, column: 3, hint: expect.stringContaining('profile.traits') },
      ],
      userErrors: [{ code: 'INVALID_CONDITION', path: ['input', 'condition'] }],
    })
    expect(
      (await subgraph.ask<TriggerPayload>(CREATE, { input: { ...input, workflowId: randomUUID() } })).result.userErrors,
    ).toEqual([{ code: 'WORKFLOW_NOT_FOUND', path: ['input', 'workflowId'] }])
    expect(
      (await subgraph.ask<TriggerPayload>(CREATE, { input: { ...input, condition: 'x'.repeat(4001) } })).result
        .userErrors,
    ).toEqual([{ code: 'INVALID_INPUT', path: ['input', 'condition'] }])
  })
})

test('conditions are checked while they are written, and the catalogue lists every node with its form', async () => {
  const query = `query ($source: String!, $isValue: Boolean! = false) { checkCondition(source: $source, isValue: $isValue) { code message line column start end } }`
  expect(await subgraph.ask(query, { source: 'profile.traits.plan == "pro"' })).toEqual({ checkCondition: [] })
  expect(await subgraph.ask(query, { source: '1 + 1', isValue: true })).toEqual({ checkCondition: [] })
  expect(await subgraph.ask(query, { source: 'profile.traits.plan ==' })).toMatchObject({
    checkCondition: [{ code: 'SYNTAX', line: 1 }],
  })
  const { nodeCatalogue } = await subgraph.ask<{ nodeCatalogue: { type: string }[] }>(
    '{ nodeCatalogue { type title group help ports configSchema } }',
  )
  expect(nodeCatalogue.map((node) => node.type)).toEqual(expect.arrayContaining(['start', 'if', 'end']))
})

interface NewRun {
  workflowId: string
  profileId?: string
  state?: 'completed' | 'failed'
  at?: number
}

const START = Date.UTC(2026, 2, 1)

/** Stores runs as the event worker does; returns their ids. */
async function addRuns(...runs: NewRun[]): Promise<string[]> {
  const rows = runs.map((run, index) => {
    const id = randomBytes(16)
    id.writeUIntBE((run.at ?? START) + index, 0, 6)
    return { ...run, id, at: new Date((run.at ?? START) + index) }
  })
  await subgraph.database.query(
    'INSERT INTO workflow_run (id, workflow_id, version, profile_id, event_id, state, started_at, ended_at, steps, error, log) VALUES ?',
    [
      rows.map(({ id, workflowId, profileId, state = 'completed', at }) => [
        id,
        toBytes(workflowId),
        1,
        profileId ? toBytes(profileId) : null,
        randomBytes(16),
        state,
        at,
        at,
        JSON.stringify([
          { nodeId: 'start', port: 'next' },
          { nodeId: 'end', port: null },
        ]),
        state === 'failed' ? JSON.stringify({ nodeId: 'end', code: 'NOT_A_NUMBER', message: 'It is none.' }) : null,
        JSON.stringify([{ nodeId: 'start', level: 'info', message: 'Hello' }]),
      ]),
    ],
  )
  const activity = rows.flatMap(({ id, profileId, at }) => (profileId ? [[toBytes(profileId), at, 'run', id]] : []))
  if (activity.length > 0)
    await subgraph.database.query('INSERT INTO activity (profile_id, at, kind, ref) VALUES ?', [activity])
  return rows.map((row) => toId(row.id))
}

describe('runs', () => {
  interface Page {
    workflowRuns: { edges: { node: { id: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
  }
  const PAGE = `query ($filter: WorkflowRunFilter, $after: String) { workflowRuns(filter: $filter, first: 4, after: $after) {
    edges { node { id } } pageInfo { hasNextPage endCursor } } }`

  test('show their steps, log and error, for whom and for which event they ran', async () => {
    const [profileId, workflowId] = [randomUUID(), randomUUID()]
    const [id] = await addRuns({ workflowId, profileId, state: 'failed' })
    expect(
      await subgraph.ask(
        `query ($id: ID!) { workflowRun(id: $id) { id workflowId version state steps { nodeId port } log { level message }
           error { nodeId code message } profile { id } event { id } trigger { id } } }`,
        { id },
      ),
    ).toEqual({
      workflowRun: {
        id,
        workflowId,
        version: 1,
        state: 'failed',
        steps: [
          { nodeId: 'start', port: 'next' },
          { nodeId: 'end', port: null },
        ],
        log: [{ level: 'info', message: 'Hello' }],
        error: { nodeId: 'end', code: 'NOT_A_NUMBER', message: 'It is none.' },
        profile: { id: profileId },
        event: { id: expect.any(String) },
        trigger: null,
      },
    })
  })

  test('are listed complete and without duplicates while others start, and filtered', async () => {
    const workflowId = randomUUID()
    const ids = await addRuns(
      ...Array.from({ length: 15 }, (_, i) => ({
        workflowId,
        state: i % 3 ? ('completed' as const) : ('failed' as const),
      })),
    )
    const seen: string[] = []
    let after: string | null = null
    do {
      const { workflowRuns }: Page = await subgraph.ask<Page>(PAGE, { filter: { workflowId }, after })
      seen.push(...workflowRuns.edges.map((edge) => edge.node.id))
      after = workflowRuns.pageInfo.hasNextPage ? workflowRuns.pageInfo.endCursor : null
      await addRuns({ workflowId, at: START + 60_000 })
    } while (after)
    expect(seen).toEqual([...ids].reverse())
    const failed = await subgraph.ask<Page>(PAGE, { filter: { workflowId, state: 'failed' } })
    expect(failed.workflowRuns.edges.map((edge) => edge.node.id)).toEqual([12, 9, 6, 3].map((i) => ids[i]))
    const [plan] = await subgraph.database.query<{ key: string; Extra: string | null }[]>(
      'EXPLAIN SELECT id FROM workflow_run WHERE workflow_id = ? AND id < ? ORDER BY id DESC LIMIT 5',
      [toBytes(workflowId), randomBytes(16)],
    )
    expect(plan?.key).toBe('of_workflow')
    expect(plan?.Extra ?? '').not.toContain('filesort')
    const { errors } = await subgraph.send(PAGE, { filter: { workflowId: 'x' } })
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_ID', path: ['filter', 'workflowId'] })
  })

  test('of twenty workflows with their versions and triggers are a handful of statements', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, (_, i) => createWorkflow({ name: `Many ${i}` })))
    await addRuns(
      ...ids.flatMap((workflowId) => [{ workflowId }, { workflowId, state: 'failed' as const }, { workflowId }]),
    )
    const count = countStatements(subgraph.own)
    const { workflows } = await subgraph.ask<{ workflows: { edges: { node: { runs: { edges: object[] } } }[] } }>(
      `{ workflows(first: 20, search: "Many") { edges { node { id problems { code } versions { version live } triggers { id }
         runs(first: 2) { edges { node { state steps { nodeId } log { message } workflow { id } definition { version } } } } } } } }`,
    )
    expect(workflows.edges).toHaveLength(20)
    expect(workflows.edges.every(({ node }) => node.runs.edges.length === 2)).toBe(true)
    expect(count.statements.length).toBeLessThanOrEqual(9)
  })

  test('of fifty profiles are a handful of statements, also under an id that a merge retired', async () => {
    const workflowId = randomUUID()
    const profiles = Array.from({ length: 50 }, () => randomUUID())
    const ids = await addRuns(...profiles.map((profileId) => ({ workflowId, profileId })))
    const alias = randomUUID()
    await subgraph.database.query('INSERT INTO profile_alias (alias_id, profile_id, created_at) VALUES (?, ?, NOW())', [
      toBytes(alias),
      toBytes(profiles[0] ?? ''),
    ])
    const count = countStatements(subgraph.own)
    const { _entities } = await subgraph.ask<{ _entities: { runs: { edges: { node: { id: string } }[] } }[] }>(
      `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Profile { runs(first: 2) { edges { node { id profile { id } } } } } } }`,
      { of: [...profiles, alias].map((id) => ({ __typename: 'Profile', id })) },
    )
    expect(_entities.map(({ runs }) => runs.edges.map((edge) => edge.node.id))).toEqual(
      [...ids, ids[0]].map((id) => [id]),
    )
    expect(count.statements.length).toBeLessThanOrEqual(5)
  })
})
