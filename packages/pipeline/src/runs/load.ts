// Loads what waits at the profiles of a batch, and what is remembered of them. The profiles are locked: nobody else changes it until the commit.
import { toId } from '@segue/database'
import type { Connection } from 'mysql2/promise'
import { surviving, type Batch, type WorkingProfile, type WorkingRun } from '../batch.js'
import type { Configuration } from '../configuration.js'
import { selectExistingWorkflows } from '../sql/configuration.js'
import { selectContacts, selectMemory } from '../sql/memory.js'
import { selectWaitingRuns, type RunStateRow } from '../sql/run-state.js'
import { endRun } from './execute.js'
import { follow } from './follow.js'
import { usesMemory } from './uses-memory.js'

/** Fills `batch.waiting`, `batch.memory` and `batch.contacts`. */
export async function loadRuns(tx: Connection, batch: Batch, configuration: Configuration): Promise<void> {
  const stored = [...batch.profiles.values()].filter((profile) => !profile.isNew)
  const rows = await selectWaitingRuns(
    tx,
    stored.map(({ bytes }) => bytes),
  )
  for (const run of await runsOf(tx, batch, rows, configuration)) if (run.state === 'waiting') addWaiting(batch, run)
  await loadMemory(tx, batch, configuration, stored)
}

/** Fills `batch.memory` and `batch.contacts` when a workflow that may run asks for them. */
export async function loadMemory(
  tx: Connection,
  batch: Batch,
  configuration: Configuration,
  profiles: WorkingProfile[],
): Promise<void> {
  const waiting = [...batch.waiting.values()].flatMap((runs) => [...runs])
  const workflows = waiting.flatMap(({ workflow }) => workflow ?? [])
  const merged = batch.retired.length > 0
  const ids = profiles.map(({ bytes }) => bytes)
  if (merged || configuration.usesMemory || workflows.some(usesMemory)) {
    for (const { profileId, ...row } of await selectMemory(tx, ids, batch.now)) {
      const profile = batch.profiles.get(toId(profileId))
      if (profile) batch.memory.load({ ...row, profile: surviving(profile) }, profile.mergedInto !== undefined)
    }
  }
  const longest = Math.max(
    0,
    ...[...configuration.contactPolicies.values()].flatMap(({ caps }) => caps.map((cap) => cap.seconds)),
  )
  if (longest > 0 && (configuration.contacts || workflows.some(({ contacts }) => contacts.size > 0))) {
    for (const { profileId, channel, at } of await selectContacts(tx, ids, batch.now - longest * 1000)) {
      const profile = batch.profiles.get(toId(profileId))
      if (profile) batch.contacts.add(surviving(profile), channel, at)
    }
  }
}

/** Stored runs as the batch works with them: in the version in which they go on, or ended when there is none. */
export async function runsOf(
  tx: Connection,
  batch: Batch,
  rows: RunStateRow[],
  configuration: Configuration,
): Promise<WorkingRun[]> {
  await configuration.versions.load(tx, rows)
  const deleted = await deletedWorkflows(tx, rows, configuration)
  return rows.map((row) => {
    const run = runOf(row, batch, configuration)
    // A failed one goes on only when somebody says so, and in which version.
    if (row.state === 'failed') return run
    if (deleted.has(row.workflowId.toString('hex'))) endRun(batch, run, { kind: 'workflow-deleted' })
    else follow(batch, run, configuration)
    return run
  })
}

/** Workflows that are gone, in hex. One that the configuration does not name may be younger than it. */
export async function deletedWorkflows(
  tx: Connection,
  rows: readonly { workflowId: Buffer }[],
  { workflows }: Configuration,
): Promise<Set<string>> {
  const unknown = new Map(rows.map(({ workflowId }) => [workflowId.toString('hex'), workflowId]))
  for (const id of unknown.keys()) if (workflows.has(id)) unknown.delete(id)
  if (unknown.size === 0) return new Set()
  for (const id of await selectExistingWorkflows(tx, [...unknown.values()])) unknown.delete(id.toString('hex'))
  return new Set(unknown.keys())
}

function runOf(row: RunStateRow, batch: Batch, configuration: Configuration): WorkingRun {
  const id = row.profileId && toId(row.profileId)
  const profile = id ? (batch.profiles.get(id) ?? batch.aliases.get(id)) : undefined
  return {
    id: row.runId,
    workflowId: row.workflowId,
    version: row.version,
    workflow: configuration.versions.get(row.workflowId, row.version),
    triggerId: null,
    eventId: null,
    profile,
    original: row.original,
    state: row.state,
    run: row.run,
    endedAt: null,
    error: null,
    log: [],
    outcome: null,
    executed: [],
    output: null,
    isNew: false,
    isStored: true,
    changed: false,
  }
}

/** Notes that a run waits at its profile, as far as it has one. */
export function addWaiting(batch: Batch, run: WorkingRun): void {
  if (!run.profile) return
  const profile = surviving(run.profile)
  const runs = batch.waiting.get(profile)
  if (runs) runs.add(run)
  else batch.waiting.set(profile, new Set([run]))
}
