// What one account may hold open at this gateway.
import { TooManySubscriptions, type SignedInAccount, type UserError } from '@segue/graphql'
import { TooManySockets } from '../errors.js'

/** A page has one, a person some pages. */
const SOCKETS = 100
/** As many as a subgraph takes of an account. */
const SUBSCRIPTIONS = 2000

export interface LiveLimits {
  /** Why the account gets no further socket. Counts those that are signed in, this one among them. */
  refuseSocket(account: SignedInAccount): UserError | undefined
  refuseSubscription(account: SignedInAccount): UserError | undefined
  subscribed(account: SignedInAccount): void
  ended(account: SignedInAccount): void
}

/** `accounts` gives those of all sockets that are signed in. */
export function createLiveLimits(accounts: () => Iterable<SignedInAccount>): LiveLimits {
  const subscriptions = new Map<string, number>()
  return {
    refuseSocket({ id }) {
      let sockets = 0
      for (const account of accounts()) if (account.id === id) sockets += 1
      return sockets > SOCKETS ? TooManySockets({ limit: SOCKETS }) : undefined
    },
    refuseSubscription({ id }) {
      return (subscriptions.get(id) ?? 0) >= SUBSCRIPTIONS ? TooManySubscriptions({ limit: SUBSCRIPTIONS }) : undefined
    },
    subscribed({ id }) {
      subscriptions.set(id, (subscriptions.get(id) ?? 0) + 1)
    },
    ended({ id }) {
      const left = (subscriptions.get(id) ?? 1) - 1
      if (left > 0) subscriptions.set(id, left)
      else subscriptions.delete(id)
    },
  }
}
