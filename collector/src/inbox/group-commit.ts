// Group commit: requests that arrive while a write is in flight share the next one. A request is answered after its commit.
import type { InboxRow } from '../sql/insert-into-inbox.js'
import type { Writer } from './writer.js'

/** Most rows and bytes a statement: a megabyte stays below every server's max_allowed_packet, also doubled as hexadecimal text. */
const MAX_ROWS = 1000
const MAX_BYTES = 1024 * 1024

/**
 * Requests that are worth a write beside those in flight. On a slow disk two writes share its next flush. On a fast one a second write only makes both
 * smaller, and a write for few requests costs the server as much as one for many: by the time this many wait, nothing is left to do but to write.
 */
const WORTH_A_WRITE = 32

/** How much may wait for its write. More than a second of full load: the database is too slow, and clients should know. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024
const MAX_WAITING_REQUESTS = 20_000

/**
 * How long a request may wait for its commit. Clients give up after ten seconds or more, and most failovers and restarts of a database are over by
 * then, so that its clients notice nothing.
 */
const COMMIT_WITHIN_MS = 5000

export interface GroupCommit {
  /**
   * Stores all rows of a request or none. `done(true)` means committed. `done(false)`: not known to be stored, the client must send again.
   * Never calls back synchronously with true.
   */
  append(rows: InboxRow[], done: (stored: boolean) => void): void
  /** Tries again after an outage: until then, requests are refused at once instead of each waiting in vain. */
  reopen(): void
  /** Whether requests are refused at once. */
  readonly down: boolean
  /** Requests waiting or being written. */
  readonly waiting: number
  /** Refuses new rows and resolves when all others are written or given up. */
  close(): Promise<void>
}

interface Entry {
  rows: InboxRow[]
  bytes: number
  deadline: number
  done: (stored: boolean) => void
}

/** Observes a finished write: rows, ms, outcome. */
export type Observe = (rows: number, milliseconds: number, stored: boolean) => void

export function groupCommit(writers: readonly Writer[], observe: Observe): GroupCommit {
  const idle = [...writers]
  let queue: Entry[] = []
  let waiting = 0
  let waitingBytes = 0
  let scheduled = false
  let down = false
  let closed: (() => void) | null = null

  function append(rows: InboxRow[], done: (stored: boolean) => void): void {
    let bytes = 0
    for (const row of rows) bytes += row.body.length
    if (down || closed || waiting >= MAX_WAITING_REQUESTS || waitingBytes + bytes > MAX_WAITING_BYTES)
      return done(false)
    waiting += 1
    waitingBytes += bytes
    queue.push({ rows, bytes, deadline: Date.now() + COMMIT_WITHIN_MS, done })
    // After this round of the event loop: all that arrived with it goes together.
    if (!scheduled && mayWrite()) {
      scheduled = true
      setImmediate(flush)
    }
  }

  function flush(): void {
    scheduled = false
    while (mayWrite()) {
      const writer = idle.pop()
      if (writer) writeGroup(writer, nextGroup())
    }
  }

  /** The first write waits for nobody; one beside others has to be worth it. */
  function mayWrite(): boolean {
    if (idle.length === 0) return false
    return queue.length >= (idle.length === writers.length ? 1 : WORTH_A_WRITE)
  }

  /** The longest waiting requests that fit one statement; a request is never divided. */
  function nextGroup(): Entry[] {
    let rows = 0
    let bytes = 0
    let count = 0
    for (const entry of queue) {
      rows += entry.rows.length
      bytes += entry.bytes
      if (count > 0 && (rows > MAX_ROWS || bytes > MAX_BYTES)) break
      count += 1
    }
    if (count === queue.length) {
      const group = queue
      queue = []
      return group
    }
    return queue.splice(0, count)
  }

  function writeGroup(writer: Writer, group: Entry[]): void {
    const rows = group.length === 1 && group[0] ? group[0].rows : group.flatMap((entry) => entry.rows)
    const began = performance.now()
    // The one that has waited longest decides; the others of a group came a moment later.
    const deadline = group[0]?.deadline ?? 0
    writer.write(rows, deadline, (stored) => {
      observe(rows.length, performance.now() - began, stored)
      idle.push(writer)
      answer(group, stored)
      if (stored) down = false
      else giveUp()
      flush()
      if (closed && waiting === 0) closed()
    })
  }

  function answer(group: Entry[], stored: boolean): void {
    for (const entry of group) {
      waiting -= 1
      waitingBytes -= entry.bytes
      entry.done(stored)
    }
  }

  function giveUp(): void {
    down = true
    const refused = queue
    queue = []
    answer(refused, false)
  }

  return {
    append,
    reopen() {
      down = false
    },
    get down() {
      return down
    },
    get waiting() {
      return waiting
    },
    close() {
      return new Promise((resolve) => {
        closed = resolve
        if (waiting === 0) resolve()
      })
    },
  }
}
