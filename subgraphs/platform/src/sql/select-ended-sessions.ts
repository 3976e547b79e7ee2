import { toId } from '@segue/database'
import type { DataSource } from 'typeorm'

/**
 * Sessions that ended before their access tokens did, of the last quarter of an hour: a handful. Index: by_until. Whole, not only what is new: a transaction that commits
 * late would be missed by any "since".
 */
export async function selectEndedSessions(database: DataSource): Promise<{ sessionId: string; until: Date }[]> {
  const rows = await database.query<{ session_id: Buffer; until: Date }[]>(
    'SELECT session_id, until FROM revoked_session WHERE until > UTC_TIMESTAMP(3)',
  )
  return rows.map(({ session_id, until }) => ({ sessionId: toId(session_id), until }))
}
