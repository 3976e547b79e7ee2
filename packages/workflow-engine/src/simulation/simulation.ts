// What a simulation is given and what it tells.
import type { CompiledWorkflow } from '../compiled-workflow.js'
import type { JsonObject, JsonValue } from '../json.js'
import type { ContactPolicy } from '../contact-policy.js'
import type { RunError, RunLogEntry } from '../run-result.js'
import type { Effect, RunStep, Wait } from '../run-state.js'
import type { DeliveryAnswer, Script, SimulatedEvent } from './script.js'

export interface SimulationInput {
  workflow: CompiledWorkflow
  /** What begins the run; null when only `input` does. */
  event: SimulatedEvent | null
  /** The profile's document: `traits`, `consents` and so on. */
  profile: JsonObject
  /** When it begins, milliseconds since 1970. */
  now: number
  script?: Script
  /** How deliveries of a node are answered when the script says nothing; left out, at once with `{ status: 200 }`. */
  deliveries?: Readonly<Record<string, DeliveryAnswer>>
  /** Sub-workflows by id. One that is not here completes at once, with no output. */
  workflows?: ReadonlyMap<string, CompiledWorkflow>
  session?: JsonObject | null
  input?: JsonValue
  startNode?: string | null
  /** When it ends at the latest: a duration or a time. Left out, when nothing is due any more. */
  until?: string
  /** Quiet hours and caps; left out, everybody may be written to. */
  contactPolicies?: readonly ContactPolicy[]
}

/** Whose step, effect or entry of the log it is: null for the workflow that is tested, else the sub-workflow's id. */
interface Whose {
  workflowId: string | null
}

export type SimulatedStep = RunStep & Whose
export type SimulatedEffect = { at: number; effect: Effect } & Whose
export type SimulatedLogEntry = RunLogEntry & Whose & { at: number }

/** What would have happened. Nothing of it has: no data was written, nothing has left. */
export interface Simulation {
  /** `exited`: an exit's condition held. `waiting`: nothing more is due, or `until` was reached. */
  state: 'completed' | 'failed' | 'waiting' | 'exited'
  exit: { name: string; goal: boolean } | null
  error: RunError | null
  /** Milliseconds since 1970, of the simulated clock. */
  startedAt: number
  endedAt: number
  /** Each with what it got and handed on. */
  steps: SimulatedStep[]
  /** Deliveries, emitted events, contacts, sub-workflows, what nodes keep. */
  effects: SimulatedEffect[]
  log: SimulatedLogEntry[]
  response: JsonObject
  ux: JsonObject[]
  /** The profile's document at the end. */
  profile: JsonObject
  /** What the ends got. */
  output: JsonObject
  /** Where the run still waits. */
  waits: Wait[]
  /** What of the script met nothing, and what stopped the simulation early, as sentences. */
  notes: string[]
}
