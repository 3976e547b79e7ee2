// One connection that writes groups of rows, and what it does when the connection or the database goes away.
import { randomUUID } from 'node:crypto'
import type { Envelope } from '@segue/event-model'
import type { Logger } from '@segue/service'
import type { Pool, PoolConnection } from 'mysql2'
import { insertIntoInbox, insertMissingIntoInbox, type InboxRow } from '../sql/insert-into-inbox.js'
import { takeWriterLock } from '../sql/writer-lock.js'

/** Pause between two attempts: long enough not to hammer a database that is starting, short against the deadline. */
const PAUSE_MS = 50

/**
 * Errors of the server after which nothing was stored and another attempt may go well: deadlock, lock timeout, snapshot conflict, shutdown, too many
 * connections, killed, read-only and full disk (both pass when an operator or a failover helps). Others will repeat.
 */
const PASSING = new Set([
  1213, 1205, 1020, 1053, 1077, 1079, 1040, 1203, 1317, 1927, 3024, 1290, 1836, 1792, 1021, 1114,
])

/** Writes groups of rows, one group at a time. */
export interface Writer {
  /**
   * Stores all rows or none, trying until `deadline` (ms since 1970). `done(true)` means committed; `done(false)` that it is not known to be. May
   * answer synchronously never.
   */
  write(rows: InboxRow[], deadline: number, done: (stored: boolean) => void): void
  close(): void
}

/** A writer over a connection of `pool` that it keeps for itself. */
export function writer(pool: Pool, logger: Logger): Writer {
  let connection: PoolConnection | null = null
  let lock = newLock()

  function write(rows: InboxRow[], deadline: number, done: (stored: boolean) => void): void {
    // A server that neither answers nor hangs up (frozen, or cut off without a word) must not hold the clients.
    const timer = setTimeout(
      () => {
        finish(attempt, false)
        drop()
        // Whatever held it may never end: the next connection has nothing to wait for, as these rows are not written again.
        lock = newLock()
      },
      Math.max(0, deadline - Date.now()),
    )
    // A variable, not a function written into a property: V8 puts those into its old generation at once, where each would keep its whole
    // group of requests until the next major collection. Measured: a third of all memory survived, and cost a third of the time.
    const end = (stored: boolean): void => {
      clearTimeout(timer)
      done(stored)
    }
    const attempt: Attempt = { rows, deadline, sent: false, over: false, done: end }
    send(attempt)
  }

  function send(attempt: Attempt): void {
    if (attempt.over) return
    const current = connection
    if (!current) return open(attempt)
    const insert = attempt.sent ? insertMissingIntoInbox : insertIntoInbox
    attempt.sent = true
    insert(current, attempt.rows, (error) => (error ? recover(attempt, current, error) : finish(attempt, true)))
  }

  function recover(attempt: Attempt, failed: PoolConnection, error: Error): void {
    if (attempt.over) return
    const code = 'errno' in error && typeof error.errno === 'number' ? error.errno : 0
    const lost = connection !== failed || ('fatal' in error && error.fatal === true)
    logger.warn(
      { code: (error as NodeJS.ErrnoException).code, rows: attempt.rows.length },
      'writing to the inbox failed',
    )
    if (lost) {
      drop()
      const rows = repeated(attempt.rows)
      if (!rows) return finish(attempt, false)
      attempt.rows = rows
    } else if (!PASSING.has(code)) return finish(attempt, false)
    setTimeout(send, PAUSE_MS, attempt)
  }

  /** A new connection, once the server has ended the former one. */
  function open(attempt: Attempt): void {
    pool.getConnection((error, opened) => {
      if (attempt.over) {
        opened?.destroy()
        return
      }
      if (error) return void setTimeout(send, PAUSE_MS, attempt)
      opened.once('error', () => forget(opened))
      opened.once('end', () => forget(opened))
      const seconds = Math.max(0, (attempt.deadline - Date.now()) / 1000)
      takeWriterLock(opened, lock, seconds, (failure, taken) => {
        if (attempt.over || failure || !taken) {
          opened.destroy()
          if (!attempt.over) setTimeout(send, PAUSE_MS, attempt)
          return
        }
        connection = opened
        send(attempt)
      })
    })
  }

  function finish(attempt: Attempt, stored: boolean): void {
    if (attempt.over) return
    attempt.over = true
    attempt.done(stored)
  }

  function forget(ended: PoolConnection): void {
    if (connection === ended) connection = null
  }

  function drop(): void {
    connection?.destroy()
    connection = null
  }

  return { write, close: drop }
}

interface Attempt {
  rows: InboxRow[]
  deadline: number
  /** Whether the rows may have reached the server. */
  sent: boolean
  over: boolean
  done: (stored: boolean) => void
}

function newLock(): string {
  return `segue_writer_${randomUUID()}`
}

/**
 * The rows with a note for the worker that they may be there a second time; null when one of them would leave no trace by which the worker could
 * tell, so that only the client may send them again.
 */
function repeated(rows: InboxRow[]): InboxRow[] | null {
  const again: InboxRow[] = []
  for (const row of rows) {
    const envelope = JSON.parse(row.body.toString('utf8')) as Envelope
    if (envelope.transient) return null
    again.push({ ...row, body: Buffer.from(JSON.stringify({ ...envelope, retried: true })) })
  }
  return again
}
