// Runs that wait: what is seen of them, and what people do with them.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readChanges, toBytes } from '@segue/database'
import { countStatements } from '@segue/graphql'
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { startTestSubgraph, type TestSubgraph } from '../../../../test/setup/subgraph.js'
import { readWorkflowConfig } from '../config.js'
import { start } from '../service.js'
import { addWaitingRuns, delayedEvent, uuid7 } from '../testing/rows.js'

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

const add = (...runs: Parameters<typeof addWaitingRuns>[1][]) => addWaitingRuns(subgraph.database, ...runs)

/** Sends a mutation with `input`; its payload. */
async function change(name: string, type: string, input: object, selection: string): Promise<Anything> {
  const { result } = await subgraph.ask<{ result: Anything }>(
    `mutation ($input: ${type}!) { result: ${name}(input: $input) { userErrors { code path } ${selection} } }`,
    { input },
  )
  return result
}

const cancel = (input: object) => change('cancelRuns', 'CancelRunsInput', input, 'count doneIds missingIds more')
const runNow = (input: object) => change('runDelayedEventsNow', 'DelayedEventsInput', input, 'count missingIds more')
const replay = (input: object) => change('replayDelayedEvents', 'DelayedEventsInput', input, 'count missingIds more')
const retry = (input: object) => change('retryRun', 'RetryRunInput', input, 'run { id state }')

