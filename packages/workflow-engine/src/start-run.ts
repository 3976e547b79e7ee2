// Begins a run.
import type { CompiledWorkflow } from './compiled-workflow.js'
import { NodeGone } from './errors.js'
import { Execution } from './execution.js'
import type { JsonValue } from './json.js'
import type { RunLimits } from './limits.js'
import type { RunContext, RunResult } from './run-result.js'
import type { RunState, StoredEvent } from './run-state.js'

/** What a run has before it began; executions change nothing in place. */
const NONE: never[] = []
const NOTHING: Record<string, never> = {}
Object.freeze(NONE)
Object.freeze(NOTHING)

/** How a run begins. */
export interface Beginning {
  /** The event that it keeps; left out, it is made of the context's when the run has to be stored. */
  event?: StoredEvent | null
  /** What its start nodes get. */
  input: JsonValue
  /** 0 for what an event from outside begins; one more than that of what caused it. */
  depth: number
  /** The start it begins at; null or left out: at all of them. */
  startNode?: string | null
  /** Of a sub-workflow: what its end wakes. */
  parent?: RunState['parent']
}

/**
 * Runs a workflow until all its branches have ended or wait. Edges of a port are followed in their order, depth first:
 * a branch runs to its end before the next begins. A node that two branches reach runs for each, one that joins once.
 * The profile's writes are applied when nothing failed; all else that is to be written is in the result.
 */
export function startRun(
  workflow: CompiledWorkflow,
  { event = null, input, depth, startNode = null, parent }: Beginning,
  context: RunContext,
  limits?: Partial<RunLimits>,
): RunResult {
  const before: RunState = {
    v: 1,
    startedAt: context.now,
    event,
    input,
    depth,
    steps: NONE,
    stepCount: 0,
    waits: NONE,
    joins: NOTHING,
    passed: NONE,
  }
  if (parent) before.parent = parent
  const execution = new Execution(workflow, before, context, limits)
  const starts = startNode === null ? workflow.starts : workflow.starts.filter(({ id }) => id === startNode)
  if (startNode !== null && starts.length === 0) return execution.refuse(NodeGone({ node: startNode }), startNode)
  return execution.begin(starts)
}
