// How far a reader of the change feed is: the highest row it has seen, and the lower ones that it has not. Rows become visible out of order.
import { BadCursor } from '../errors.js'

/** Longer than a worker's transaction takes from its row in the feed, its last statement, to its commit. What is not there by then was rolled back. */
const WAIT_MS = 30_000
/** Numbers below a new highest one that are waited for at most: many more than there are transactions at once. */
const REACH = 1000
/** Gaps that a cursor names. With more, it names the place before the first of them: some rows may then come twice. */
const CURSOR_GAPS = 100
/** Longer is not one of ours. */
const LONGEST_CURSOR = 4000

interface Gap {
  /** Until when it is waited for, milliseconds. */
  until: number
  /** Only perhaps a transaction that is not committed yet; a cursor says nothing of it. */
  guessed: boolean
}

export class FeedPosition {
  readonly #gaps = new Map<number, Gap>()

  constructor(
    /** The highest number seen; 0 before the first. */
    public max: number,
    gaps: Iterable<number> = [],
    now = Date.now(),
  ) {
    for (const seq of gaps) this.#gaps.set(seq, { until: now + WAIT_MS, guessed: false })
  }

  /** Where a reader begins that has seen nothing yet: after the newest of these (lowest first). What is missing among them may still come. */
  static behind(newest: readonly number[], now = Date.now()): FeedPosition {
    const position = new FeedPosition(newest[0] ?? 0)
    for (const seq of newest) position.saw(seq, now)
    // Below the oldest row that is kept there may be the neighbour that is committed last.
    const oldest = newest[0] ?? 0
    for (let seq = Math.max(1, oldest - GUESSES); seq < oldest; seq++) {
      position.#gaps.set(seq, { until: now + WAIT_MS, guessed: true })
    }
    return position
  }

  /** The place of a cursor. Throws BAD_CURSOR for what `cursor` did not give. */
  static at(cursor: string): FeedPosition {
    const [max, ...gaps] = read(cursor)
    if (max === undefined) throw BadCursor({}, ['after'])
    return new FeedPosition(
      max,
      gaps.map((distance) => max - distance),
    )
  }

  /** What to look for beside all that is higher than `max`. */
  get gaps(): number[] {
    return [...this.#gaps.keys()]
  }

  /** Whether a row was seen, or given up. */
  covers(seq: number): boolean {
    return seq <= this.max && !this.#gaps.has(seq)
  }

  saw(seq: number, now = Date.now()): void {
    this.#gaps.delete(seq)
    if (seq <= this.max) return
    for (let gap = Math.max(this.max + 1, seq - REACH); gap < seq; gap++) {
      this.#gaps.set(gap, { until: now + WAIT_MS, guessed: false })
    }
    this.max = seq
  }

  /** Gives up what has been waited for long enough. Called after the gaps were looked for, so nothing is given up unseen while the database was away. */
  giveUp(now = Date.now()): void {
    for (const [seq, { until }] of this.#gaps) if (until <= now) this.#gaps.delete(seq)
  }

  copy(): FeedPosition {
    const copy = new FeedPosition(this.max)
    for (const [seq, gap] of this.#gaps) copy.#gaps.set(seq, gap)
    return copy
  }

  /** Names this place: everything else at or below `max` was delivered. */
  get cursor(): string {
    const gaps = [...this.#gaps].filter(([, { guessed }]) => !guessed).map(([seq]) => seq)
    const place = gaps.length > CURSOR_GAPS ? [Math.min(...gaps) - 1] : [this.max, ...gaps.map((seq) => this.max - seq)]
    return Buffer.from(JSON.stringify(place)).toString('base64url')
  }
}

/** Transactions that may be open beside the one whose row is the oldest kept. */
const GUESSES = 20

function read(cursor: string): number[] {
  if (cursor.length > LONGEST_CURSOR) throw BadCursor({}, ['after'])
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    throw BadCursor({}, ['after'])
  }
  const isNumber = (item: unknown): item is number => Number.isSafeInteger(item) && Number(item) >= 0
  if (!Array.isArray(value) || value.length > CURSOR_GAPS + 1 || !value.every(isNumber)) throw BadCursor({}, ['after'])
  return value
}