describe('a run that waits', () => {
  test('shows the data of its finished steps, what it waits for, and who began it', async () => {
    const workflowId = randomUUID()
    const at = Date.now() - 1000
    const [parent] = await add({ workflowId, at })
    const [run] = await add({
      workflowId,
      at,
      kind: 'event',
      nodes: ['cart'],
      due: null,
      parentRunId: parent?.id ?? '',
    })
    const QUERY = `query ($id: ID!) { workflowRun(id: $id) { state endedAt outcome { kind } event { id } parentRun { id }
      steps { nodeId port at waits input output decision { code } } waits { id nodeId kind since until eventType input delayedEvent { kind dueAt dead } } error { code } } }`
    expect(await subgraph.ask(QUERY, { id: run?.id })).toEqual({
      workflowRun: {
        state: 'waiting',
        endedAt: null,
        outcome: null,
        event: null,
        parentRun: { id: parent?.id },
        steps: [
          {
            nodeId: 'start',
            port: 'next',
            at: new Date(at).toISOString(),
            waits: false,
            input: null,
            output: { greeting: 'hello' },
            decision: null,
          },
          {
            nodeId: 'cart',
            port: null,
            at: new Date(at).toISOString(),
            waits: true,
            input: { greeting: 'hello' },
            output: null,
            decision: null,
          },
        ],
        waits: [
          {
            id: run?.waits[0],
            nodeId: 'cart',
            kind: 'event',
            since: new Date(at).toISOString(),
            until: null,
            eventType: 'checked-out',
            input: { greeting: 'hello' },
            delayedEvent: { kind: 'event', dueAt: null, dead: false },
          },
        ],
        error: null,
      },
    })
    const masked = await subgraph.ask<Anything>(QUERY, { id: run?.id }, 'developer')
    expect(JSON.stringify(masked)).not.toContain('hello')
    expect(masked.workflowRun.steps[0]).toMatchObject({ nodeId: 'start', input: null, output: '•••' })
  })

  test('shows a decision about an effect, and a failed one what its node got', async () => {
    const decision = { allowed: false, code: 'QUIET_HOURS', message: 'At night nobody is written to.', until: 60_000 }
    const [run] = await add({
      workflowId: randomUUID(),
      state: 'failed',
      nodes: ['mail'],
      steps: [{ nodeId: 'mail', port: null, at: 1000, decision }],
    })
    expect(
      await subgraph.ask(
        `query ($id: ID!) { workflowRun(id: $id) { state steps { decision { allowed code message until } } error { nodeId code input } waits { id } } }`,
        { id: run?.id },
      ),
    ).toEqual({
      workflowRun: {
        state: 'failed',
        steps: [{ decision: { ...decision, until: new Date(60_000).toISOString() } }],
        error: { nodeId: 'mail', code: 'BROKEN', input: { secret: 'x' } },
        waits: [],
      },
    })
  })

  test('says how it ended when its nodes did not', async () => {
    const [run] = await add({ workflowId: randomUUID() })
    for (const [outcome, told] of [
      [
        { kind: 'goal', name: 'bought' },
        { kind: 'goal', name: 'bought', by: null, nodeId: null },
      ],
      [
        { kind: 'node-gone', nodeId: 'x' },
        { kind: 'nodeGone', name: null, by: null, nodeId: 'x' },
      ],
      [{ kind: 'of-tomorrow' }, { kind: null, name: null, by: null, nodeId: null }],
    ]) {
      await subgraph.database.query(`UPDATE workflow_run SET state = 'cancelled', outcome = ? WHERE id = ?`, [
        JSON.stringify(outcome),
        toBytes(run?.id ?? ''),
      ])
      expect(
        await subgraph.ask('query ($id: ID!) { workflowRun(id: $id) { state outcome { kind name by nodeId } } }', {
          id: run?.id,
        }),
      ).toEqual({ workflowRun: { state: 'cancelled', outcome: told } })
    }
  })

  test('is found by its state, profile, parent, version, start and the node it waits in', async () => {
    const [workflowId, profileId, parentRunId] = [randomUUID(), randomUUID(), uuid7()]
    const day = Date.UTC(2026, 4, 1)
    const [first, second, third] = await add(
      { workflowId, at: day, nodes: ['a'], profileId },
      { workflowId, at: day + 3_600_000, nodes: ['a', 'b'], version: 2 },
      { workflowId, at: day + 7_200_000, nodes: ['b'], state: 'failed', parentRunId },
    )
    const found = async (filter: object): Promise<string[]> => {
      const { workflowRuns } = await subgraph.ask<Anything>(
        'query ($filter: WorkflowRunFilter) { workflowRuns(filter: $filter) { edges { node { id } } } }',
        { filter: { workflowId, ...filter } },
      )
      return workflowRuns.edges.map(({ node }: Anything) => node.id)
    }
    expect(await found({})).toEqual([third?.id, second?.id, first?.id])
    expect(await found({ state: 'waiting' })).toEqual([second?.id, first?.id])
    expect(await found({ waitsIn: 'a' })).toEqual([second?.id, first?.id])
    expect(await found({ waitsIn: 'b', version: 2 })).toEqual([second?.id])
    expect(await found({ profileId })).toEqual([first?.id])
    expect(await found({ profileId: randomUUID() })).toEqual([])
    expect(await found({ parentRunId })).toEqual([third?.id])
    const [from, before] = [new Date(day + 3_600_000), new Date(day + 7_200_000)]
    expect(await found({ startedFrom: from })).toEqual([third?.id, second?.id])
    expect(await found({ startedFrom: from, startedBefore: before })).toEqual([second?.id])
    const { errors } = await subgraph.send('{ workflowRuns(filter: { waitsIn: "a" }) { edges { cursor } } }')
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', path: ['filter', 'waitsIn'] })
  })

  test('costs no more statements when there are fifty', async () => {
    const workflowId = randomUUID()
    await add(...Array.from({ length: 50 }, () => ({ workflowId })))
    const count = countStatements(subgraph.own)
    const { workflowRuns } = await subgraph.ask<Anything>(
      'query ($id: ID!) { workflowRuns(filter: { workflowId: $id }, first: 50) { edges { node { steps { nodeId } waits { id delayedEvent { dueAt } } log { level } error { code } } } } }',
      { id: workflowId },
    )
    expect(workflowRuns.edges.every(({ node }: Anything) => node.waits.length === 1)).toBe(true)
    expect(count.statements.length).toBeLessThanOrEqual(4)
  })
})

