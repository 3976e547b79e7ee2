// When two profiles became one, the runs of one workflow that waited at both: all stay, or the one that began first.
import type { Batch, WorkingRun } from '../batch.js'
import { endRun } from './execute.js'

/** Ends the runs that a merge makes too many. Called once the runs of all profiles are loaded. */
export function mergeRuns(batch: Batch): void {
  if (batch.retired.length === 0) return
  for (const runs of batch.waiting.values()) {
    const byWorkflow = new Map<string, WorkingRun[]>()
    for (const run of runs) {
      if (run.workflow?.settings.merge !== 'one') continue
      const id = run.workflowId.toString('hex')
      byWorkflow.set(id, [...(byWorkflow.get(id) ?? []), run])
    }
    for (const together of byWorkflow.values()) endAllButFirst(batch, together)
  }
}

/** Runs of one profile were there side by side before, and may stay so. */
function endAllButFirst(batch: Batch, runs: WorkingRun[]): void {
  const [first, ...others] = runs.toSorted((a, b) => a.run.startedAt - b.run.startedAt)
  for (const run of others) {
    if (run.profile === first?.profile) continue
    endRun(batch, run, { kind: 'merged' })
  }
}
