// Delayed events that are due: their runs go on, all in one transaction that the caller began and will commit.
import { toId } from '@segue/database'
import { moveRun, retryRun, startRun, type Cause } from '@segue/workflow-engine'
import type { Connection } from 'mysql2/promise'
import type { Batch, Crash, WorkingRun } from '../batch.js'
import type { Configuration } from '../configuration.js'
import { addDecisive, ProfilesMoved } from '../identify/load.js'
import { identityKey } from '../identify/claims.js'
import type { Author } from '../merge.js'
import { batchOf } from '../process-batch.js'
import { stampOf } from '../profile-document/stamp.js'
import { activityOf, saveProfiles } from '../save.js'
import { lockDue, selectDelayed, type DelayedRow } from '../sql/delayed-event.js'
import { insertActivity } from '../sql/event.js'
import { lockProfiles, selectAliases, selectDecisiveIdentities } from '../sql/identify.js'
import { lockRuns, selectProfilesOfRuns } from '../sql/run-state.js'
import { tell } from '../tell.js'
import { contextOf, contextOfRun, endRun, newRun, takeResult } from './execute.js'
import { addWaiting, deletedWorkflows, loadMemory, runsOf } from './load.js'
import { lookBack } from './look-back.js'
import { saveRuns } from './save-runs.js'
import { exits, wake } from './wake.js'

/** What a batch of delayed events did, for metrics and logs. */
export interface ResumeOutcome {
  /** Rows that were due and are done with. */
  done: number
  /** Rows that were gone, or not due any more: somebody else was faster. */
  skipped: number
  crashes: Crash[]
}

/** A delayed event that could not be done: it alone is put off, the batch is tried again without it. */
export class DelayedFailure extends Error {
  override readonly name = 'DelayedFailure'
  constructor(
    readonly delayedEventId: string,
    readonly reason: unknown,
  ) {
    super(reason instanceof Error ? reason.message : String(reason))
  }
}

/** A run that cannot go on for now: its version has a problem that somebody must mend first. */
class CannotRun extends Error {
  override readonly name = 'CannotRun'
  readonly code = 'WORKFLOW_BROKEN'
}

/**
 * Lets the runs of delayed events go on. Finds them unlocked, locks profiles, runs and rows in the order of all workers, and looks again: each row is
 * done by the transaction that deletes it, or by nobody. Throws `DelayedFailure` for a row that cannot be done, `ProfilesMoved` and database
 * errors for what is worth another try; the caller rolls back.
 */
export async function resumeBatch(
  tx: Connection,
  ids: readonly Buffer[],
  configuration: Configuration,
  now: number,
): Promise<ResumeOutcome> {
  const batch = batchOf([], configuration, now)
  const found = await selectDelayed(tx, [...ids])
  const asked = await lockPeople(tx, batch, found)
  const runs = await loadLocked(tx, batch, found, asked, configuration)
  const due = await lockDue(
    tx,
    found.map(({ id }) => id),
  )
  await configuration.versions.load(tx, liveVersions(due, configuration))
  const deleted = await deletedWorkflows(
    tx,
    due.filter(({ kind }) => kind === 'start'),
    configuration,
  )
  for (const row of due) {
    try {
      if (deleted.has(row.workflowId.toString('hex'))) cannotStart(batch, row)
      else resume(batch, row, runs.get(row.runId.toString('hex')), configuration)
    } catch (error) {
      throw new DelayedFailure(toId(row.id), error)
    }
  }
  await lookBack(tx, batch)
  // What an execution ended is deleted with the waits; the others are done with as well.
  for (const { id } of due) batch.ended.add(toId(id))
  await saveProfiles(tx, batch)
  await insertActivity(tx, activityOf(batch))
  await saveRuns(tx, batch)
  await tell(tx, batch)
  return { done: due.length, skipped: ids.length - due.length, crashes: batch.crashes }
}

/** Locks the profiles of the rows' runs; returns the ids that were asked for. */
async function lockPeople(tx: Connection, batch: Batch, rows: DelayedRow[]): Promise<Set<string>> {
  const owners = await selectProfilesOfRuns(
    tx,
    rows.map(({ runId }) => runId),
  )
  const named = new Set([...owners.map(toId), ...profilesOfStarts(rows)])
  const aliases = await selectAliases(tx, [...named])
  const ids = [...new Set([...named].map((id) => aliases.get(id) ?? id))].sort()
  if (ids.length === 0) return named
  batch.profiles = await lockProfiles(tx, ids)
  for (const [alias, id] of aliases) {
    const profile = batch.profiles.get(id)
    if (profile) batch.aliases.set(alias, profile)
  }
  const decisive = [...new Set([...batch.rules.onePerProfile, ...batch.rules.identifying])]
  for (const { profileId, kind, hash } of await selectDecisiveIdentities(tx, [...batch.profiles.keys()], decisive)) {
    const profile = batch.profiles.get(profileId)
    if (profile) addDecisive(profile, kind, identityKey(kind, hash))
  }
  return new Set([...named, ...ids])
}

function profilesOfStarts(rows: DelayedRow[]): string[] {
  return rows.flatMap(({ outcome }) => (outcome?.kind === 'start' ? (outcome.profileId ?? []) : []))
}

