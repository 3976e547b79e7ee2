// What is told to those who watch: counts by minute, and one row of the change feed for the batch. Ids and counts only; watchers read the rows themselves.
import { ChangesWriter, INSERT_CHANGES } from '@segue/database'
import type { Connection } from 'mysql2/promise'
import { surviving, type Batch } from './batch.js'
import { countRuns, type VersionCounts } from './counts.js'
import { personOf } from './runs/execute.js'
import { addCounts } from './sql/node-minute.js'

/** Writes what there is to tell, if the batch changed anything that can be watched. The last statements of the batch: see `INSERT_CHANGES`. */
export async function tell(tx: Connection, batch: Batch): Promise<void> {
  const counts = countRuns(batch)
  await addCounts(
    tx,
    counts.flatMap(({ workflowId, version, nodes, runs }) =>
      [...nodes.values(), ...runs.values()].map((count) => ({ workflowId, version, ...count })),
    ),
    batch.now,
    batch.shard,
  )
  const body = changesOf(batch, counts)
  // Prepared: the body goes as bytes, not as text of twice the length.
  if (body) await tx.execute(INSERT_CHANGES, [body])
}

/** The row's body; undefined when there is nothing to tell. */
function changesOf(batch: Batch, counts: VersionCounts[]): Buffer | undefined {
  const changes = new ChangesWriter()
  for (const profile of batch.profiles.values()) {
    if (!profile.mergedInto && (profile.changed || profile.isNew)) changes.profile(profile)
  }
  for (const alias of batch.retired) {
    const profile = batch.aliases.get(alias)
    const retired = batch.profiles.get(alias)
    if (profile && retired) changes.merged(retired.bytes, surviving(profile))
  }
  for (const event of batch.events) {
    const { envelope, bytes, valid } = event
    const profile = event.profile && surviving(event.profile)
    // A transient one is not stored: there is nothing to show.
    if (!envelope.transient) changes.event(bytes, envelope.type, envelope.sourceId, profile, valid)
  }
  tellRuns(changes, batch, counts)
  return changes.finish()
}

function tellRuns(changes: ChangesWriter, batch: Batch, counts: VersionCounts[]): void {
  for (const run of batch.runs)
    changes.run(run.id, changes.version(run.workflowId, run.version), personOf(run), run.state)
  for (const { workflowId, version, nodes } of counts) {
    const place = changes.version(workflowId, version)
    for (const { nodeId, entered, failed } of nodes.values()) changes.node(place, nodeId, entered, failed)
  }
  for (const { workflowId } of batch.runs.filter((run) => run.state === 'waiting' || run.isStored))
    changes.delayed(workflowId)
}
