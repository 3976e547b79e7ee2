// Reads of what profiles did before.
import { toId } from '@segue/database'
import type { StoredEvent } from '@segue/workflow-engine'
import type { Connection, RowDataPacket } from 'mysql2/promise'

/** Of each profile. More than a person does within a wait; what a machine floods is looked at from its beginning. */
const MOST = 1_000

/**
 * Events of profiles, of some types and not before a time, earliest first. Index: activity's primary key by profile, then the events by theirs. No event
 * happens after its receipt, by which both tables are partitioned: older partitions are not read.
 */
export async function selectEarlierEvents(
  tx: Connection,
  profiles: Buffer[],
  types: string[],
  since: number,
): Promise<{ owner: Buffer; event: StoredEvent }[]> {
  if (profiles.length === 0 || types.length === 0) return []
  const first = receivedAt(since)
  const [rows] = await tx.query<RowDataPacket[]>(
    `SELECT x.profile_id, e.id, e.type, e.source_id, e.occurred_at, e.valid, e.properties, e.data, e.context, e.tags
     FROM (
       SELECT a.profile_id, a.ref, a.at, ROW_NUMBER() OVER (PARTITION BY a.profile_id ORDER BY a.at, a.ref) AS place
       FROM activity a STRAIGHT_JOIN event e ON e.id = a.ref
       WHERE a.profile_id IN (?) AND a.at >= ? AND a.kind = 'event' AND a.ref >= ? AND e.id >= ? AND e.type IN (?)
     ) x STRAIGHT_JOIN event e ON e.id = x.ref
     WHERE x.place <= ? ORDER BY x.at, x.ref`,
    [profiles, new Date(since), first, first, types, MOST],
  )
  return rows.map((row) => ({ owner: row['profile_id'], event: eventOf(row) }))
}

/** The lowest UUIDv7 of a time. */
function receivedAt(ms: number): Buffer {
  const id = Buffer.alloc(16)
  id.writeUIntBE(Math.max(0, ms), 0, 6)
  return id
}

function eventOf(row: RowDataPacket): StoredEvent {
  const id: Buffer = row['id']
  return {
    id: toId(id),
    type: row['type'],
    source: row['source_id'],
    occurredAt: row['occurred_at'].toISOString(),
    receivedAt: new Date(id.readUIntBE(0, 6)).toISOString(),
    valid: row['valid'] === 1,
    properties: JSON.parse(row['properties']),
    data: row['data'] === null ? {} : JSON.parse(row['data']),
    traits: {},
    context: JSON.parse(row['context']),
    tags: row['tags'] === null ? [] : JSON.parse(row['tags']),
  }
}
