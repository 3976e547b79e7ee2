// Reads and deletes of inbox rows, and what failed of them.
import type { Connection, Pool, ResultSetHeader, RowDataPacket } from 'mysql2/promise'

export interface InboxRow {
  partition: number
  id: Buffer
  body: Buffer
}

/** From where and how far one partition is read. */
export interface Reading {
  partition: number
  /** Ids from here on; sixteen zero bytes for the beginning. */
  from: Buffer
  limit: number
}

/** The oldest rows of some partitions in one statement: one short scan of the primary key each. */
export async function selectOldest(connection: Connection, readings: Reading[]): Promise<InboxRow[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    readings
      .map(() => '(SELECT partition_no, id, body FROM inbox WHERE partition_no = ? AND id >= ? ORDER BY id LIMIT ?)')
      .join(' UNION ALL '),
    readings.flatMap(({ partition, from, limit }) => [partition, from, limit]),
  )
  return rows.map((row) => ({ partition: row['partition_no'], id: row['id'], body: row['body'] }))
}

/** Deletes processed rows; returns how many there were. Fewer than given: somebody else processed them, so this transaction must not commit. */
export async function deleteRows(tx: Connection, rows: InboxRow[]): Promise<number> {
  const byPartition = new Map<number, Buffer[]>()
  for (const { partition, id } of rows) {
    const ids = byPartition.get(partition)
    if (ids) ids.push(id)
    else byPartition.set(partition, [id])
  }
  const [result] = await tx.query<ResultSetHeader>(
    `DELETE FROM inbox WHERE ${[...byPartition].map(() => '(partition_no = ? AND id IN (?))').join(' OR ')}`,
    [...byPartition].flat(),
  )
  return result.affectedRows
}

export interface DeadLetterRow {
  id: Buffer
  sourceId: string
  eventType: string
  receivedAt: number
  code: string
  message: string
  body: Buffer
}

/** Keeps failed events with their reason. A replay takes the row away first, so ids are new here. */
export async function insertDeadLetters(tx: Connection, rows: DeadLetterRow[], now: number): Promise<void> {
  if (rows.length === 0) return
  await tx.query(
    'INSERT INTO dead_letter (id, source_id, event_type, received_at, failed_at, error_code, error_message, body) VALUES ?',
    [
      rows.map((row) => [
        row.id,
        row.sourceId.slice(0, 64),
        row.eventType.slice(0, 128),
        new Date(row.receivedAt),
        new Date(now),
        row.code,
        row.message.slice(0, 2000),
        row.body,
      ]),
    ],
  )
}

/** Takes away answers that nobody waits for any more. Index: expiry. */
export async function deleteExpiredResults(connection: Pool): Promise<void> {
  await connection.query('DELETE FROM inbox_result WHERE expires_at < UTC_TIMESTAMP(3) LIMIT 5000')
}
