// What ends runs that have gone wrong: steps, bytes, time, waits. No node can catch these.
import { type NodeError, PayloadTooLarge, RunStepLimit, StepLimit, TimeLimit, WaitLimit } from './errors.js'
import { roughSize, type JsonValue } from './json.js'

export interface RunLimits {
  /** Executions of nodes in one execution of the run. */
  steps: number
  /** Executions of nodes in the whole run: what ends a circle through a node that waits. */
  runSteps: number
  /** Bytes, roughly, of all values written to the profile, handed on, answered, sent and logged in one execution. */
  bytes: number
  /** Wall time of one execution, looked at between nodes; the first few are not counted. */
  milliseconds: number
  /** Branches of a run that wait. */
  waits: number
}

/** A run of real people takes tens of steps and a few kilobytes; these end what has gone wrong before others notice. */
export const DEFAULT_LIMITS: RunLimits = {
  steps: 1_000,
  runSteps: 10_000,
  bytes: 256 * 1024,
  milliseconds: 1_000,
  waits: 50,
}

/** How many emitted events and sub-workflows may lie between a run and an event from outside. */
export const MAX_DEPTH = 10

/** Asking for the time takes as long as a simple node, so it is asked every so many steps; most runs have fewer. */
const STEPS_BETWEEN_CLOCKS = 8

/** What one execution has used up. */
export class Budget {
  /** Whether a limit was reached: then nothing may go on. */
  exhausted = false
  readonly #limits: RunLimits
  readonly #stepsBefore: number
  #endsAt = Infinity
  #steps = 0
  #bytes = 0

  /** `stepsBefore`: of the run's earlier executions. */
  constructor(limits: RunLimits, stepsBefore: number) {
    this.#limits = limits
    this.#stepsBefore = stepsBefore
  }

  /** Counts one step. @throws NodeError STEP_LIMIT, RUN_STEP_LIMIT, TIME_LIMIT */
  step(): void {
    const { steps, runSteps } = this.#limits
    if (this.#steps >= steps) this.#exhaust(StepLimit({ limit: steps }))
    if (this.#stepsBefore + this.#steps >= runSteps) this.#exhaust(RunStepLimit({ limit: runSteps }))
    if (++this.#steps % STEPS_BETWEEN_CLOCKS === 0) this.#clock()
  }

  #clock(): void {
    const { milliseconds } = this.#limits
    const now = performance.now()
    if (now > this.#endsAt) this.#exhaust(TimeLimit({ limit: milliseconds }))
    if (this.#endsAt === Infinity) this.#endsAt = now + milliseconds
  }

  /** Counts a value. @throws NodeError PAYLOAD_TOO_LARGE */
  spend(value: JsonValue): void {
    this.#bytes += roughSize(value, this.#limits.bytes)
    if (this.#bytes > this.#limits.bytes) this.#exhaust(PayloadTooLarge({ limit: this.#limits.bytes }))
  }

  /** Asks for one more wait beside `waiting` ones. @throws NodeError WAIT_LIMIT */
  wait(waiting: number): void {
    if (waiting >= this.#limits.waits) this.#exhaust(WaitLimit({ limit: this.#limits.waits }))
  }

  #exhaust(error: NodeError): never {
    this.exhausted = true
    throw error
  }
}
