// Claims of clients' event ids.
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { insertRows, type InsertStatement } from './insert-rows.js'

export interface EventKey {
  /** The message's own time, seconds since 1970; 0 when it has none. */
  messageTime: number
  /** First 16 bytes of SHA-256 over source and id. */
  hash: Buffer
  eventId: Buffer
}

const EVENT_KEYS: InsertStatement = {
  into: 'event_key',
  columns: ['message_time', 'key_hash', 'event_id', 'claimed_at'],
  ignore: true,
}

/**
 * Claims keys that nobody holds; returns how many of them. Index: primary key. A key that another transaction is claiming is waited for; keys
 * come sorted, so two batches with the same keys do not deadlock.
 */
export async function insertEventKeys(tx: Connection, keys: EventKey[], claimedAt: number): Promise<number> {
  return insertRows(
    tx,
    EVENT_KEYS,
    keys.map((key) => [key.messageTime, key.hash, key.eventId, claimedAt]),
  )
}

/** Who holds these keys. Index: primary key, one range a key. */
export async function selectEventKeyOwners(tx: Connection, keys: EventKey[]): Promise<EventKey[]> {
  const [rows] = await tx.query<RowDataPacket[]>(
    `SELECT message_time, key_hash, event_id FROM event_key
     WHERE ${keys.map(() => '(message_time = ? AND key_hash = ?)').join(' OR ')}`,
    keys.flatMap((key) => [key.messageTime, key.hash]),
  )
  return rows.map((row) => ({ messageTime: row['message_time'], hash: row['key_hash'], eventId: row['event_id'] }))
}

/** Which of these events are stored or in the dead letters already. Indexes: primary keys; `event` is pruned to the partitions of the ids. */
export async function selectProcessed(tx: Connection, ids: Buffer[]): Promise<Buffer[]> {
  const [rows] = await tx.query<RowDataPacket[]>(
    'SELECT id FROM event WHERE id IN (?) UNION ALL SELECT id FROM dead_letter WHERE id IN (?)',
    [ids, ids],
  )
  return rows.map((row) => row['id'])
}
