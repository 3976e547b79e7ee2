// The statements by which events become durable: one for a whole group of requests.
import type { Connection } from 'mysql2'

/** A row of `inbox`; `received_at` is the database's time. */
export interface InboxRow {
  partition: number
  /** The event's id. */
  id: Buffer
  sourceId: string
  /** The envelope as UTF-8 JSON. */
  body: Buffer
}

/**
 * Up to this many rows go by prepared statement (a quarter of the cost of text). Each number of rows is a statement of its own, which the
 * server keeps for the connection, so there is an end to it; bigger groups share their cost among more rows anyway.
 */
const PREPARED_ROWS = 64

/** Statements by their number of rows. */
const PREPARED = Array.from({ length: PREPARED_ROWS + 1 }, (_, rows) => statement('INSERT', rows))

/**
 * Appends rows, all or none: one statement in autocommit, so `done(null)` means committed. Index: the primary key (partition_no, id); ids grow with
 * time, so there are as many places of growth as partitions. Appenders never wait for each other.
 */
export function insertIntoInbox(
  connection: Connection,
  rows: readonly InboxRow[],
  done: (error: Error | null) => void,
): void {
  const prepared = PREPARED[rows.length]
  if (prepared === undefined) connection.query(statement('INSERT', rows.length), valuesOf(rows), done)
  else connection.execute(prepared, valuesOf(rows), done)
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
  connection.query(statement('INSERT IGNORE', rows.length), valuesOf(rows), done)
}

function statement(insert: 'INSERT' | 'INSERT IGNORE', rows: number): string {
  return `${insert} INTO inbox (partition_no, id, source_id, received_at, body) VALUES ${Array(rows).fill('(?,?,?,NOW(3),?)').join(',')}`
}

function valuesOf(rows: readonly InboxRow[]): (number | Buffer | string)[] {
  const values: (number | Buffer | string)[] = []
  for (const row of rows) values.push(row.partition, row.id, row.sourceId, row.body)
  return values
}
