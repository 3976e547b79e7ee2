// A delivery between its claim and its end, and what can become of it.
import type { JsonObject, OutgoingResource, Reason } from '@segue/outgoing'
import type { ClaimedDelivery } from './sql/claim.js'

/** A delivery that this worker holds. Times are milliseconds of this process's monotonic clock, which goes on while the process is frozen. */
export interface Held extends ClaimedDelivery {
  /** Of the claim. */
  owner: string
  /** From then on somebody else may hold it. */
  leaseEndsAt: number
  /** From then on a failed attempt is the last one. */
  giveUpAt: number
  resource: OutgoingResource | null
}

/** What is to be written of it. */
export type Result =
  | { kind: 'delivered'; response: JsonObject }
  | { kind: 'rejected'; reason: Reason; response: JsonObject | null; attempted: boolean }
  | { kind: 'cancelled'; reason: Reason }
  /** To be tried again. */
  | { kind: 'failed'; reason: Reason; response: JsonObject | null; inMs: number }
  /** Given back untried. */
  | { kind: 'released'; inMs: number }
