// Finds waits for a segment that came true, a page of all that wait at a time.
import type { Pool } from 'mysql2/promise'
import { endSegmentWaits, selectEntered, selectPageEnd, type SegmentWaitPlace } from './sql/segment-waits.js'

/** Name of the job that looks. */
export const FIND_SEGMENT_WAITS = 'find-segment-waits'

/** Waits looked at in one turn: some ten milliseconds of the database's time. With more, finding one takes several turns. */
const PAGE_ROWS = 20_000
/** Waits ended in one statement; those beyond are found in the next turn. */
const ENDED_AT_ONCE = 2000

const BEGINNING: SegmentWaitPlace = { segmentId: Buffer.alloc(16), delayedEventId: Buffer.alloc(16) }

export class SegmentWaits {
  #from = BEGINNING

  constructor(private readonly pool: Pool) {}

  /** Looks at the next page, from the beginning again after the last one. Returns how many waits it ended. */
  async turn(): Promise<number> {
    const end = await selectPageEnd(this.pool, this.#from, PAGE_ROWS)
    const entered = await selectEntered(this.pool, this.#from, end, ENDED_AT_ONCE)
    await endSegmentWaits(this.pool, entered)
    if (entered.length < ENDED_AT_ONCE) this.#from = end ?? BEGINNING
    return entered.length
  }
}
