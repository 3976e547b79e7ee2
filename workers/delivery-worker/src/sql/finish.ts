// Writes what became of deliveries, and ends the waits for their answers.
import type { Connection, RowDataPacket } from 'mysql2/promise'

/** What is written of one delivery. Its lease ends in any case. */
export interface FinishedRow {
  id: Buffer
  state: 'queued' | 'delivered' | 'rejected' | 'cancelled'
  /** 1 when an attempt was made. */
  attempts: 0 | 1
  /** Milliseconds until it is due again; null: it is finished. */
  dueInMs: number | null
  /** JSON. */
  response: string | null
  /** JSON. */
  error: string | null
}

/** Which of these deliveries are still held by those claims; locks them. Index: primary key, in its order. */
export async function lockHeld(tx: Connection, held: { id: Buffer; owner: string }[]): Promise<Set<string>> {
  const [rows] = await tx.query<RowDataPacket[]>(
    `SELECT id, lease_owner FROM delivery FORCE INDEX (PRIMARY) WHERE id IN (?) AND state = 'queued' ORDER BY id FOR UPDATE`,
    [held.map(({ id }) => id)],
  )
  const owners = new Map(rows.map((row) => [row['id'].toString('hex'), row['lease_owner']]))
  return new Set(
    held.flatMap(({ id, owner }) => (owners.get(id.toString('hex')) === owner ? [id.toString('hex')] : [])),
  )
}

/** Writes deliveries that `lockHeld` found. Index: primary key. */
export async function finishDeliveries(tx: Connection, rows: FinishedRow[]): Promise<void> {
  if (rows.length === 0) return
  const value = (of: (row: FinishedRow) => unknown): { sql: string; values: unknown[] } => ({
    sql: `CASE id ${rows.map(() => 'WHEN ? THEN ?').join(' ')} END`,
    values: rows.flatMap((row) => [row.id, of(row)]),
  })
  const state = value((row) => row.state)
  const attempts = value((row) => row.attempts)
  const response = value((row) => row.response)
  const error = value((row) => row.error)
  const dueIn = value(({ dueInMs }) => (dueInMs === null ? null : Math.ceil(dueInMs * 1000)))
  await tx.query(
    `UPDATE delivery SET state = ${state.sql}, attempts = attempts + ${attempts.sql}, response = ${response.sql}, error = ${error.sql},
       lease_owner = NULL, lease_until = NULL, next_at = UTC_TIMESTAMP(3) + INTERVAL ${dueIn.sql} MICROSECOND,
       finished_at = IF(next_at IS NULL, UTC_TIMESTAMP(3), NULL), give_up_at = IF(next_at IS NULL, NULL, give_up_at)
     WHERE id IN (?)`,
    [...[state, attempts, response, error, dueIn].flatMap(({ values }) => values), rows.map(({ id }) => id)],
  )
}

/** Gives deliveries back that `lockHeld` found, due again after so many milliseconds. Index: primary key. */
export async function releaseDeliveries(tx: Connection, rows: { id: Buffer; dueInMs: number }[]): Promise<void> {
  if (rows.length === 0) return
  await tx.query(
    `UPDATE delivery SET lease_owner = NULL, lease_until = NULL,
       next_at = UTC_TIMESTAMP(3) + INTERVAL (CASE id ${rows.map(() => 'WHEN ? THEN ?').join(' ')} END) MICROSECOND
     WHERE id IN (?)`,
    [...rows.flatMap(({ id, dueInMs }) => [id, Math.ceil(dueInMs * 1000)]), rows.map(({ id }) => id)],
  )
}

/**
 * Ends waits: each gets its outcome (JSON of a Cause) and is due now, for a scheduler worker to go on. One that is gone, or was ended before,
 * stays as it is. Index: primary key; locked last, by id, as everywhere.
 */
export async function endWaits(tx: Connection, waits: { id: Buffer; outcome: string }[]): Promise<void> {
  if (waits.length === 0) return
  const sorted = waits.toSorted((a, b) => Buffer.compare(a.id, b.id))
  await tx.query(
    `UPDATE delayed_event SET due_at = UTC_TIMESTAMP(3), outcome = CASE id ${sorted.map(() => 'WHEN ? THEN ?').join(' ')} END
     WHERE id IN (?) AND outcome IS NULL`,
    [...sorted.flatMap(({ id, outcome }) => [id, outcome]), sorted.map(({ id }) => id)],
  )
}
