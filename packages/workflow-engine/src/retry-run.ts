// Tries a failed run again.
import type { CompiledWorkflow } from './compiled-workflow.js'
import { Execution } from './execution.js'
import type { RunLimits } from './limits.js'
import type { RunContext, RunResult } from './run-result.js'
import type { RunState } from './run-state.js'

/**
 * Repeats what the failed execution had done until then, and goes on with the node that failed: a node that had been
 * woken runs anew. `began` holds all waits of the run, also those that were deleted when it failed; for a newer version
 * use `moveRun` first. @throws Error when the run has not failed.
 */
export function retryRun(
  workflow: CompiledWorkflow,
  state: RunState,
  context: RunContext,
  limits?: Partial<RunLimits>,
): RunResult {
  if (!state.failed) throw new Error('The run has not failed')
  return new Execution(workflow, state, context, limits).retry(state.failed)
}
