// How long things take, and how often they are tried.

export interface Timings {
  /** How long a claim holds. A dead worker's deliveries are taken over after it; renewed three times in it while a delivery is under way. */
  leaseMs: number
  /** A wait between looks at an empty queue: the latency of a lonely delivery, at a cost of some tiny reads a second. */
  idleMs: number
  /** Between two attempts of a delivery: a random time up to the base, doubled with each attempt, up to the most. */
  backOffBaseMs: number
  backOffMostMs: number
  /** How often in a row a destination fails before it is left alone. */
  breakerFailures: number
  /** How long it is left alone before one delivery tries it again: doubled with each failure, up to the most, which is how late a return is noticed. */
  breakerBaseMs: number
  breakerMostMs: number
  /** How long an end waits for what is under way; the process ends after 20 s. */
  graceMs: number
}

export const TIMINGS: Timings = {
  leaseMs: 30_000,
  idleMs: 50,
  backOffBaseMs: 2_000,
  backOffMostMs: 10 * 60_000,
  breakerFailures: 5,
  breakerBaseMs: 2_000,
  breakerMostMs: 60_000,
  graceMs: 10_000,
}

/** When to try again after so many attempts: random over the whole range ("full jitter"), so that what failed together does not come back together. */
export function backOffMs(attempts: number, { backOffBaseMs, backOffMostMs }: Timings): number {
  return Math.random() * Math.min(backOffMostMs, backOffBaseMs * 2 ** attempts)
}
