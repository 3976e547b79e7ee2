// What one destination has under way and waiting here, and how much more it may get.
import { DEFAULT_CONCURRENCY } from '@segue/outgoing'
import { Breaker } from './breaker.js'
import type { Timings } from './timings.js'

/** Deliveries of so much time are claimed ahead: a claim costs some milliseconds. What waits here longer would leave on old consents. */
const AHEAD_MS = 250
const MOST_AHEAD = 200

/** Times are milliseconds of one monotonic clock. */
export class Destination<Waiting> {
  /** How many may be under way; of resources their own. */
  limit = DEFAULT_CONCURRENCY
  underWay = 0
  readonly waiting: Waiting[] = []
  readonly breaker: Breaker
  #slice = { began: 0, done: 0, before: 0 }

  constructor(timings: Timings) {
    this.breaker = new Breaker(timings)
  }

  /** How many more may be claimed; none while more than half of what may be claimed ahead still waits: few large claims instead of many small ones. */
  room(now: number): number {
    const ahead = this.breaker.isOpen ? 0 : this.#recent(now)
    if (this.waiting.length * 2 > ahead) return 0
    return Math.max(this.#most(now) + ahead - this.underWay - this.waiting.length, 0)
  }

  /** Whether one of those that wait may leave. */
  mayStart(now: number): boolean {
    return this.waiting.length > 0 && this.underWay < this.#most(now)
  }

  /** One is done, however it went. */
  done(now: number): void {
    this.underWay--
    this.#recent(now)
    this.#slice.done++
  }

  /** Whether there is nothing to be remembered of it. */
  get isIdle(): boolean {
    return this.underWay === 0 && this.waiting.length === 0 && !this.breaker.isOpen
  }

  #most(now: number): number {
    return Math.min(this.limit, this.breaker.allowed(now))
  }

  /** How many were done in a slice of time lately. */
  #recent(now: number): number {
    const passed = now - this.#slice.began
    if (passed >= AHEAD_MS) this.#slice = { began: now, done: 0, before: passed < 2 * AHEAD_MS ? this.#slice.done : 0 }
    return Math.min(Math.max(this.#slice.done, this.#slice.before), MOST_AHEAD)
  }
}
