// Lists of delayed events, and the changes that people make to many of them at once.
import { idsHoldingRows, resolveAliases, toBytes, toId, type Database, type DelayedEventKind } from '@segue/database'
import type { SqlPage } from '@segue/graphql'

/** Which ones, with ids that are checked. */
export interface DelayedEventRestriction {
  workflowId?: string | undefined
  nodeId?: string | undefined
  kind?: DelayedEventKind | undefined
  dead?: boolean | undefined
  dueBefore?: Date | undefined
  /** Only these. */
  ids?: readonly string[] | undefined
}

/** A row as a list needs it: what ended the wait by its name only, since it may hold a whole event. */
export interface DelayedEventRow {
  id: string
  runId: string
  workflowId: string
  nodeId: string
  kind: DelayedEventKind
  dueAt: Date | null
  createdAt: Date
  outcome: string | null
  by: string | null
  attempts: number
  error: Record<string, unknown> | null
  dead: boolean
}

interface RawRow {
  id: Buffer
  run_id: Buffer
  workflow_id: Buffer
  node_id: string
  kind: DelayedEventKind
  due_at: Date | null
  created_at: Date
  outcome_kind: string | null
  outcome_by: string | null
  attempts: number
  error: string | Record<string, unknown> | null
  dead: number
}

const COLUMNS = `id, run_id, workflow_id, node_id, kind, due_at, created_at,
  JSON_UNQUOTE(JSON_EXTRACT(outcome, '$.kind')) AS outcome_kind, JSON_UNQUOTE(JSON_EXTRACT(outcome, '$.by')) AS outcome_by,
  attempts, error, dead`

/**
 * A page. Index: by workflow delayed_event(workflow_id, node_id) in the order (node_id, id), which the page has to have then; due ones by (due_at, id); dead ones among
 * those whose due_at is null; else the primary key. It is read until the page is full.
 */
export async function selectDelayedEvents(
  database: Database,
  restriction: DelayedEventRestriction,
  page: Pick<SqlPage<DelayedEventRow>, 'condition' | 'values' | 'order' | 'limit'>,
): Promise<DelayedEventRow[]> {
  if (restriction.ids?.length === 0) return []
  const { conditions, values } = where(restriction)
  const rows = await database.query<RawRow[]>(
    `SELECT ${COLUMNS} FROM delayed_event WHERE ${[...conditions, page.condition].join(' AND ')} ORDER BY ${page.order} LIMIT ?`,
    [...values, ...page.values, page.limit],
  )
  return rows.map(toRow)
}

/** Those of these ids that are there, unlocked. Primary key. */
export async function delayedEventsById(database: Database, ids: readonly string[]): Promise<DelayedEventRow[]> {
  if (ids.length === 0) return []
  const rows = await database.query<RawRow[]>(`SELECT ${COLUMNS} FROM delayed_event WHERE id IN (?)`, [
    ids.map(toBytes),
  ])
  return rows.map(toRow)
}

/** What an operator wants done. */
export type Wish = 'now' | 'replay'

/**
 * Makes up to `limit` of them due now, or revives dead ones, and gives their ids and workflows. Rows are locked in the order of their ids, as everybody locks them; those that a worker
 * is carrying out are waited for, and gone then. Index: as `selectDelayedEvents`; the changes by primary key.
 */
export async function makeDue(
  transaction: Database,
  wish: Wish,
  restriction: DelayedEventRestriction,
  limit: number,
): Promise<{ id: string; workflowId: string }[]> {
  if (restriction.ids?.length === 0) return []
  const { conditions, values } = where(restriction)
  conditions.push(wish === 'replay' ? 'dead' : 'NOT dead AND (due_at IS NULL OR due_at > UTC_TIMESTAMP(3))')
  const found = await transaction.query<{ id: Buffer }[]>(
    `SELECT id FROM delayed_event WHERE ${conditions.join(' AND ')} LIMIT ?`,
    [...values, limit],
  )
  if (found.length === 0) return []
  const locked = await transaction.query<{ id: Buffer; workflow_id: Buffer }[]>(
    `SELECT id, workflow_id FROM delayed_event WHERE id IN (?) AND ${wish === 'replay' ? 'dead' : 'NOT dead'} ORDER BY id FOR UPDATE`,
    [found.map(({ id }) => id)],
  )
  if (locked.length === 0) return []
  await transaction.query(
    `UPDATE delayed_event SET due_at = UTC_TIMESTAMP(3) ${wish === 'replay' ? ', dead = FALSE, attempts = 0' : ''} WHERE id IN (?)`,
    [locked.map(({ id }) => id)],
  )
  return locked.map((row) => ({ id: toId(row.id), workflowId: toId(row.workflow_id) }))
}

