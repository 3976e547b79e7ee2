// Group commit without a database: who shares a write, who is answered when.
import { describe, expect, test } from '@jest/globals'
import type { InboxRow } from '../sql/insert-into-inbox.js'
import { groupCommit } from './group-commit.js'
import type { Writer } from './writer.js'

interface Pending {
  rows: InboxRow[]
  deadline: number
  done: (stored: boolean) => void
}

/** A writer that writes when the test says so. */
function heldWriter(): { writer: Writer; pending: Pending[] } {
  const pending: Pending[] = []
  return {
    pending,
    writer: { write: (rows, deadline, done) => void pending.push({ rows, deadline, done }), close() {} },
  }
}

function rows(count: number, bytes = 10): InboxRow[] {
  return Array.from({ length: count }, (_, index) => ({
    partition: 0,
    id: Buffer.from([index]),
    sourceId: 'shop',
    body: Buffer.alloc(bytes),
  }))
}

const nextRound = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Appends rows; resolves with whether they were stored. */
function append(inbox: ReturnType<typeof groupCommit>, request: InboxRow[]): Promise<boolean> {
  return new Promise((resolve) => inbox.append(request, resolve))
}

describe('group commit', () => {
  test('requests of one round of the event loop, and those that come while a write is in flight, share a write', async () => {
    const { writer, pending } = heldWriter()
    const inbox = groupCommit([writer], () => undefined)
    const first = [append(inbox, rows(1)), append(inbox, rows(2))]
    await nextRound()
    expect(pending.map((write) => write.rows.length)).toEqual([3])
    const second = [append(inbox, rows(1)), append(inbox, rows(1))]
    await nextRound()
    expect(pending).toHaveLength(1)
    let answered = false
    void first[0]?.then(() => (answered = true))
    await nextRound()
    expect(answered).toBe(false)
    pending[0]?.done(true)
    expect(await Promise.all(first)).toEqual([true, true])
    expect(pending.map((write) => write.rows.length)).toEqual([3, 2])
    pending[1]?.done(true)
    expect(await Promise.all(second)).toEqual([true, true])
    expect(inbox.waiting).toBe(0)
  })

  test('a second write begins only when many wait', async () => {
    const first = heldWriter()
    const second = heldWriter()
    const inbox = groupCommit([first.writer, second.writer], () => undefined)
    void append(inbox, rows(1))
    await nextRound()
    const writes = (): number[] => [...first.pending, ...second.pending].map((write) => write.rows.length)
    for (let i = 0; i < 31; i++) void append(inbox, rows(1))
    await nextRound()
    expect(writes()).toEqual([1])
    void append(inbox, rows(1))
    await nextRound()
    expect(writes().sort()).toEqual([1, 32])
  })

  test('a write is bounded in rows and bytes and never divides a request', async () => {
    const { writer, pending } = heldWriter()
    const inbox = groupCommit([writer], () => undefined)
    void append(inbox, rows(900))
    void append(inbox, rows(900))
    void append(inbox, rows(1, 900_000))
    void append(inbox, rows(1, 900_000))
    await nextRound()
    for (let write = 0; write < 3; write++) pending[write]?.done(true)
    expect(pending.map((write) => write.rows.length)).toEqual([900, 901, 1])
  })

  test('a write that fails refuses its group and all who wait; nobody waits again until it is reopened', async () => {
    const { writer, pending } = heldWriter()
    const outcomes: boolean[] = []
    const inbox = groupCommit([writer], (_rows, _milliseconds, stored) => void outcomes.push(stored))
    const written = append(inbox, rows(1))
    await nextRound()
    const waiting = append(inbox, rows(1))
    pending[0]?.done(false)
    expect([await written, await waiting, await append(inbox, rows(1))]).toEqual([false, false, false])
    expect(inbox.down).toBe(true)
    inbox.reopen()
    const again = append(inbox, rows(1))
    await nextRound()
    pending[1]?.done(true)
    expect(await again).toBe(true)
    expect(outcomes).toEqual([false, true])
  })

  test('more than a bounded amount does not wait', async () => {
    const { writer } = heldWriter()
    const inbox = groupCommit([writer], () => undefined)
    for (let i = 0; i < 8; i++) void append(inbox, rows(1, 8 * 1024 * 1024))
    expect(await append(inbox, rows(1, 8 * 1024 * 1024))).toBe(false)
  })

  test('closing waits for what was taken in and takes nothing more', async () => {
    const { writer, pending } = heldWriter()
    const inbox = groupCommit([writer], () => undefined)
    const taken = append(inbox, rows(1))
    const closing = inbox.close()
    expect(await append(inbox, rows(1))).toBe(false)
    await nextRound()
    pending[0]?.done(true)
    await closing
    expect(await taken).toBe(true)
  })
})
