// Resources that deliveries name.
import type { JsonObject } from '@segue/outgoing'
import type { Pool, RowDataPacket } from 'mysql2/promise'

/** As it is stored: the secret still encrypted. */
export interface StoredResource {
  id: string
  transport: string
  settings: JsonObject
  secret: Buffer | null
  version: number
}

/** One statement. Index: primary key. */
export async function selectResources(pool: Pool, ids: string[]): Promise<StoredResource[]> {
  if (ids.length === 0) return []
  const [rows] = await pool.query<RowDataPacket[]>(
    'SELECT id, transport, settings, secret, version FROM resource WHERE id IN (?)',
    [ids],
  )
  return rows.map((row) => ({
    id: row['id'],
    transport: row['transport'],
    settings: JSON.parse(row['settings']),
    secret: row['secret'],
    version: row['version'],
  }))
}
