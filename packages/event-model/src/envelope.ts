// The envelope: one event as the collector hands it to the event workers, whatever protocol it came by.
import type { JsonObject, JsonValue } from './json.js'

/** By what an event entered. */
export type Protocol = 'tracker' | 'segment' | 'webhook' | 'pixel' | 'bridge' | 'workflow'

/** Where the databases' calendar ends, the year 10000, in ms since 1970. */
export const END_OF_TIME = Date.UTC(10_000, 0)

/** A statement "this event's person is known as `value`" of an identity kind such as `email` or `user`. */
export interface IdentityClaim {
  kind: string
  value: string
}

/** One accepted event. It is the JSON body of an inbox row, so every field is JSON; times are ms since 1970, UTC. */
export interface Envelope {
  /** Version of this shape; a worker refuses (dead-letters) one it does not know. */
  v: 1
  /** UUIDv7 of the receipt; id of the stored event. */
  eventId: string
  /** Id of the request that brought it (`task` in the tracker's answer); several events may share it. */
  requestId: string
  protocol: Protocol
  sourceId: string
  /** Whether the source was trusted (server-side) when the event was taken in. */
  trusted: boolean
  receivedAt: number
  /** When it happened, corrected for the client's clock and never later than `receivedAt`. */
  occurredAt: number
  type: string
  properties: JsonObject
  context: EnvelopeContext
  tags?: string[]
  /**
   * Profile id the client stated (accepted: its check holds, or the source is trusted) or that was minted and answered to it.
   * It must answer forever, so when the person turns out to be somebody else it becomes an alias.
   */
  profileId?: string
  /** Id for a new profile when nothing else resolves. Absent: the event is profile-less unless `profileId` or identities name one. */
  newProfileId?: string
  /** It is to be about nobody, whatever its properties or its session would tell. */
  profileLess?: true
  /** The visit it belongs to. `save: false` keeps the session row unwritten. */
  session?: { id: string; save: boolean }
  /** Stated identities: user, e-mail..., also the device and anonymous ids. Raw values; kinds normalize them. */
  identities: IdentityClaim[]
  /** Traits stated by an `identify` (Segment) or alike; written to the profile's traits, known ones also to its documents. */
  traits?: JsonObject
  /** The client's own id of this event: a repeat is dropped. `time` is the message's own (uncorrected) time in ms when it has one. */
  clientKey?: { id: string; time: number | null }
  /** Somebody waits for the workflows' answer: the worker writes an inbox result under `eventId`. */
  awaitsResult?: true
  /** How many workflows lie between it and an event from outside: they may not cause each other for ever. */
  depth?: number
  /** The event itself is not to be stored (tracker option `saveEvents: false`); its effects are. */
  transient?: true
  /**
   * Written again because the outcome of its first write was unknown: a worker may already have processed the first one. It is a repeat when
   * `event` holds its `eventId`. Never set together with `transient`, which leaves nothing to look for.
   */
  retried?: true
}

/** What is known about the circumstances. All optional; unknown keys are kept under `other`. */
export interface EnvelopeContext {
  ip?: string
  userAgent?: string
  locale?: string
  timezone?: string
  page?: JsonObject
  screen?: JsonObject
  campaign?: JsonObject
  device?: JsonObject
  os?: JsonObject
  browser?: JsonObject
  library?: JsonObject
  other?: { [key: string]: JsonValue }
}

/** What a waiting client gets: the body of an inbox result row. */
export interface InboxResult {
  /** Canonical profile id after identification; absent for a profile-less event. */
  profileId?: string
  sessionId?: string
  /** Merged from all workflows that answered, later ones win. */
  response: JsonObject
  ux: JsonObject[]
  /** Ids of the workflows' runs and the problems found, for sources that may debug. */
  errors: string[]
  warnings: string[]
}
