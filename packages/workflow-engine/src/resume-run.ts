// Goes on with a run that waits.
import type { CompiledWorkflow } from './compiled-workflow.js'
import { Execution } from './execution.js'
import type { RunLimits } from './limits.js'
import type { Cause } from './node.js'
import type { RunContext, RunResult } from './run-result.js'
import type { RunState } from './run-state.js'
import { reviveCause } from './stored-event.js'

/**
 * Wakes the branch that waits, and runs until all branches have ended or wait again. Null: it was not what the node
 * waits for, nothing has changed. `cause` may come out of JSON. Exits are the caller's to check before, see `checkExits`.
 * @throws Error when the run has no such wait.
 */
export function resumeRun(
  workflow: CompiledWorkflow,
  state: RunState,
  waitId: string,
  cause: Cause,
  context: RunContext,
  limits?: Partial<RunLimits>,
): RunResult | null {
  const wait = state.waits.find(({ id }) => id === waitId)
  if (!wait) throw new Error(`The run does not wait for ${waitId}`)
  return new Execution(workflow, state, context, limits).wake(wait, reviveCause(cause))
}
