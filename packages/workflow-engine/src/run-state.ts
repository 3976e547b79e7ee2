// What a run is between its executions: plain JSON, stored while it waits and after it failed.
import type { JsonObject, JsonValue } from './json.js'
import type { FieldOperation } from './field-operations.js'

/** The event that started a run, as it is stored: times are ISO 8601 texts. */
export type StoredEvent = JsonObject & { id: string; type: string; properties: JsonObject; occurredAt: string }

export interface RunState {
  /** Version of this shape. */
  v: 1
  /** Milliseconds since 1970, as all times here. */
  startedAt: number
  /** Null when no event started it: a sub-workflow, a segment. */
  event: StoredEvent | null
  /** What it was started with; the input of its start nodes. */
  input: JsonValue
  /** The run, and the wait in it, that its end wakes: those of a sub-workflow. Kept as it is by every execution. */
  parent?: { runId: string; waitId: string | null }
  /** How many sub-workflows and emitted events lie between it and an event from outside. */
  depth: number
  /** What was executed so far; of a long run the last steps. */
  steps: RunStep[]
  /** Executions so far, with those that `steps` no longer holds. */
  stepCount: number
  /** Its branches that wait. */
  waits: Wait[]
  /** Join node → id of the node before it → what that handed on. */
  joins: Record<string, Record<string, JsonValue>>
  /** Joins that have let their branches pass. What reaches them later ends there. */
  passed: string[]
  /** What its end nodes got so far, by their ids; left out before the first one. */
  output?: Record<string, JsonValue>
  /** Ids of the events that ended its waits, the last ones: none of them ends a later wait that looks back. */
  arrived?: string[]
  /** What to repeat, of a failed run. */
  failed?: FailedPoint
}

/** Where a run failed, and what its last execution had done until then, which was not kept. */
export interface FailedPoint {
  nodeId: string
  input: JsonValue
  /** The other nodes that were to run, the next one first. */
  pending: { nodeId: string; from: string | null; input: JsonValue }[]
  operations: FieldOperation[]
  effects: Effect[]
}

/** One execution of one node. */
export interface RunStep {
  nodeId: string
  /** The port it left through; null when the branch ended in it, or waits in it. */
  port: string | null
  at: number
  /** Set when the branch waits in it. */
  waits?: true
  /** Set when the branch had waited in it: what ended that. (Its entry into the node was an earlier step.) */
  woken?: 'time' | 'event' | 'segment' | 'answer' | 'run'
  /** What it got and handed on; left out where nobody asked for it. What is too large is cut, with a note. */
  input?: JsonValue
  output?: JsonValue
  /** What was decided about its effect, and why: a missing consent, quiet hours, a frequency cap. */
  decision?: Decision
}

export interface Decision {
  allowed: boolean
  /** Stable, such as CONSENT_MISSING, QUIET_HOURS, FREQUENCY_CAP. */
  code: string
  message: string
  /** Until when the effect waits. */
  until?: number
}

/** A branch that waits in a node. */
export interface Wait {
  /** UUIDv7; also the id of its delayed event. */
  id: string
  nodeId: string
  /** What the node got. */
  input: JsonValue
  since: number
  /** When it ends by itself; null: never. */
  until: number | null
  awaits: Awaits
  /** What the node wants to remember until it is woken. */
  memo: JsonValue
}

/** What ends a wait, beside its time. */
export type Awaits =
  | { kind: 'time' }
  /** An event of this type; the node says whether it is the one. Those that arrived since `lookBackTo` count, too. */
  | { kind: 'event'; eventType: string; lookBackTo: number | null }
  | { kind: 'segment'; segmentId: string }
  | { kind: 'delivery'; deliveryId: string }
  | { kind: 'run'; workflowId: string }
  /** A place in a queue that lets `limit` runs pass in `periodMs`, over all profiles. */
  | { kind: 'slot'; key: string; limit: number; periodMs: number }

/** What a run wants done beside the profile's fields; written in the transaction of its execution. */
export type Effect =
  | { kind: 'deliver'; nodeId: string; delivery: DeliveryRequest }
  | { kind: 'emit'; nodeId: string; event: { type: string; properties: JsonObject } }
  /** Begins a run of another workflow; `waitId`: the wait that its end ends. */
  | { kind: 'start'; nodeId: string; workflowId: string; input: JsonValue; waitId: string | null }
  /** Replaces what `recall(nodeId, key)` gives from now on. */
  | { kind: 'remember'; nodeId: string; key: string; times: number[]; expiresAt: number | null }
  /** Somebody was written to: counts for the channel's caps. */
  | { kind: 'contact'; nodeId: string; channel: string; deliveryId: string }

/** Something that leaves the house. */
export interface DeliveryRequest {
  /** UUIDv7; also the idempotency key of all attempts. */
  id: string
  /** The wait that its answer ends; null: nobody waits. */
  waitId: string | null
  /** `http`, `mail`. */
  transport: string
  /** The resource with the credentials; null: none. */
  resource: string | null
  /** As the transport wants it. */
  request: JsonObject
  /** Consents that must still be there when it leaves. */
  requiredConsents: string[]
}
