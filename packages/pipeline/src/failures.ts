// Whose fault a failure of a batch is: worth another try, this event's own, or the world's.
import { EventFailure } from './batch.js'
import { ProfilesMoved } from './identify/load.js'
import { DelayedFailure } from './runs/resume-batch.js'

/**
 * - `retry`: two workers met or a connection broke; the same batch is tried again.
 * - `event`: something in the batch cannot be stored; bisection finds which event.
 * - `outage`: the database cannot work now (disk full, read-only, rights missing); nothing is at fault, everything waits.
 */
export type FailureKind = 'retry' | 'event' | 'outage'

/** https://mariadb.com/kb/en/mariadb-error-code-reference/ */
const RETRIED = new Set([
  1213, // deadlock
  1205, // lock wait timeout
  1020, // record changed since last read (snapshot conflict)
  1062, // somebody else was faster to insert the same identity or profile
])

/** Who waits for somebody else's lock is never at fault, however long it takes. */
const CONTENTION = new Set([1213, 1205, 1020])

/** Failures of the data that servers file under other SQLSTATEs, or under the general one. */
const DATA_ERRORS = new Set([
  1153, // packet bigger than max_allowed_packet: fewer events at once may fit
  1300, // not a string of its character set
  1366, // not a value of its column's type (HY000 in MySQL)
  3854, // a string that cannot be converted (MySQL)
])

/** SQLSTATE classes that speak of the data: 22 data exception, 23 constraint. */
const DATA_CLASSES = ['22', '23']

/** What is to be done about a failure. */
export function failureKind(error: unknown): FailureKind {
  if (error instanceof ProfilesMoved) return 'retry'
  if (error instanceof EventFailure || error instanceof DelayedFailure) return 'event'
  const { errno, sqlState, fatal, code } = error as {
    errno?: unknown
    sqlState?: unknown
    fatal?: unknown
    code?: unknown
  }
  if (typeof errno === 'number' && RETRIED.has(errno)) return 'retry'
  if (
    (typeof errno === 'number' && DATA_ERRORS.has(errno)) ||
    (typeof sqlState === 'string' && DATA_CLASSES.includes(sqlState.slice(0, 2)))
  )
    return 'event'
  if (fatal === true || code === 'ECONNRESET' || code === 'PROTOCOL_CONNECTION_LOST') return 'retry'
  // No database error but an exception: an envelope that our code did not expect.
  if (errno === undefined && (code === undefined || String(code).startsWith('ERR_'))) return 'event'
  return 'outage'
}

/** Whether a lone event failed with it only because others were in its way: it waits for them and is no dead letter. */
export function isContention(error: unknown): boolean {
  return CONTENTION.has((error as { errno?: number }).errno ?? 0)
}

/** Code and message for the dead letter. Database messages may quote values; the dead letter holds the event anyway. */
export function reasonOf(error: unknown): { code: string; message: string } {
  const cause = error instanceof EventFailure || error instanceof DelayedFailure ? error.reason : error
  const code = (cause as { code?: unknown })?.code
  return {
    code: typeof code === 'string' ? code.slice(0, 64) : 'PROCESSING_FAILED',
    message: cause instanceof Error ? cause.message : String(cause),
  }
}
