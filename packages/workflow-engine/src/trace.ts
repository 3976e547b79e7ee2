// The steps of a run, and what each of them got and handed on.
import { plainJson, roughSize, type JsonValue } from './json.js'
import type { RunStep } from './run-state.js'

/** Of a long run the last steps are kept: as many as a person goes through. */
const MAX_STEPS = 200
/** Larger values are cut, so that a run's state stays below a megabyte. */
const MAX_VALUE_BYTES = 4 * 1024
const CUT_TO_CHARACTERS = 1_000
/** Beyond this nobody asks how large it was exactly. */
const MOST_COUNTED = 1024 * 1024

/** The steps of one execution. Values are put into them at the end, when it is known whether somebody wants them. */
export class Trace {
  readonly steps: RunStep[] = []
  /** Input and output of each step, in turn. */
  readonly #values: (JsonValue | undefined)[] = []

  add(step: RunStep, input: JsonValue, output: JsonValue | undefined): void {
    this.steps.push(step)
    this.#values.push(input, output)
  }

  keepData(): void {
    this.steps.forEach((step, index) => {
      step.input = cut(this.#values[2 * index] ?? null)
      const output = this.#values[2 * index + 1]
      if (output !== undefined) step.output = cut(output)
    })
  }
}

/** The steps of a run after one more execution. */
export function stepsAfter(before: readonly RunStep[], steps: RunStep[], keepData: boolean): RunStep[] {
  if (before.length === 0 && steps.length <= MAX_STEPS) return steps
  const all = [...before, ...steps].slice(-MAX_STEPS)
  return keepData ? all : all.map(withoutData)
}

/** A value as plain JSON; a large one as a note with its beginning. */
export function cut(value: JsonValue): JsonValue {
  if (roughSize(value, MAX_VALUE_BYTES) <= MAX_VALUE_BYTES) {
    const plain = plainJson(value)
    if (plain !== undefined) return plain
  }
  try {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return { cut: true, bytes: Buffer.byteLength(text), start: text.slice(0, CUT_TO_CHARACTERS) }
  } catch {
    // Nested too deeply to be written.
    return { cut: true, bytes: roughSize(value, MOST_COUNTED), start: '' }
  }
}

function withoutData({ input: _input, output: _output, ...step }: RunStep): RunStep {
  return step
}
