// What one evaluation carries with it, and the shape of a compiled part.
import type { Value } from './values.js'

/** What a condition looks at: one entry a name. `now` is a `Date` or milliseconds since 1970; the rest is JSON. */
export type Context = Readonly<Record<string, unknown>>

/** Steps of all loops of one evaluation. A step costs about 50 ns, so a condition ends within a millisecond. */
const MAX_STEPS = 10_000

/** The state of one evaluation. */
export class Frame {
  readonly context: Context
  /** Values of loop variables, by the slot that compiling gave them. */
  readonly locals: Value[] = []
  #steps = MAX_STEPS

  constructor(context: Context) {
    this.context = context
  }

  /** Counts one step of a loop: nested loops over long lists end here instead of holding up a worker. */
  step(): void {
    if (--this.#steps < 0) throw new TooManySteps()
  }
}

/** Thrown inside an evaluation whose loops went on too long; `Condition` turns it into false with a note. */
class TooManySteps extends Error {
  constructor() {
    super(`Its loops take more than ${MAX_STEPS} steps`)
  }
}

/** A compiled part of a condition. */
export type Run = (frame: Frame) => Value
