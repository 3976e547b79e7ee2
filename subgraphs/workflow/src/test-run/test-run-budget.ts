// How much computing an account may use for test runs: they run where everybody's queries are answered.

/** Of a minute. */
const MOST_MS = 15_000
const MINUTE_MS = 60_000
/** Accounts that have asked within a minute are fewer. */
const MOST_ACCOUNTS = 10_000

export class TestRunBudget {
  readonly #used = new Map<string, { since: number; milliseconds: number }>()

  /** Seconds until the account may ask again; 0: it may now. */
  waitOf(accountId: string, now: number): number {
    const used = this.#used.get(accountId)
    if (!used || now - used.since >= MINUTE_MS || used.milliseconds < MOST_MS) return 0
    return Math.ceil((used.since + MINUTE_MS - now) / 1000)
  }

  use(accountId: string, milliseconds: number, now: number): void {
    const used = this.#used.get(accountId)
    if (used && now - used.since < MINUTE_MS) {
      used.milliseconds += milliseconds
      return
    }
    if (this.#used.size >= MOST_ACCOUNTS) this.#used.clear()
    this.#used.set(accountId, { since: now, milliseconds })
  }
}
