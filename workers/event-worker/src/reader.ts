// Chooses what a lane reads next: how many rows of which partition, from which id on.
import type { Connection } from 'mysql2/promise'
import { selectOldest, type InboxRow } from './sql/inbox.js'

/** Events a transaction. More gains little and lets an event of the same person wait longer; a multiple of the partitions a worker has. */
const BATCH = 512
/** Bytes of bodies a transaction: well under the 16 MiB that servers accept in one statement by default. */
const BATCH_BYTES = 4 * 1024 * 1024
/** A partition that had little is read this far: enough to notice that it fills. */
const SHALLOW = 16
/** After this, reading starts at the beginning again: rows commit out of the order of their ids. */
const FROM_ZERO_MS = 2000

const ZERO = Buffer.alloc(16)

export class Reader {
  /** Where processed rows end, by partition: the head of the index is full of deleted rows while a long read keeps them. */
  #low = new Map<number, Buffer>()
  #lowSince = 0
  #deep = new Set<number>()
  #averageBytes = 1024
  #cut = false

  async read(connection: Connection, partitions: number[]): Promise<InboxRow[]> {
    const now = Date.now()
    if (now - this.#lowSince > FROM_ZERO_MS) {
      this.#low.clear()
      this.#lowSince = now
    }
    const budget = Math.max(1, Math.min(BATCH, Math.floor(BATCH_BYTES / this.#averageBytes)))
    const limits = this.#limits(partitions, budget)
    const rows = await selectOldest(
      connection,
      partitions.map((partition) => ({
        partition,
        from: this.#low.get(partition) ?? ZERO,
        limit: limits.get(partition) ?? 1,
      })),
    )
    this.#learn(rows, limits)
    return this.#fitting(rows)
  }

  /** Whether a partition may hold rows that the last read left out. */
  holdsMore(partition: number): boolean {
    return this.#cut || this.#deep.has(partition)
  }

  /** These rows are gone; the next look may begin behind them. */
  done(rows: InboxRow[]): void {
    for (const { partition, id } of rows) {
      const low = this.#low.get(partition)
      if (!low || Buffer.compare(low, id) < 0) this.#low.set(partition, id)
    }
  }

  /** Something went wrong: look from the beginning. */
  forget(): void {
    this.#low.clear()
  }

  /** Partitions that were not emptied last time share the batch; the others get a little. */
  #limits(partitions: number[], budget: number): Map<number, number> {
    const deep = partitions.filter((partition) => this.#deep.has(partition))
    const shallow = partitions.length - deep.length
    if (deep.length === 0)
      return new Map(partitions.map((partition) => [partition, Math.ceil(budget / partitions.length)]))
    const few = Math.min(SHALLOW, Math.ceil(budget / partitions.length))
    const share = Math.max(1, Math.floor((budget - few * shallow) / deep.length))
    return new Map(partitions.map((partition) => [partition, this.#deep.has(partition) ? share : few]))
  }

  #learn(rows: InboxRow[], limits: Map<number, number>): void {
    const counts = new Map<number, number>()
    let bytes = 0
    for (const row of rows) {
      counts.set(row.partition, (counts.get(row.partition) ?? 0) + 1)
      bytes += row.body.length
    }
    this.#deep = new Set(
      [...limits].filter(([partition, limit]) => (counts.get(partition) ?? 0) >= limit).map(([partition]) => partition),
    )
    if (rows.length > 0) this.#averageBytes = Math.max(256, bytes / rows.length)
  }

  #fitting(rows: InboxRow[]): InboxRow[] {
    let bytes = 0
    const end = rows.findIndex((row, i) => {
      bytes += row.body.length
      return i > 0 && bytes > BATCH_BYTES
    })
    this.#cut = end !== -1
    return this.#cut ? rows.slice(0, end) : rows
  }
}
