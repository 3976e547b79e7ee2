// Reads and writes of delayed events. They are the last rows a batch locks, after profiles and runs.
import type { Cause, JsonObject, JsonValue, Wait } from '@segue/workflow-engine'
import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise'
import { insertRows, type Cell, type InsertStatement } from './insert-rows.js'
import { json } from './rows.js'

/** What is to happen with a run, put there by who ended its wait; null: its time has come. */
export type DelayedOutcome =
  | Cause
  | { kind: 'cancel'; by: string }
  | { kind: 'retry'; version: 'own' | 'live' }
  | {
      kind: 'start'
      input: JsonValue
      depth: number
      profileId: string | null
      parent: { runId: string; waitId: string | null } | null
    }

export interface DelayedRow {
  id: Buffer
  runId: Buffer
  workflowId: Buffer
  nodeId: string
  kind: Wait['awaits']['kind'] | 'start' | 'retry'
  outcome: DelayedOutcome | null
}

function rowOf(row: RowDataPacket): DelayedRow {
  return {
    id: row['id'],
    runId: row['run_id'],
    workflowId: row['workflow_id'],
    nodeId: row['node_id'],
    kind: row['kind'],
    outcome: row['outcome'] === null ? null : JSON.parse(row['outcome']),
  }
}

/** What rows are about, before anything is locked. Index: primary key. */
export async function selectDelayed(tx: Connection, ids: Buffer[]): Promise<DelayedRow[]> {
  if (ids.length === 0) return []
  const [rows] = await tx.query<RowDataPacket[]>(
    'SELECT id, run_id, workflow_id, node_id, kind, outcome FROM delayed_event WHERE id IN (?)',
    [ids],
  )
  return rows.map(rowOf)
}

/**
 * Locks those of the rows that are still there and due by the database's clock, in the order in which they became due. Index: primary key; the
 * rows are locked by id.
 */
export async function lockDue(tx: Connection, ids: Buffer[]): Promise<DelayedRow[]> {
  if (ids.length === 0) return []
  const [rows] = await tx.query<RowDataPacket[]>(
    `SELECT id, run_id, workflow_id, node_id, kind, outcome, due_at, due_at <= UTC_TIMESTAMP(3) AS due
     FROM delayed_event WHERE id IN (?) ORDER BY id FOR UPDATE`,
    [ids],
  )
  return rows
    .filter((row) => row['due'] === 1)
    .sort((a, b) => a['due_at'].getTime() - b['due_at'].getTime())
    .map(rowOf)
}

const DELAYED: InsertStatement = {
  into: 'delayed_event',
  columns: ['id', 'run_id', 'workflow_id', 'node_id', 'kind', 'due_at', 'created_at', 'outcome'],
}

/** A row to be stored. `dueAt` in ms. */
export interface NewDelayed extends Omit<DelayedRow, 'outcome'> {
  dueAt: number | null
  outcome: DelayedOutcome | null
}

/** Stores new rows. */
export async function insertDelayed(tx: Connection, rows: NewDelayed[], now: number): Promise<void> {
  await insertRows(
    tx,
    DELAYED,
    rows.map((row): Cell[] => [
      row.id,
      row.runId,
      row.workflowId,
      row.nodeId,
      row.kind,
      row.dueAt === null ? null : new Date(row.dueAt),
      new Date(now),
      json(row.outcome as JsonObject | null),
    ]),
  )
}

/** By run, in hex: rows that are about to be deleted although somebody cancelled their run. They are locked: who cancels now finds the run's next waits. Index: primary key. */
export async function selectCancelled(tx: Connection, ids: Buffer[]): Promise<Map<string, DelayedOutcome>> {
  if (ids.length === 0) return new Map()
  const [rows] = await tx.query<RowDataPacket[]>(
    'SELECT run_id, outcome FROM delayed_event WHERE id IN (?) AND outcome IS NOT NULL ORDER BY id FOR UPDATE',
    [ids],
  )
  return new Map(
    rows.flatMap((row): [string, DelayedOutcome][] => {
      const outcome: DelayedOutcome = JSON.parse(row['outcome'])
      return outcome.kind === 'cancel' ? [[row['run_id'].toString('hex'), outcome]] : []
    }),
  )
}

/** Deletes rows; returns how many there were. */
export async function deleteDelayed(tx: Connection, ids: Buffer[]): Promise<number> {
  if (ids.length === 0) return 0
  const [result] = await tx.query<ResultSetHeader>('DELETE FROM delayed_event WHERE id IN (?)', [ids])
  return result.affectedRows
}

/** Ends waits: each gets its cause and is due now. One that is gone, or was ended by somebody else before, stays as it is. */
export async function endWaits(tx: Connection, ended: { id: Buffer; cause: Cause }[], now: number): Promise<void> {
  if (ended.length === 0) return
  const sorted = ended.toSorted((a, b) => Buffer.compare(a.id, b.id))
  await tx.query(
    `UPDATE delayed_event SET due_at = ?, outcome = CASE id ${sorted.map(() => 'WHEN ? THEN ?').join(' ')} END
     WHERE id IN (?) AND outcome IS NULL`,
    [new Date(now), ...sorted.flatMap(({ id, cause }) => [id, json(cause as JsonObject)]), sorted.map(({ id }) => id)],
  )
}

const SEGMENT_WAITS: InsertStatement = {
  into: 'segment_wait',
  columns: ['segment_id', 'delayed_event_id', 'run_id'],
}

/** Stores which waits a segment's entries end. */
export async function insertSegmentWaits(
  tx: Connection,
  rows: { segmentId: Buffer; delayedEventId: Buffer; runId: Buffer }[],
): Promise<void> {
  await insertRows(
    tx,
    SEGMENT_WAITS,
    rows.map((row): Cell[] => [row.segmentId, row.delayedEventId, row.runId]),
  )
}

/** Forgets waits for segments. Index: of_wait. */
export async function deleteSegmentWaits(tx: Connection, delayedEvents: Buffer[]): Promise<void> {
  if (delayedEvents.length > 0)
    await tx.query('DELETE FROM segment_wait WHERE delayed_event_id IN (?)', [delayedEvents])
}
