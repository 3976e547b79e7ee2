// The statements by which events become durable: one for a whole group of requests.
import type { Connection } from 'mysql2'

/** A row of `inbox`. */
export interface InboxRow {
  partition: number
  /** The event's id. */
  id: Buffer
  sourceId: string
  receivedAt: Date
  /** The envelope as UTF-8 JSON. */
  body: Buffer
}

/**
 * Up to this many rows go by prepared statement (a quarter of the cost of text). Each number of rows is a statement of its own, which the
 * server keeps for the connection, so there is an end to it; bigger groups share their cost among more rows anyway.
 */
const PREPARED_ROWS = 64

/** `INSERT … VALUES (?,?,?,?,?)` for 0 … PREPARED_ROWS rows. */
const STATEMENTS = Array.from(
  { length: PREPARED_ROWS + 1 },
  (_, rows) =>
    `INSERT INTO inbox (partition_no, id, source_id, received_at, body) VALUES ${Array(rows).fill('(?,?,?,?,?)').join(',')}`,
)

/**
 * Appends rows, all or none: one statement in autocommit, so `done(null)` means committed. Index: the primary key (partition_no, id); ids grow with
 * time, so there are as many places of growth as partitions. Appenders never wait for each other.
 */
export function insertIntoInbox(
  connection: Connection,
  rows: readonly InboxRow[],
  done: (error: Error | null) => void,
): void {
  const statement = STATEMENTS[rows.length]
  if (statement === undefined) {
    connection.query(
      'INSERT INTO inbox (partition_no, id, source_id, received_at, body) VALUES ?',
      [rows.map((row) => [row.partition, row.id, row.sourceId, row.receivedAt, row.body])],
      done,
    )
    return
  }
  const values: (number | Buffer | string | Date)[] = []
  for (const row of rows) values.push(row.partition, row.id, row.sourceId, row.receivedAt, row.body)
  connection.execute(statement, values, done)
}

/**
 * Appends those of the rows that are not there yet, all or none: the repeat after an unknown outcome, once no earlier attempt can still be running.
 * A row of the first attempt that is still there is left as it is; what a worker has already taken is there a second time, so these rows say
 * so (`retried` in the envelope) and the worker looks. By text: it is rare.
 */
export function insertMissingIntoInbox(
  connection: Connection,
  rows: readonly InboxRow[],
  done: (error: Error | null) => void,
): void {
  connection.query(
    'INSERT IGNORE INTO inbox (partition_no, id, source_id, received_at, body) VALUES ?',
    [rows.map((row) => [row.partition, row.id, row.sourceId, row.receivedAt, row.body])],
    done,
  )
}
