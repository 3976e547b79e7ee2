// Follows the change feed: one statement every tenth of a second while somebody watches, none otherwise.
import { connect, readChanges, selectFeed, selectNewestSeqs, selectOldestSeq } from '@segue/database'
import type { Changes, FeedRow } from '@segue/database'
import type { Logger } from '@segue/service'
import { setTimeout as pause } from 'node:timers/promises'
import { describeError } from '../describe-error.js'
import { FeedPosition } from './feed-position.js'

/** How long a change waits to be seen, at most; also how often a subscription can be sent a message. */
const POLL_MS = 100
/** Rows a statement: of large batches some 3 MB. */
const PAGE = 200
/** Rows that a watcher who comes again may be behind. More than that is read anew by whoever shows it, quicker than it is told here row by row. */
const MOST_BEHIND = 5000
/** A database that takes so long for rows by primary key is away; the connection is given up and the next poll makes a new one. */
const SLOW_MS = 3000
const RETRY_MS = 500
/** One follows; the other reads for watchers who come again. */
const CONNECTIONS = 2
/** Numbers at the end of the feed among which a missing one may be a transaction that is not committed yet. */
const LOOK_BACK = 1000

/** A row of the feed. */
export interface FeedEntry {
  seq: number
  changes: Changes
}

export interface FeedTail {
  /** How far the feed has been handed out; undefined until it was read for the first time since somebody watches. */
  readonly position: FeedPosition | undefined
  /** Follows, until `rest`. Resolves with the position, when there is one. */
  follow(): Promise<FeedPosition>
  /** Follows no more. */
  rest(): void
  /**
   * Hands out, lowest first, what `until` covers and `from` does not; false when that is not all there, or too much. A database that is away is waited for;
   * rejects when `signal` ends that.
   */
  replay(
    from: FeedPosition,
    until: FeedPosition,
    take: (entry: FeedEntry) => void,
    signal: AbortSignal,
  ): Promise<boolean>
  close(): Promise<void>
}

/** A tail. `take` gets new rows, `tick` is called after each look at the feed. */
export function createFeedTail(options: {
  databaseUrl: string
  logger: Logger
  take: (entries: readonly FeedEntry[]) => void
  tick: () => void
}): FeedTail {
  const { logger } = options
  const pool = connect({ url: options.databaseUrl, connections: CONNECTIONS })
  const database = {
    async query<Rows>(sql: string, values: unknown[] = []): Promise<Rows> {
      const [rows] = await pool.query({ sql, values, timeout: SLOW_MS })
      return rows as Rows
    },
  }
  let position: FeedPosition | undefined
  let whenKnown: Promise<FeedPosition> | undefined
  let known: (position: FeedPosition) => void = () => undefined
  let following: AbortController | undefined
  let loop = Promise.resolve()
  let failing = false

  const entryOf = ({ seq, body }: FeedRow): FeedEntry[] => {
    try {
      return [{ seq, changes: readChanges(body) }]
    } catch (error) {
      logger.error({ error: describeError(error), seq }, 'A row of the change feed cannot be read')
      return []
    }
  }
  /** Returns whether there may be more at once. */
  const poll = async (signal: AbortSignal): Promise<boolean> => {
    if (!position) {
      const newest = await selectNewestSeqs(database, LOOK_BACK)
      if (signal.aborted) return false
      position = FeedPosition.behind(newest)
      known(position)
      return false
    }
    const rows = await selectFeed(database, position.max, position.gaps, PAGE)
    if (signal.aborted) return false
    for (const { seq } of rows) position.saw(seq)
    position.giveUp()
    if (rows.length > 0) options.take(rows.flatMap(entryOf))
    return rows.length === PAGE
  }
  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      let more = false
      try {
        more = await poll(signal)
        if (failing) logger.info('The change feed can be read again')
        failing = false
        if (!signal.aborted) options.tick()
      } catch (error) {
        if (!failing) logger.error({ error: describeError(error) }, 'The change feed cannot be read; trying again')
        failing = true
      }
      if (!more) await pause(POLL_MS, undefined, { signal }).catch(() => undefined)
    }
  }
  const rest = (): void => {
    following?.abort()
    following = undefined
    position = undefined
    whenKnown = undefined
  }
  /** What `read` gives, as soon as the database does. */
  const persist = async <Result>(read: () => Promise<Result>, signal: AbortSignal): Promise<Result> => {
    for (;;) {
      signal.throwIfAborted()
      try {
        return await read()
      } catch (error) {
        logger.warn({ error: describeError(error) }, 'The change feed cannot be read for a watcher who came again')
        await pause(RETRY_MS, undefined, { signal })
      }
    }
  }

  return {
    get position() {
      return position
    },
    follow() {
      if (whenKnown) return whenKnown
      const { signal } = (following = new AbortController())
      whenKnown = new Promise((resolve) => (known = resolve))
      loop = loop.then(() => run(signal))
      return whenKnown
    },
    rest,
    async replay(from, until, take, signal) {
      const [newest] = await persist(() => selectNewestSeqs(database, 1), signal)
      const oldest = await persist(() => selectOldestSeq(database), signal)
      // A place beyond the end is one of a database that was put back to an earlier time.
      if (newest === undefined || oldest === undefined || from.max > newest) return from.max === 0
      if (oldest > from.max + 1 || from.gaps.some((gap) => gap < oldest)) return false
      const place = from.copy()
      for (let read = 0; read < MOST_BEHIND;) {
        const rows = await persist(() => selectFeed(database, place.max, place.gaps, PAGE), signal)
        for (const row of rows) {
          place.saw(row.seq)
          if (until.covers(row.seq)) for (const entry of entryOf(row)) take(entry)
        }
        if (rows.length < PAGE || place.max >= until.max) return true
        read += rows.length
      }
      return false
    },
    async close() {
      rest()
      await loop
      await pool.end()
    },
  }
}
