// The worker's own reads and writes of delayed events; what resumes them is the pipeline's.
import { MOST_ATTEMPTS, betweenPlaces, toId, type DuePlace } from '@segue/database'
import type { Connection, RowDataPacket } from 'mysql2/promise'

/** Where a range is read on: at its first place, or behind the last that was read. */
export interface Reading {
  from: DuePlace
  behind: '>' | '>='
  to: DuePlace
}

/** The next due rows of a range, and the database's time. Index: due, and nothing else. Locks nothing: `resumeBatch` looks again. */
export async function selectNext(
  connection: Connection,
  { from, behind, to }: Reading,
  limit: number,
): Promise<{ rows: { id: Buffer; place: DuePlace }[]; now: number }> {
  const { condition, values } = betweenPlaces(from, behind, to, '<=')
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT due_at, id, UTC_TIMESTAMP(3) AS now FROM delayed_event FORCE INDEX (due)
     WHERE ${condition} AND due_at <= UTC_TIMESTAMP(3) ORDER BY due_at, id LIMIT ?`,
    [...values, limit],
  )
  return {
    rows: rows.map((row) => ({ id: row['id'], place: { dueAt: row['due_at'].getTime(), id: toId(row['id']) } })),
    now: rows[0]?.['now'].getTime() ?? 0,
  }
}

/** Seconds until the second try of what failed, which double with each: the last of them comes after about ten minutes. */
const FIRST_PAUSE_SECONDS = 5

/**
 * Puts rows off that could not be done, with their reason: each longer than the time before, by chance half as long up to once, so that what failed together does not
 * come back together. After the last attempt it is dead: due no more until somebody replays it. One that is not due any more stays as it is. Primary key.
 */
export async function putOff(tx: Connection, ids: Buffer[], error: { code: string; message: string }): Promise<void> {
  // Values to the right of `attempts` would see its new value: it comes last.
  await tx.query(
    `UPDATE delayed_event SET
       error = ?,
       dead = attempts + 1 >= ?,
       due_at = IF(attempts + 1 >= ?, NULL,
         UTC_TIMESTAMP(3) + INTERVAL ROUND(? * POW(2, LEAST(attempts, ?)) * (0.5 + RAND() / 2) * 1000000) MICROSECOND),
       attempts = LEAST(attempts + 1, 250)
     WHERE id IN (?) AND due_at <= UTC_TIMESTAMP(3)`,
    [JSON.stringify(error), MOST_ATTEMPTS, MOST_ATTEMPTS, FIRST_PAUSE_SECONDS, MOST_ATTEMPTS, ids],
  )
}

/** Of these rows: whose workflows they are, and how many are dead. Primary key. */
export async function selectPutOff(tx: Connection, ids: Buffer[]): Promise<{ workflowIds: Buffer[]; dead: number }> {
  const [rows] = await tx.query<RowDataPacket[]>(
    'SELECT workflow_id, SUM(dead) AS dead FROM delayed_event WHERE id IN (?) GROUP BY workflow_id',
    [ids],
  )
  return {
    workflowIds: rows.map((row) => row['workflow_id']),
    dead: rows.reduce((sum, row) => sum + Number(row['dead']), 0),
  }
}
