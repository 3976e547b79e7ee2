// Starts the workflow of a trigger for an event, when the workflow's rules of entry let the person in.
import { startRun, type CompiledSettings } from '@segue/workflow-engine'
import { surviving, type Batch, type Problem, type WorkingEvent, type WorkingProfile } from '../batch.js'
import type { Trigger } from '../configuration.js'
import { seenEvent } from '../map.js'
import { triggerContext } from '../route.js'
import { contextOf, newRun, takeResult } from './execute.js'

/** What `workflow_memory` calls the entries into a workflow. */
const ENTRIES = ''

export function startByTrigger(batch: Batch, event: WorkingEvent, trigger: Trigger): void {
  const { workflowId, version, workflow } = trigger
  const { envelope } = event
  const profile = event.profile && surviving(event.profile)
  const began = performance.now()
  const seen = seenEvent(event)
  const session = envelope.session ? { id: envelope.session.id } : null
  const context = contextOf(batch, workflowId, profile, event, { event: seen, session })
  if (profile && !mayEnter(batch, event, profile, trigger)) return
  const start = {
    input: null,
    depth: envelope.depth ?? 0,
    startNode: trigger.startNode,
  }
  const result = startRun(workflow, start, context)
  const run = newRun({
    workflowId,
    version,
    workflow,
    triggerId: trigger.id,
    eventId: event.bytes,
    profile: event.profile,
    run: result.run,
  })
  event.runs.push(run)
  takeResult(batch, run, result, began)
  Object.assign(event.response, result.response)
  event.ux.push(...result.ux)
}

/** Whether the rules of re-entry let the person in now; remembers the entry when they do. Who is under a profile's lock decides alone. */
function mayEnter(
  batch: Batch,
  event: WorkingEvent,
  profile: WorkingProfile,
  { workflowId, workflow }: Trigger,
): boolean {
  const inFlight = [...(batch.waiting.get(profile) ?? [])].filter((run) => run.workflowId.equals(workflowId))
  if (inFlight.length >= workflow.settings.maxInFlight) {
    event.problems.push(tooManyRuns(workflow.settings.maxInFlight))
    return false
  }
  const rule = workflow.settings.reentry
  if (rule.rule === 'always') return true
  const key = rule.rule === 'once-per-key' ? keyOf(rule.key, event, batch.now) : ''
  const entries = batch.memory.recall(profile, workflowId, ENTRIES, key)
  const last = entries.at(-1)
  if (last !== undefined && (rule.rule !== 'once-per-period' || last > batch.now - rule.seconds * 1000)) return false
  const expiresAt = rule.rule === 'once-per-period' ? batch.now + rule.seconds * 1000 : null
  batch.memory.remember(profile, workflowId, ENTRIES, key, [batch.now], expiresAt)
  return true
}

/** What the entry is counted under, as text; what has no key is one key. */
function keyOf(key: EntryKey, event: WorkingEvent, now: number): string {
  const value = key.evaluateValue(triggerContext(event, now))
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

type EntryKey = Extract<CompiledSettings['reentry'], { rule: 'once-per-key' }>['key']

function tooManyRuns(most: number): Problem {
  return {
    code: 'TOO_MANY_RUNS',
    message: `A workflow was not started: ${most} of its runs wait at this profile already.`,
  }
}
