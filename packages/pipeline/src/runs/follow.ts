// Runs whose workflow says so go on in its live version.
import { moveRun } from '@segue/workflow-engine'
import type { Batch, WorkingRun } from '../batch.js'
import type { Configuration } from '../configuration.js'
import { endRun } from './execute.js'

/** Puts a waiting run into the version in which it goes on; ends it when that lacks the node it waits in. */
export function follow(batch: Batch, run: WorkingRun, configuration: Configuration): void {
  const live = configuration.workflows.get(run.workflowId.toString('hex'))
  if (live?.workflow?.settings.versions !== 'follow' || live.version === null || live.version === run.version) return
  const moved = moveRun(live.workflow, run.run)
  if ('gone' in moved) {
    endRun(batch, run, { kind: 'node-gone', nodeId: moved.gone })
    return
  }
  // Stored with the run's next execution, if there is one.
  run.run = moved.state
  run.version = live.version
  run.workflow = live.workflow
}
