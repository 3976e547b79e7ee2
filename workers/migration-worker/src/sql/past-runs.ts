// Forgets what runs left behind once nobody can use it any more.
import type { Connection, ResultSetHeader } from 'mysql2/promise'

/** Rows a statement: some hold a run's whole state, so few; short transactions, which no worker waits for. */
const CHUNK = 500

/** How long a failed run can be tried again, and a finished delivery be looked at and replayed. */
const KEPT_DAYS = 90
/** How long is known what nodes did in each minute, and when people were written to: longer than any cap counts. */
const COUNTED_DAYS = 400

/** The lowest UUIDv7 of the time so many days ago, by the database's clock. */
const FIRST_ID = `UNHEX(RPAD(LPAD(HEX(CAST((UNIX_TIMESTAMP() - ? * 86400) * 1000 AS UNSIGNED)), 12, '0'), 32, '0'))`

/** Each with the index that it goes by. */
const STATEMENTS: readonly (readonly [sql: string, days: number[]])[] = [
  // Primary key: older ones that still wait are passed over, there are few.
  [`DELETE FROM run_state WHERE run_id < ${FIRST_ID} AND state = 'failed' LIMIT ?`, [KEPT_DAYS]],
  [`DELETE FROM delivery WHERE id < ${FIRST_ID} AND state <> 'queued' LIMIT ?`, [KEPT_DAYS]],
  // by_minute
  ['DELETE FROM node_minute WHERE minute < UTC_TIMESTAMP() - INTERVAL ? DAY LIMIT ?', [COUNTED_DAYS]],
  // by_time
  ['DELETE FROM contact_log WHERE at < UTC_TIMESTAMP(3) - INTERVAL ? DAY LIMIT ?', [COUNTED_DAYS]],
  // expiry
  ['DELETE FROM workflow_memory WHERE expires_at < UTC_TIMESTAMP(3) LIMIT ?', []],
  // A row a limiter and key: a place in the past is as good as none.
  ['DELETE FROM rate_slot WHERE next_at < (UNIX_TIMESTAMP() - 86400) * 1000000 LIMIT ?', []],
]

/** Deletes one chunk of each. Returns whether there may be more. */
export async function deletePastRuns(connection: Connection): Promise<boolean> {
  let more = false
  for (const [sql, values] of STATEMENTS) {
    const [result] = await connection.query<ResultSetHeader>(sql, [...values, CHUNK])
    more ||= result.affectedRows === CHUNK
  }
  return more
}