/** Locks the runs, by their id in hex. Throws `ProfilesMoved` when one has another profile by now than those that are locked. */
async function loadLocked(
  tx: Connection,
  batch: Batch,
  rows: DelayedRow[],
  asked: Set<string>,
  configuration: Configuration,
): Promise<Map<string, WorkingRun>> {
  const states = await lockRuns(
    tx,
    rows.map(({ runId }) => runId),
  )
  const owners = states.flatMap(({ profileId }) => (profileId ? [toId(profileId)] : []))
  const unlocked = [...owners, ...profilesOfStarts(rows)].filter(
    (id) => !batch.profiles.has(id) && !batch.aliases.has(id),
  )
  // One that was asked for and is not there was erased, unless it is an alias by now: then it was merged, as one has that was not asked for.
  if (unlocked.some((id) => !asked.has(id)) || (await selectAliases(tx, unlocked)).size > 0)
    throw new ProfilesMoved('Profiles of runs were merged.')
  const runs = await runsOf(tx, batch, states, configuration)
  for (const [i, run] of runs.entries()) {
    if (run.changed) continue
    if (states[i]?.profileId && !run.profile) endRun(batch, run, { kind: 'profile-gone' })
    else if (run.state === 'waiting') addWaiting(batch, run)
  }
  await loadMemory(tx, batch, configuration, [...batch.profiles.values()])
  return new Map(runs.map((run) => [run.id.toString('hex'), run]))
}

/** Live versions of workflows that rows ask for: to start in one, or to try again in it. */
function liveVersions(rows: DelayedRow[], { workflows }: Configuration): { workflowId: Buffer; version: number }[] {
  return rows.flatMap(({ workflowId, kind }) => {
    const version = workflows.get(workflowId.toString('hex'))?.version ?? null
    return (kind === 'start' || kind === 'retry') && version !== null ? [{ workflowId, version }] : []
  })
}

function resume(batch: Batch, row: DelayedRow, run: WorkingRun | undefined, configuration: Configuration): void {
  const { outcome } = row
  const author: Author = { stamp: stampOf(batch.now, toId(row.id)), problems: [] }
  if (outcome?.kind === 'start') return begin(batch, row, outcome, author, configuration)
  if (outcome?.kind === 'retry') return run && retry(batch, row, run, outcome.version, author, configuration)
  // The run ended meanwhile: nothing is left to do.
  if (run?.state !== 'waiting') return
  if (outcome?.kind === 'cancel') return endRun(batch, run, { kind: 'cancelled', by: outcome.by })
  if (!run.run.waits.some(({ id }) => id === toId(row.id))) return
  if (!run.workflow) throw new CannotRun('The version in which this run waits cannot be compiled any more.')
  if (exits(batch, run, null, author)) return
  wake(batch, run, toId(row.id), outcome ?? ({ kind: 'time' } satisfies Cause), author)
}

/** The workflow was deleted before its run began: whoever waits for the run hears that it failed. */
function cannotStart(batch: Batch, { outcome }: DelayedRow): void {
  if (outcome?.kind === 'start' && outcome.parent?.waitId)
    batch.answers.set(outcome.parent.waitId, { kind: 'run', state: 'failed', output: null })
}

type Start = Extract<DelayedRow['outcome'], { kind: 'start' }>

/** Begins a run of a workflow's live version without an event. */
function begin(
  batch: Batch,
  row: DelayedRow,
  { input, depth, profileId, parent }: Start,
  author: Author,
  configuration: Configuration,
): void {
  const live = configuration.workflows.get(row.workflowId.toString('hex'))
  if (!live?.workflow || live.version === null)
    throw new CannotRun('The workflow to be started is not deployed, or cannot be compiled any more.')
  const profile = profileId === null ? undefined : (batch.profiles.get(profileId) ?? batch.aliases.get(profileId))
  // The person was erased before it began.
  if (profileId !== null && !profile) return
  const began = performance.now()
  const { workflowId } = row
  const context = contextOf(batch, workflowId, profile, author, { event: null, session: null })
  const result = startRun(live.workflow, { input, depth, ...(parent ? { parent } : {}) }, context)
  const run = newRun({
    id: toId(row.runId),
    workflowId,
    version: live.version,
    workflow: live.workflow,
    triggerId: null,
    eventId: null,
    profile,
    run: result.run,
  })
  takeResult(batch, run, result, began)
}

/** Lets a failed run go on from the node in which it failed. */
function retry(
  batch: Batch,
  row: DelayedRow,
  run: WorkingRun,
  version: 'own' | 'live',
  author: Author,
  configuration: Configuration,
): void {
  // Tried again already, by a row before this one.
  if (run.state !== 'failed') return
  if (version === 'live') {
    const live = configuration.workflows.get(row.workflowId.toString('hex'))
    if (!live?.workflow || live.version === null) throw new CannotRun('The workflow has no live version that runs.')
    const moved = moveRun(live.workflow, run.run)
    if ('gone' in moved) throw new CannotRun(`The live version lacks the node ${moved.gone}.`)
    run.version = live.version
    run.workflow = live.workflow
    run.run = moved.state
  }
  if (!run.workflow) throw new CannotRun('The version of this run cannot be compiled any more.')
  const began = performance.now()
  takeResult(batch, run, retryRun(run.workflow, run.run, contextOfRun(batch, run, author)), began)
}
