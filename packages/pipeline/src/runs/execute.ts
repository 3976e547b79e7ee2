// One execution of a run within a batch: starts it or lets it go on, and takes over what came of it.
import { toBytes, toId } from '@segue/database'
import {
  reviveEvent,
  type Effect,
  type RunContext,
  type RunEvent,
  type RunResult,
  type RunState,
} from '@segue/workflow-engine'
import { v7 } from 'uuid'
import { surviving, type Batch, type RunOutcome, type WorkingProfile, type WorkingRun } from '../batch.js'
import { readField, type Author } from '../merge.js'
import { isTimeZone } from './time-zone.js'
import { NOBODY, StampedWriter } from './writer.js'

/** What the engine is given to execute a run of a workflow for a profile. */
export function contextOf(
  batch: Batch,
  workflowId: Buffer,
  profile: WorkingProfile | undefined,
  author: Author,
  about: { event: RunEvent | null; session: RunContext['session'] },
): RunContext {
  const zone = profile ? timeZoneOf(profile) : null
  return {
    ...about,
    profile: profile ? new StampedWriter(author, profile) : NOBODY,
    now: batch.now,
    newId: () => v7(),
    recall: (nodeId, key) => (profile ? batch.memory.recall(profile, workflowId, nodeId, key) : []),
    mayContact: (channel, already) =>
      profile ? batch.contacts.may(profile, channel, already, zone) : { allowed: true },
    timeZone: zone,
  }
}

/** The time zone that the person stated, else what their last device said; null when neither is known. */
function timeZoneOf(profile: WorkingProfile): string | null {
  for (const path of ['traits.timezone', 'aux.timezone']) {
    const name = readField(profile, path)
    if (typeof name === 'string' && isTimeZone(name)) return name
  }
  return null
}

/** The context of a run that goes on. The visit it began in is over. */
export function contextOfRun(batch: Batch, run: WorkingRun, author: Author): RunContext {
  const event = run.run.event && reviveEvent(run.run.event)
  return contextOf(batch, run.workflowId, personOf(run), author, { event, session: null })
}

/** Whose run it is after all merges so far. */
export function personOf(run: WorkingRun): WorkingProfile | undefined {
  return run.profile && surviving(run.profile)
}

/** Takes over what an execution of a run did: its state, its waits, its effects. `began` is when it was executed, ms of a monotonic clock. */
export function takeResult(batch: Batch, run: WorkingRun, result: RunResult, began: number): void {
  const { error } = result
  change(batch, run)
  run.state = result.state
  run.run = result.run
  run.endedAt = result.state === 'waiting' ? null : batch.now + Math.round(performance.now() - began)
  run.error = error ?? null
  run.log.push(...result.log)
  run.executed.push(...result.steps)
  run.output = result.output
  for (const wait of result.began) batch.began.set(wait.id, { run, wait })
  for (const id of result.ended) endWait(batch, id)
  for (const effect of result.effects) takeEffect(batch, run, effect)
  if (result.state === 'waiting') waitingRunsOf(batch, run)?.add(run)
  else leave(batch, run)
  if (error && 'cause' in error) batch.crashes.push({ workflowId: toId(run.workflowId), version: run.version, error })
}

/** Ends a run that waits, for a reason of its own or its operators'. */
export function endRun(batch: Batch, run: WorkingRun, outcome: RunOutcome): void {
  for (const wait of run.run.waits) endWait(batch, wait.id)
  run.run = { ...run.run, waits: [] }
  change(batch, run)
  run.state = outcome.kind === 'goal' ? 'completed' : 'cancelled'
  run.outcome = outcome
  run.endedAt = batch.now
  leave(batch, run)
}

function change(batch: Batch, run: WorkingRun): void {
  if (!run.changed) batch.runs.push(run)
  run.changed = true
}

function endWait(batch: Batch, id: string): void {
  if (!batch.began.delete(id)) batch.ended.add(id)
}

function takeEffect(batch: Batch, run: WorkingRun, effect: Effect): void {
  const profile = personOf(run)
  switch (effect.kind) {
    case 'remember':
      if (profile)
        batch.memory.remember(profile, run.workflowId, effect.nodeId, effect.key, effect.times, effect.expiresAt)
      return
    case 'contact':
      if (profile) batch.contacts.add(profile, effect.channel, batch.now)
      break
    case 'deliver':
    case 'emit':
    case 'start':
  }
  batch.effects.push({ run, effect })
}

/** The runs that wait at a run's profile; undefined for nobody's. */
function waitingRunsOf(batch: Batch, run: WorkingRun): Set<WorkingRun> | undefined {
  const profile = personOf(run)
  if (!profile) return undefined
  let runs = batch.waiting.get(profile)
  if (!runs) batch.waiting.set(profile, (runs = new Set()))
  return runs
}

/** The run waits no longer. Its parent, if it has one, hears so when the batch is saved. */
function leave(batch: Batch, run: WorkingRun): void {
  waitingRunsOf(batch, run)?.delete(run)
}

/** A new run, before its first execution. */
export function newRun(
  given: Pick<WorkingRun, 'workflowId' | 'version' | 'workflow' | 'triggerId' | 'eventId' | 'profile'> & {
    id?: string
    run: RunState
  },
): WorkingRun {
  const { id = v7(), ...rest } = given
  return {
    ...rest,
    id: toBytes(id),
    original: given.profile?.bytes ?? null,
    state: 'waiting',
    endedAt: null,
    error: null,
    log: [],
    outcome: null,
    executed: [],
    output: null,
    isNew: true,
    isStored: false,
    changed: false,
  }
}
