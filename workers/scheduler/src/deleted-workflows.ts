// Wakes what waits for workflows that are deleted, a part at a time, so that very many do not come due at once.
import { MOST_ATTEMPTS } from '@segue/database'
import type { Pool } from 'mysql2/promise'
import { makeDue, selectBetween, selectWorkflows } from './sql/deleted-workflows.js'

/** Name of the job that looks for them. */
export const END_DELETED_WORKFLOWS = 'end-deleted-workflows'

/** Delayed events a turn: some seconds of a worker's time. */
const ROWS = 10_000
/** Workflows looked at in a turn; with more, it takes several. */
const WORKFLOWS = 500

/** No workflow has these ids. */
const FIRST: Buffer = Buffer.alloc(16)
const LAST: Buffer = Buffer.alloc(16, 0xff)

export class DeletedWorkflows {
  #from = FIRST

  constructor(private readonly pool: Pool) {}

  /** Looks between the next workflows that there are, from the beginning again after the last one. */
  async turn(): Promise<void> {
    const there = await selectWorkflows(this.pool, this.#from, WORKFLOWS)
    const isLast = there.length < WORKFLOWS
    const deleted = await selectBetween(this.pool, [this.#from, ...there, ...(isLast ? [LAST] : [])], MOST_ATTEMPTS)
    const woken = await makeDue(this.pool, deleted, MOST_ATTEMPTS, ROWS)
    // When there may be more, the same ones again.
    if (woken < ROWS) this.#from = isLast ? FIRST : (there.at(-1) ?? FIRST)
  }
}
