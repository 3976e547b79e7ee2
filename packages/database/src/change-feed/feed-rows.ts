// The rows of the change feed: written in the transaction that they tell of, read by every subgraph that is watched.
import type { Database } from '../sql/resolve-aliases.js'

/** A row as it lies in the table. */
export interface FeedRow {
  seq: number
  body: Buffer
}

/**
 * Tells watchers what a transaction changed. The last statement before the commit: `seq` is given here, and until the commit readers wait for it. One row, appended;
 * nothing else writes there, so transactions never meet (AUTO_INCREMENT of a single row takes no lock to the end of the transaction).
 */
export const INSERT_CHANGES = 'INSERT INTO change_feed (at, body) VALUES (UTC_TIMESTAMP(3), ?)'

/** The same through whatever runs statements. */
export async function insertChanges(transaction: Database, body: Buffer | undefined): Promise<void> {
  if (body) await transaction.query(INSERT_CHANGES, [body])
}

/** Rows after `max`, and those of `gaps` that are there now; lowest first. Primary key: a range and points. READ COMMITTED, which sees a row as soon as it is committed. */
export async function selectFeed(
  database: Database,
  max: number,
  gaps: readonly number[],
  limit: number,
): Promise<FeedRow[]> {
  const rows = await database.query<{ seq: number | string; body: Buffer }[]>(
    `SELECT seq, body FROM change_feed WHERE seq > ?${gaps.length > 0 ? ' OR seq IN (?)' : ''} ORDER BY seq LIMIT ?`,
    gaps.length > 0 ? [max, gaps, limit] : [max, limit],
  )
  return rows.map(({ seq, body }) => ({ seq: Number(seq), body }))
}

/** Which of the last `count` numbers are there, lowest first; empty when the table is. Primary key, from its end. */
export async function selectNewestSeqs(database: Database, count: number): Promise<number[]> {
  const rows = await database.query<{ seq: number | string }[]>(
    'SELECT seq FROM change_feed ORDER BY seq DESC LIMIT ?',
    [count],
  )
  return rows.map(({ seq }) => Number(seq)).reverse()
}

/** The lowest number that is kept; undefined when there is none. Primary key. */
export async function selectOldestSeq(database: Database): Promise<number | undefined> {
  const rows = await database.query<{ seq: number | string }[]>('SELECT seq FROM change_feed ORDER BY seq LIMIT 1')
  return rows[0] && Number(rows[0].seq)
}

/**
 * Deletes one chunk of rows that are older than `seconds`, and returns whether there may be more. A range of the primary key, from its beginning: inserts are at the other end. The
 * newest row always stays: from it readers know that nothing was lost while nothing happened.
 */
export async function deleteOldFeed(database: Database, seconds: number, chunk: number): Promise<boolean> {
  const rows = await database.query<{ seq: number | string; old: number | string }[]>(
    'SELECT seq, at < UTC_TIMESTAMP(3) - INTERVAL ? SECOND AS old FROM change_feed ORDER BY seq LIMIT ?',
    [seconds, chunk + 1],
  )
  const old = rows.slice(0, -1).filter((row) => Number(row.old) === 1)
  const last = old.at(-1)
  if (!last) return false
  await database.query('DELETE FROM change_feed WHERE seq <= ?', [Number(last.seq)])
  return old.length === chunk
}
