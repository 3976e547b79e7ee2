// Leaves a destination alone that does not work: opens after some failures in a row, then lets one delivery at a time try.
import type { Timings } from './timings.js'

/** A circuit breaker. Times are milliseconds of one monotonic clock. */
export class Breaker {
  #failures = 0
  #openings = 0
  /** When the next try is let through; undefined while closed. */
  #probeAt: number | undefined

  constructor(private readonly timings: Timings) {}

  get isOpen(): boolean {
    return this.#probeAt !== undefined
  }

  /** How many deliveries may be under way. */
  allowed(now: number): number {
    if (this.#probeAt === undefined) return Infinity
    return now < this.#probeAt ? 0 : 1
  }

  /** How long until the next try; 0 when it may be made. */
  untilProbe(now: number): number {
    return Math.max((this.#probeAt ?? now) - now, 0)
  }

  succeeded(): void {
    this.#failures = 0
    this.#openings = 0
    this.#probeAt = undefined
  }

  /** `startedAt`: of the attempt. Those that were under way when it opened say nothing new. */
  failed(startedAt: number, now: number): void {
    if (this.#probeAt === undefined) {
      if (++this.#failures >= this.timings.breakerFailures) this.#open(now)
    } else if (startedAt >= this.#probeAt) this.#open(now)
  }

  #open(now: number): void {
    const { breakerBaseMs, breakerMostMs } = this.timings
    const most = Math.min(breakerMostMs, breakerBaseMs * 2 ** this.#openings++)
    // Half of it random: workers that saw the same failures do not come back together.
    this.#probeAt = now + most * (0.5 + Math.random() / 2)
  }
}