describe('delayed events', () => {
  const LIST = `query ($filter: DelayedEventFilter, $after: String) { delayedEvents(filter: $filter, first: 2, after: $after) {
    edges { node { id runId nodeId kind dueAt attempts dead error { code message } run { id } workflow { id } } } pageInfo { hasNextPage endCursor } } }`

  const list = async (filter: object): Promise<Anything[]> => {
    const seen: Anything[] = []
    let after: string | null = null
    do {
      const { delayedEvents }: Anything = await subgraph.ask<Anything>(LIST, { filter, after })
      seen.push(...delayedEvents.edges.map(({ node }: Anything) => node))
      after = delayedEvents.pageInfo.hasNextPage ? delayedEvents.pageInfo.endCursor : null
    } while (after)
    return seen
  }

  test('are listed by node, by time, by profile, and those that were given up', async () => {
    const [workflowId, profileId] = [randomUUID(), randomUUID()]
    const soon = (minutes: number): Date => new Date(Date.UTC(2020, 1, 1) + minutes * 60_000)
    const [a, b, c] = await add(
      { workflowId, nodes: ['z', 'a'], due: soon(3), profileId },
      { workflowId, nodes: ['a'], due: soon(1), kind: 'event' },
      { workflowId, nodes: ['m'], dead: true, error: { code: 'CRASHED', message: 'Ann broke it.' } },
    )
    const ids = async (filter: object): Promise<string[]> => (await list(filter)).map(({ id }) => id)
    expect(await ids({ workflowId })).toEqual([a?.waits[1], b?.waits[0], c?.waits[0], a?.waits[0]])
    expect(await ids({ workflowId, nodeId: 'a' })).toEqual([a?.waits[1], b?.waits[0]])
    expect(await ids({ workflowId, kind: 'event' })).toEqual(b?.waits)
    expect(await ids({ dead: true, workflowId })).toEqual(c?.waits)
    expect(await ids({ dead: true })).toEqual(expect.arrayContaining(c?.waits ?? []))
    expect(new Set(await ids({ profileId }))).toEqual(new Set(a?.waits))
    expect(await ids({ profileId: randomUUID() })).toEqual([])
    const due = await ids({ dueBefore: soon(10) })
    expect(due.indexOf(b?.waits[0] ?? '')).toBe(0)
    expect(due).toHaveLength(3)
    const [dead] = await list({ dead: true, workflowId })
    expect(dead).toMatchObject({
      runId: c?.id,
      dueAt: null,
      attempts: 10,
      error: { code: 'CRASHED', message: 'Ann broke it.' },
      run: { id: c?.id },
      workflow: null,
    })
    expect(JSON.stringify(await subgraph.ask(LIST, { filter: { workflowId, dead: true } }, 'viewer'))).not.toContain(
      'Ann',
    )
    for (const [filter, index] of [
      ['workflow_id = ? AND TRUE ORDER BY node_id, id', 'of_workflow'],
      ['dead AND due_at IS NULL ORDER BY id', 'due'],
      ['due_at < ? ORDER BY due_at, id', 'due'],
    ] as const) {
      const [plan] = await subgraph.database.query<Anything[]>(
        `EXPLAIN SELECT id FROM delayed_event WHERE ${filter} LIMIT 5`,
        [index === 'due' ? soon(5) : toBytes(workflowId)],
      )
      expect([filter, plan?.key]).toEqual([filter, index])
      expect(plan?.Extra ?? '').not.toContain('filesort')
    }
  })

  test('are run now, by id and by filter: what is dead, due or gone is left', async () => {
    const workflowId = randomUUID()
    const [one, dead, other] = await add({ workflowId }, { workflowId, dead: true }, { workflowId, due: null })
    const [wait = ''] = one?.waits ?? []
    const gone = randomUUID()
    expect(await runNow({ ids: [wait, dead?.waits[0], gone] })).toEqual({
      userErrors: [],
      count: 1,
      missingIds: [dead?.waits[0], gone],
      more: false,
    })
    expect(await delayedEvent(subgraph.database, wait)).toEqual({ due: 1, dead: 0, attempts: 0, outcome: null })
    expect(await runNow({ ids: [wait] })).toMatchObject({ count: 0, missingIds: [wait] })
    expect(await runNow({ filter: { workflowId }, limit: 1 })).toMatchObject({ count: 1, more: true })
    expect(await delayedEvent(subgraph.database, other?.waits[0] ?? '')).toMatchObject({ due: 1 })
    expect(await runNow({ filter: { workflowId } })).toMatchObject({ count: 0, more: false })
  })

  test('that were given up are tried again from their first attempt', async () => {
    const workflowId = randomUUID()
    const [dead, alive] = await add({ workflowId, dead: true }, { workflowId })
    expect(await replay({ filter: { workflowId } })).toMatchObject({ userErrors: [], count: 1 })
    expect(await delayedEvent(subgraph.database, dead?.waits[0] ?? '')).toMatchObject({ due: 1, dead: 0, attempts: 0 })
    expect(await delayedEvent(subgraph.database, alive?.waits[0] ?? '')).toMatchObject({ due: 0 })
  })

  test('are chosen by ids or a filter, and not by too many', async () => {
    for (const [input, error] of [
      [{}, { code: 'CHOOSE_ONE', path: ['input'] }],
      [
        { ids: [], filter: {} },
        { code: 'CHOOSE_ONE', path: ['input'] },
      ],
      [
        { filter: {}, limit: 0 },
        { code: 'TOO_MANY', path: ['input', 'limit'] },
      ],
      [
        { filter: {}, limit: 10_001 },
        { code: 'TOO_MANY', path: ['input', 'limit'] },
      ],
      [{ ids: ['x'] }, { code: 'BAD_ID', path: ['input', 'ids', '0'] }],
      [{ filter: { workflowId: 'x' } }, { code: 'BAD_ID', path: ['input', 'filter', 'workflowId'] }],
    ] as const) {
      expect((await runNow(input)).userErrors).toEqual([error])
    }
  })
})

