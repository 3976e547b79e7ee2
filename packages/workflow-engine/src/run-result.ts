// What an execution of a run is given, and what comes of it.
import type { ProfileWriter } from './field-operations.js'
import type { JsonObject, JsonValue } from './json.js'
import type { ContactDecision, LogLevel, RunEvent } from './node.js'
import type { Effect, RunState, RunStep, Wait } from './run-state.js'

/** What an execution works on. */
export interface RunContext {
  /** The event that began the run (also when it is resumed); null when none did. */
  event: RunEvent | null
  profile: ProfileWriter
  session: JsonObject | null
  /** Milliseconds since 1970. */
  now: number
  /** Gives a UUIDv7. */
  newId(): string
  /** The times that a node has kept for the profile; what this execution keeps is laid over it. */
  recall(nodeId: string, key: string): readonly number[]
  /** By what was stored, and `already` contacts by the channel that this execution makes. */
  mayContact(channel: string, already: number): ContactDecision
  /** The profile's, when one is known that exists. */
  timeZone: string | null
  /** Keeps what each step got and handed on, whatever the workflow's settings: for runs that somebody watches. */
  keepData?: boolean
}

export interface RunLogEntry {
  nodeId: string
  level: LogLevel
  message: string
}

export interface RunError {
  nodeId: string
  /** One of this package's errors.ts, or of the node's. */
  code: string
  message: string
  /** What the node got; cut when it is large. */
  input: JsonValue
  /** What was thrown, when it was no `NodeError`: for the caller's log, not for people. */
  cause?: unknown
}

/**
 * What one execution did. A failed one changed nothing: no operation was applied, `response`, `ux`, `effects` and
 * `began` are empty.
 */
export interface RunResult {
  state: 'completed' | 'failed' | 'waiting'
  /** The run after it: what is to be stored of one that waits or failed. Plain JSON. */
  run: RunState
  /** Of this execution only. */
  steps: RunStep[]
  log: RunLogEntry[]
  response: JsonObject
  ux: JsonObject[]
  /** What is to be written in the transaction of this execution. */
  effects: Effect[]
  /** Waits that began, to be inserted. */
  began: Wait[]
  /** Ids of waits that ended, to be deleted: those of a run that failed, too. */
  ended: string[]
  /** What the nodes without ports got, by their ids: what a run of a sub-workflow gives. */
  output: JsonObject
  error?: RunError
}
