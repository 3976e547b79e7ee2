// What the hand-out reads: itself, so that it is the only one; the ranges that are out; what is due beside them.
import { RESUME_DUE, betweenPlaces, toId, type DuePlace, type DueRange } from '@segue/database'
import type { Connection, RowDataPacket } from 'mysql2/promise'

/** Whether any row is due, handed out or not. Index: due, one look. */
export async function isAnythingDue(connection: Connection): Promise<boolean> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT 1 FROM delayed_event FORCE INDEX (due) WHERE due_at <= UTC_TIMESTAMP(3) LIMIT 1',
  )
  return rows.length > 0
}

/**
 * Locks the job of this name until the end of the transaction, and returns the database's time; undefined when there is no such job. Of several
 * schedulers one gets here at a time, also when Agenda's lock of the job ran out because its process stood still. Claims pass over it
 * (SKIP LOCKED). Unique index: one_single.
 */
export async function lockJob(tx: Connection, name: string): Promise<number | undefined> {
  const [rows] = await tx.query<RowDataPacket[]>(
    'SELECT UTC_TIMESTAMP(3) AS now FROM agenda_jobs WHERE single_name = ? FOR UPDATE',
    [name],
  )
  return rows[0]?.['now'].getTime()
}

/** A range that was handed out, by the id of its job. */
export interface HandedOut {
  jobId: string
  range: DueRange
  /** Its job has ended, well or not: what is still due of it may be handed out again. */
  ended: boolean
}

/** All ranges that were handed out and are not forgotten. Some dozens; index: claim, by name. */
export async function selectRanges(tx: Connection): Promise<HandedOut[]> {
  const [rows] = await tx.query<RowDataPacket[]>(
    'SELECT id, data, next_run_at IS NULL AND locked_at IS NULL AS ended FROM agenda_jobs WHERE name = ?',
    [RESUME_DUE],
  )
  return rows.map((row) => ({ jobId: row['id'], range: JSON.parse(row['data']), ended: row['ended'] === 1 }))
}

/** Forgets jobs that have ended. A worker deletes those that ended well itself, if it lives long enough. */
export async function deleteEnded(tx: Connection, jobIds: string[]): Promise<void> {
  if (jobIds.length === 0) return
  await tx.query('DELETE FROM agenda_jobs WHERE id IN (?) AND next_run_at IS NULL AND locked_at IS NULL', [jobIds])
}

/** Where rows may lie that nobody has: neither end belongs to it. */
export interface Gap {
  from: DuePlace
  to: DuePlace
}

/** A row that is due, and in which gap it lies. */
export interface DueRow extends DuePlace {
  gap: number
}

/**
 * Due rows of the gaps in the order of the index, at most `limit` of each. Index: due, and nothing else; each gap is a range of it, so what is not yet due, or
 * handed out already, costs nothing. Locks nothing: who resumes a row looks again.
 */
export async function selectDue(tx: Connection, gaps: readonly Gap[], limit: number): Promise<DueRow[]> {
  if (gaps.length === 0) return []
  const parts = gaps.map(({ from, to }, gap) => {
    const { condition, values } = betweenPlaces(from, '>', to, '<')
    return {
      sql: `(SELECT ${gap} AS gap, due_at, id FROM delayed_event FORCE INDEX (due) WHERE ${condition} ORDER BY due_at, id LIMIT ?)`,
      values: [...values, limit],
    }
  })
  const [rows] = await tx.query<RowDataPacket[]>(
    `SELECT gap, due_at, id FROM (${parts.map(({ sql }) => sql).join(' UNION ALL ')}) AS found ORDER BY due_at, id`,
    parts.flatMap(({ values }) => values),
  )
  return rows.map((row) => ({ gap: Number(row['gap']), dueAt: row['due_at'].getTime(), id: toId(row['id']) }))
}

/** Seconds since the oldest row fell due that is not yet done; 0 when there is none. Index: due, its first entry that is no NULL. */
export async function selectLag(connection: Connection): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT TIMESTAMPDIFF(MICROSECOND, due_at, UTC_TIMESTAMP(3)) / 1e6 AS lag FROM delayed_event FORCE INDEX (due)
     WHERE due_at <= UTC_TIMESTAMP(3) ORDER BY due_at LIMIT 1`,
  )
  return Number(rows[0]?.['lag'] ?? 0)
}