/** Resolves when a transaction waits for a lock. */
async function somebodyWaits(): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    const [row] = await subgraph.database.query<{ waiting: string }[]>(
      `SELECT COUNT(*) AS waiting FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'`,
    )
    if (Number(row?.waiting) > 0) return
    // The table is made anew only when nobody has read it for a tenth of a second.
    await pause(150)
  }
  throw new Error('Nobody waits for a lock.')
}

describe('cancelling', () => {
  test('makes all that a run waits for due, with who did it, once; watchers are told', async () => {
    const workflowId = randomUUID()
    const [run] = await add({ workflowId, nodes: ['a', 'b'], due: null })
    await subgraph.database.query('DELETE FROM change_feed')
    const gone = randomUUID()
    const answer = { userErrors: [], count: 1, doneIds: [run?.id], missingIds: [gone], more: false }
    expect(await cancel({ ids: [run?.id, gone] })).toEqual(answer)
    const [first, second] = await Promise.all((run?.waits ?? []).map((id) => delayedEvent(subgraph.database, id)))
    expect(first).toEqual({ due: 1, dead: 0, attempts: 0, outcome: { kind: 'cancel', by: expect.any(String) } })
    expect(second).toEqual(first)
    const rows = await subgraph.database.query<{ body: Buffer }[]>('SELECT body FROM change_feed')
    expect(rows.map(({ body }) => readChanges(body).waits)).toEqual([[workflowId]])
    expect(await cancel({ ids: [run?.id, gone] })).toEqual(answer)
    expect(
      await subgraph.ask(
        'query ($filter: DelayedEventFilter) { delayedEvents(filter: $filter) { edges { node { outcome cancelledBy } } } }',
        {
          filter: { workflowId, nodeId: 'a' },
        },
      ),
    ).toEqual({ delayedEvents: { edges: [{ node: { outcome: 'cancel', cancelledBy: first?.outcome?.['by'] } }] } })
  })

  test('by filter: of a version, in a node, for a profile; what failed is left', async () => {
    const [workflowId, profileId] = [randomUUID(), randomUUID()]
    const [a, b, c] = await add(
      { workflowId, nodes: ['a'] },
      { workflowId, nodes: ['b'], version: 2 },
      { workflowId: randomUUID(), nodes: ['a'], profileId },
      { workflowId, state: 'failed', nodes: ['a'] },
    )
    expect(await cancel({ filter: { workflowId, waitsIn: 'a' } })).toMatchObject({ doneIds: [a?.id] })
    expect(await cancel({ filter: { workflowId, waitsIn: 'a' } })).toMatchObject({ doneIds: [] })
    expect(await cancel({ filter: { workflowId, version: 2 }, limit: 1 })).toMatchObject({
      doneIds: [b?.id],
      more: true,
    })
    expect(await cancel({ filter: { profileId } })).toMatchObject({ doneIds: [c?.id] })
    expect((await cancel({ filter: { version: 1 } })).userErrors).toEqual([
      { code: 'INVALID_INPUT', path: ['input', 'filter'] },
    ])
  })

  test('waits for a worker that has the run under way, and then cancels what it waits for now', async () => {
    const [run] = await add({ workflowId: randomUUID(), nodes: ['a'] })
    const worker = subgraph.database.createQueryRunner()
    await worker.startTransaction('READ COMMITTED')
    const id = toBytes(run?.id ?? '')
    const [row] = await worker.query('SELECT body, workflow_id FROM run_state WHERE run_id = ? FOR UPDATE', [id])
    const cancelled = cancel({ ids: [run?.id] })
    await somebodyWaits()
    const state = JSON.parse(row.body.toString())
    const next = { ...state.waits[0], id: uuid7(), nodeId: 'b' }
    await worker.query('DELETE FROM delayed_event WHERE run_id = ?', [id])
    await worker.query(
      `INSERT INTO delayed_event (id, run_id, workflow_id, node_id, kind, due_at, created_at) VALUES (?, ?, ?, 'b', 'time', NULL, UTC_TIMESTAMP(3))`,
      [toBytes(next.id), id, row.workflow_id],
    )
    await worker.query('UPDATE run_state SET body = ? WHERE run_id = ?', [
      Buffer.from(JSON.stringify({ ...state, waits: [next] })),
      id,
    ])
    await worker.commitTransaction()
    await worker.release()
    expect(await cancelled).toMatchObject({ count: 1 })
    expect(await delayedEvent(subgraph.database, next.id)).toMatchObject({ due: 1, outcome: { kind: 'cancel' } })
  })
})

