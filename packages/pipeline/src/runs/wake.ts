// What an event does to the runs that wait at its profile: ends them by their exit rules, ends the waits for it.
import { toId } from '@segue/database'
import { checkExits, resumeRun, reviveEvent, type Cause, type RunEvent } from '@segue/workflow-engine'
import { surviving, type Batch, type WorkingEvent, type WorkingRun } from '../batch.js'
import { seenEvent } from '../map.js'
import { contextOfRun, endRun, takeResult } from './execute.js'
import type { Author } from '../merge.js'

/** Lets an event end what waits for it, the oldest runs first. */
export function wakeByEvent(batch: Batch, event: WorkingEvent): void {
  const profile = event.profile && surviving(event.profile)
  const waiting = profile && batch.waiting.get(profile)
  if (!waiting || waiting.size === 0) return
  const arrived = seenEvent(event)
  // A copy: runs that end leave the set, and none that begins now waits for what began it.
  for (const run of [...waiting]) {
    try {
      if (!exits(batch, run, arrived, event)) offer(batch, run, arrived, event)
    } catch (error) {
      // The event is not to blame: the run goes on waiting until somebody looks after it.
      const { code, message } = BROKEN
      const told = { nodeId: '', code, message, input: null, cause: error }
      batch.crashes.push({ workflowId: toId(run.workflowId), version: run.version, error: told })
    }
  }
}

const BROKEN = { code: 'RUN_BROKEN', message: 'A run that waits could not be offered an event.' }

/** Offers an event to the waits of a run. `author`: who writes what the run then does. */
function offer(batch: Batch, run: WorkingRun, arrived: RunEvent, author: Author): void {
  const waits = run.run.waits.filter(({ awaits }) => awaits.kind === 'event' && awaits.eventType === arrived.type)
  for (const wait of waits) {
    // An execution may have ended this wait, too: the run is over, or a join let it fall.
    if (run.state === 'waiting' && run.run.waits.some(({ id }) => id === wait.id))
      wake(batch, run, wait.id, { kind: 'event', event: arrived }, author)
  }
}

/** Lets a run go on from a wait, unless its node says that this was not what it waits for. */
export function wake(batch: Batch, run: WorkingRun, waitId: string, cause: Cause, author: Author): void {
  if (!run.workflow) return
  const began = performance.now()
  const result = resumeRun(run.workflow, run.run, waitId, cause, contextOfRun(batch, run, author))
  if (!result) return
  takeResult(batch, run, result, began)
}

/** Ends the run when one of its exit rules holds; returns whether one did. */
export function exits(batch: Batch, run: WorkingRun, arrived: RunEvent | null, author: Author): boolean {
  if (!run.workflow || run.workflow.settings.exits.length === 0) return false
  const { profile, session } = contextOfRun(batch, run, author)
  const event = run.run.event && reviveEvent(run.run.event)
  const exit = checkExits(run.workflow, run.run, { event, arrived, profile, session, now: batch.now })
  if (!exit) return false
  endRun(batch, run, { kind: exit.goal ? 'goal' : 'exit', name: exit.name })
  return true
}
