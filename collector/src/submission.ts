// What every protocol reads out of a request: the same shape for all, before sources, ids and times are settled.
import type { EnvelopeContext, IdentityClaim, JsonObject } from '@segue/event-model'

/** The channels a source can have: which protocol it may use. */
export type Channel = 'tracker' | 'segment' | 'webhook' | 'pixel' | 'bridge'

/** Events that one request brings. */
export interface Submission {
  /** Who sends: the id of a source, or the write key that names it. */
  source: { id: string } | { writeKey: string }
  /** Key that came beside a source id; sources that have one demand it. */
  key?: string
  /** Channels whose sources may use this route. */
  channels: readonly Channel[]
  /** Whom the events are about, when the request as a whole says so. */
  person: Person
  session?: { id: string; save: boolean }
  /** The client's clock when it sent, ms since 1970: the difference to ours is its error. */
  sentAt: number | null
  /** Whether the client asked for the ids of its events; answered where the source allows it. */
  debug: boolean
  /** Whether the protocol's answer has room for what workflows say. */
  hearsAnswers: boolean
  events: SubmittedEvent[]
}

/**
 * How the request's person is known. `answered`: the client keeps the profile id that it is answered. `silent`: the protocol answers none,
 * so a new id is used only when the identities name nobody yet. `nobody`: the events are profile-less.
 */
export type Person =
  | { kind: 'answered'; profileId: string | null; hasSession: boolean; handOver?: HandOver }
  | { kind: 'silent'; profileId: string | null }
  | { kind: 'nobody' }

/** A first visit that came by a link with a profile id in it. */
export interface HandOver {
  profileId: string
  /** Host of the page with the link, with its port where it is not the usual one. */
  from: string
}

export interface SubmittedEvent {
  /** Where it stands in the request, as `events[2]`; for messages. */
  path: string
  type: string
  properties: JsonObject
  context: EnvelopeContext
  identities: IdentityClaim[]
  traits?: JsonObject
  tags?: string[]
  /** When it happened by the client's clock, ms since 1970. */
  time: number | null
  /** The client's own id of the event. */
  clientId?: string
  /** Not to be stored itself. */
  transient: boolean
}

/** What the connection says about a request. */
export interface Arrival {
  receivedAt: number
  /** Of the client, through trusted proxies. */
  ip: string
  userAgent: string | undefined
  origin: string | undefined
}
