// Slows down guessing: failed sign-ins are counted for a while, in this process's memory.

/** A failure counts this long. */
const WINDOW_MS = 10 * 60_000
/** Keys that are remembered; the oldest go first. A flood of made-up names cannot grow this beyond some megabytes. */
const MOST_KEYS = 20_000
/**
 * Failures in the window after which no more is tried. An account from one address: somebody who forgot. An address: a whole office behind one,
 * or one attacker over many accounts. An account from anywhere: high, as anybody can use it to lock the owner out.
 */
const LIMITS = { accountFromAddress: 20, address: 60, account: 200 }

export interface Attempts {
  /** Minutes until another attempt is allowed; 0: now. */
  waitMinutes(account: string, address: string): number
  failed(account: string, address: string): void
  /** After a `failed` that was counted ahead: takes it back and forgets the earlier ones of this account from this address. */
  succeeded(account: string, address: string): void
}

/** `now` (milliseconds) is for tests. */
export function createAttempts(now: () => number = Date.now): Attempts {
  const counts = new Map<string, { failures: number; until: number }>()
  const keys = (account: string, address: string): [string, number][] => [
    [`from ${address} ${account}`, LIMITS.accountFromAddress],
    [`address ${address}`, LIMITS.address],
    [`account ${account}`, LIMITS.account],
  ]
  const current = (key: string): { failures: number; until: number } | undefined => {
    const count = counts.get(key)
    return count && count.until > now() ? count : undefined
  }
  return {
    waitMinutes(account, address) {
      const waits = keys(account, address).map(([key, limit]) => {
        const count = current(key)
        return count && count.failures >= limit ? Math.ceil((count.until - now()) / 60_000) : 0
      })
      return Math.max(...waits)
    },
    failed(account, address) {
      for (const [key] of keys(account, address)) {
        const count = current(key) ?? { failures: 0, until: now() + WINDOW_MS }
        counts.delete(key)
        counts.set(key, { ...count, failures: count.failures + 1 })
      }
      while (counts.size > MOST_KEYS) counts.delete(counts.keys().next().value ?? '')
    },
    succeeded(account, address) {
      const [own, ...others] = keys(account, address)
      if (own) counts.delete(own[0])
      for (const [key] of others) {
        const count = current(key)
        if (count) count.failures -= 1
      }
    },
  }
}
