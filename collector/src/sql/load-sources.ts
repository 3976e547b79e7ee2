// Reads the sources and the schemas that the collector keeps in memory.
import type { EventSchema, JsonObject } from '@segue/event-model'
import type { Pool, RowDataPacket } from 'mysql2/promise'

/** A row of `event_source`, as far as the edge cares. */
export interface SourceRow extends RowDataPacket {
  id: string
  channel: 'tracker' | 'segment' | 'webhook' | 'pixel' | 'bridge'
  enabled: number
  trusted: number
  write_key_hash: Buffer | null
  origins: string
  synchronous: number
  answer_within_ms: number
  debuggable: number
  events_per_second: number | null
}

/** All sources. A full scan of a small table, once a second: every change is seen, whoever made it and however. */
export async function loadSources(pool: Pool): Promise<SourceRow[]> {
  const [rows] = await pool.query<SourceRow[]>(
    `SELECT id, channel, enabled, trusted, write_key_hash, origins, synchronous, answer_within_ms, debuggable, events_per_second
     FROM event_source`,
  )
  return rows
}

/** A text that changes when any schema does: schemas can be large, so they are not read every second. A full scan of a small table. */
export async function schemasVersion(pool: Pool): Promise<string> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT COUNT(*) AS amount, COALESCE(SUM(CRC32(CONCAT(event_type_id, '|', source_id, '|', on_invalid, '|', \`schema\`))), 0) AS checksum
     FROM event_schema`,
  )
  return `${rows[0]?.['amount']}:${rows[0]?.['checksum']}`
}

/** All schemas. */
export async function loadSchemas(pool: Pool): Promise<EventSchema[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    'SELECT event_type_id, source_id, `schema`, on_invalid FROM event_schema',
  )
  return rows.map((row) => ({
    eventTypeId: row['event_type_id'],
    sourceId: row['source_id'] === '' ? null : row['source_id'],
    schema: JSON.parse(row['schema']) as JsonObject,
    onInvalid: row['on_invalid'],
  }))
}