describe('trying a failed run again', () => {
  test('is asked for once, and the newer wish counts', async () => {
    const { createWorkflow } = await subgraph.ask<Anything>(
      'mutation { createWorkflow(input: { name: "Retried" }) { workflow { id } } }',
    )
    const workflowId = createWorkflow.workflow.id
    const [run] = await add({ workflowId, state: 'failed', nodes: ['mail'] })
    expect((await retry({ id: run?.id, version: 'LIVE' })).userErrors).toEqual([
      { code: 'NOT_DEPLOYED', path: ['input', 'version'] },
    ])
    expect(await retry({ id: run?.id })).toEqual({ userErrors: [], run: { id: run?.id, state: 'failed' } })
    await subgraph.ask('mutation ($id: ID!) { deployWorkflow(input: { id: $id, revision: 1 }) { version } }', {
      id: workflowId,
    })
    await retry({ id: run?.id, version: 'LIVE' })
    const rows = await subgraph.database.query<Anything[]>(
      `SELECT id, run_id, node_id, kind, due_at <= UTC_TIMESTAMP(3) AS due, JSON_UNQUOTE(JSON_EXTRACT(outcome, '$.version')) AS version FROM delayed_event WHERE workflow_id = ?`,
      [toBytes(workflowId)],
    )
    expect(rows).toMatchObject([{ run_id: toBytes(run?.id ?? ''), node_id: 'mail', kind: 'retry', version: 'live' }])
    expect(Number(rows[0].due)).toBe(1)
  })

  test('is refused of a run that did not fail, or of which nothing is kept', async () => {
    const [waiting, lost] = await add({ workflowId: randomUUID() }, { workflowId: randomUUID(), state: 'failed' })
    await subgraph.database.query('DELETE FROM run_state WHERE run_id = ?', [toBytes(lost?.id ?? '')])
    for (const id of [waiting?.id, lost?.id]) {
      expect((await retry({ id })).userErrors).toEqual([{ code: 'RUN_NOT_FAILED', path: ['input', 'id'] }])
    }
    expect((await retry({ id: randomUUID() })).userErrors).toMatchObject([{ code: 'RUN_NOT_FOUND' }])
  })
})
