// The consents of those whom deliveries are about.
import type { Pool, RowDataPacket } from 'mysql2/promise'
import type { JsonObject } from '@segue/outgoing'

/**
 * Consents by profile id (hex), of merged profiles those of whom they became; who is missing is gone. One statement. Index: primary keys of profile and
 * profile_alias.
 */
export async function selectConsents(pool: Pool, profileIds: Buffer[]): Promise<Map<string, JsonObject>> {
  if (profileIds.length === 0) return new Map()
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT id, JSON_EXTRACT(document, '$.consents') AS consents FROM profile WHERE id IN (?)
     UNION ALL
     SELECT a.alias_id, JSON_EXTRACT(p.document, '$.consents') FROM profile_alias a JOIN profile p ON p.id = a.profile_id
     WHERE a.alias_id IN (?)`,
    [profileIds, profileIds],
  )
  return new Map(
    rows.map((row) => [row['id'].toString('hex'), row['consents'] === null ? {} : JSON.parse(row['consents'])]),
  )
}
