// Answers for clients that wait.
import { toBytes } from '@segue/database'
import type { InboxResult } from '@segue/event-model'
import type { Connection } from 'mysql2/promise'

/** Nobody waits longer than a source's time limit, which is far below this. */
const KEPT_MS = 60_000

/** Stores answers in the transaction of the effects they speak of. */
export async function insertResults(
  tx: Connection,
  results: { eventId: string; result: InboxResult }[],
  now: number,
): Promise<void> {
  if (results.length === 0) return
  const expires = new Date(now + KEPT_MS)
  await tx.query(
    'INSERT INTO inbox_result (id, expires_at, body) VALUES ? ON DUPLICATE KEY UPDATE body = VALUES(body), expires_at = VALUES(expires_at)',
    [results.map(({ eventId, result }) => [toBytes(eventId), expires, Buffer.from(JSON.stringify(result))])],
  )
}
