// What a transport is: the one interface between the delivery worker and a way out of the house.

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject
export interface JsonObject {
  [key: string]: JsonValue
}

/** An outside system with its credentials, as a transport gets it. */
export interface OutgoingResource {
  id: string
  /** Another one after each change: connections that were opened with older settings are not used any more. */
  revision: string
  settings: JsonObject
  /** Decrypted; null: none. */
  secret: JsonObject | null
}

/** Why something was not delivered. */
export interface Reason {
  /** Stable, such as TIMEOUT. */
  code: string
  /** For people; names hosts, no credentials. */
  message: string
}

/**
 * What became of one attempt.
 * - `delivered`: done; `response` goes to the run that waits for it.
 * - `retry`: may work later, not before `after` milliseconds when that is given. `unreachable`: it is the destination that does not work, not
 *   this delivery; others to it would fail as well.
 * - `rejected`: will not work as it is.
 */
export type Outcome =
  | { kind: 'delivered'; response: JsonObject }
  | { kind: 'retry'; reason: Reason; after: number | null; unreachable: boolean; response: JsonObject | null }
  | { kind: 'rejected'; reason: Reason; response: JsonObject | null }

/** The outcome of what was not delivered. */
export type Failure = Exclude<Outcome, { kind: 'delivered' }>

export interface SendOptions {
  /** The same in all attempts of one delivery: whoever gets it twice can tell. */
  idempotencyKey: string
  /** Aborted when the process ends. */
  signal: AbortSignal
}

/** A way out of the house. It keeps connections; the policy of where it may go is part of it from the beginning. */
export interface Transport {
  /** Such as `http`. */
  readonly kind: string
  /** One attempt. What cannot be sent as it is, is rejected without one. Never throws. */
  send(request: JsonObject, resource: OutgoingResource | null, options: SendOptions): Promise<Outcome>
  /** Ends all connections. */
  close(): Promise<void>
}