/** Makes up to `limit` of a workflow's delayed events due, whatever they wait for: its runs are to end. Index: delayed_event(workflow_id, node_id). */
export async function wakeWorkflow(transaction: Database, workflowId: string, limit: number): Promise<void> {
  await transaction.query(
    'UPDATE delayed_event SET due_at = UTC_TIMESTAMP(3), dead = FALSE, attempts = 0 WHERE workflow_id = ? ORDER BY node_id, id LIMIT ?',
    [toBytes(workflowId), limit],
  )
}

/**
 * Asks for a failed run to be tried again. Its id follows from the run's, so of two that ask at once there is one row: what was asked last counts. Primary key.
 */
export async function insertRetry(
  transaction: Database,
  retry: { id: Buffer; runId: string; workflowId: string; nodeId: string; version: 'own' | 'live' },
): Promise<void> {
  const { id, runId, workflowId, nodeId, version } = retry
  await transaction.query(
    `INSERT INTO delayed_event (id, run_id, workflow_id, node_id, kind, due_at, created_at, outcome)
     VALUES (?, ?, ?, ?, 'retry', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), ?)
     ON DUPLICATE KEY UPDATE due_at = VALUES(due_at), outcome = VALUES(outcome), dead = FALSE, attempts = 0`,
    [id, toBytes(runId), toBytes(workflowId), nodeId, JSON.stringify({ kind: 'retry', version })],
  )
}

/** Ids of the waits of a profile's runs. Index: run_state(profile_id, state); a person has some dozens at most. */
export async function waitsOfProfile(database: Database, profileId: string): Promise<string[]> {
  const [canonical = ''] = await resolveAliases(database, [profileId])
  const holders = (await idsHoldingRows(database, [canonical])).get(canonical) ?? [canonical]
  const rows = await database.query<{ body: Buffer }[]>(
    `SELECT body FROM run_state WHERE profile_id IN (?) AND state = 'waiting' LIMIT ?`,
    [holders.map(toBytes), MOST_OF_A_PROFILE],
  )
  return rows.flatMap(({ body }) =>
    (JSON.parse(body.toString()) as { waits: { id: string }[] }).waits.map(({ id }) => id),
  )
}

/** More than workflows let one profile have. */
const MOST_OF_A_PROFILE = 1000

function where(restriction: DelayedEventRestriction): { conditions: string[]; values: unknown[] } {
  const { workflowId, nodeId, kind, dead, dueBefore, ids } = restriction
  const conditions: string[] = []
  const values: unknown[] = []
  const add = (condition: string, ...given: unknown[]): void => {
    conditions.push(condition)
    values.push(...given)
  }
  if (workflowId !== undefined) add('workflow_id = ?', toBytes(workflowId))
  if (nodeId !== undefined) add('node_id = ?', nodeId)
  if (kind !== undefined) add('kind = ?', kind)
  // Dead ones have no time: this finds them by the index.
  if (dead === true) add('dead AND due_at IS NULL')
  if (dead === false) add('NOT dead')
  if (dueBefore !== undefined) add('due_at < ?', dueBefore)
  if (ids !== undefined) add('id IN (?)', ids.map(toBytes))
  if (conditions.length === 0) add('TRUE')
  return { conditions, values }
}

function toRow(row: RawRow): DelayedEventRow {
  return {
    id: toId(row.id),
    runId: toId(row.run_id),
    workflowId: toId(row.workflow_id),
    nodeId: row.node_id,
    kind: row.kind,
    dueAt: row.due_at,
    createdAt: row.created_at,
    outcome: row.outcome_kind,
    by: row.outcome_kind === 'cancel' ? row.outcome_by : null,
    attempts: Number(row.attempts),
    error: typeof row.error === 'string' ? (JSON.parse(row.error) as Record<string, unknown>) : row.error,
    dead: Number(row.dead) === 1,
  }
}
