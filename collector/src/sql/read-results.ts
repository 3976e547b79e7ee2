// Reads the answers of workflows for those who wait.
import type { InboxResult } from '@segue/event-model'
import type { Pool, RowDataPacket } from 'mysql2/promise'

/** A database that does not answer must not hold those who wait much beyond their time. */
const TIMEOUT_MS = 500

/** The results that are there, by event id (16 bytes as latin1). Index: primary key. One statement for all who wait. */
export async function readResults(pool: Pool, eventIds: readonly Buffer[]): Promise<Map<string, InboxResult>> {
  const [rows] = await pool.query<RowDataPacket[]>({
    sql: 'SELECT id, body FROM inbox_result WHERE id IN (?)',
    values: [eventIds],
    timeout: TIMEOUT_MS,
  })
  return new Map(
    rows.map((row) => [
      (row['id'] as Buffer).toString('latin1'),
      JSON.parse((row['body'] as Buffer).toString('utf8')) as InboxResult,
    ]),
  )
}
