// What is told to those who watch: one row of the change feed for the batch. Ids and counts only; watchers read the rows themselves.
import { ChangesWriter, INSERT_CHANGES } from '@segue/database'
import type { Connection } from 'mysql2/promise'
import { surviving, type Batch, type WorkingEvent, type WorkingRun } from './batch.js'
import type { Trigger } from './configuration.js'

/** Where a node's failures go that the workflow takes up. */
const ERROR_PORT = 'error'

/** Writes the row, if the batch changed anything that can be watched. The last statement of the batch: see `INSERT_CHANGES`. */
export async function tell(tx: Connection, batch: Batch): Promise<void> {
  const body = changesOf(batch)
  // Prepared: the body goes as bytes, not as text of twice the length.
  if (body) await tx.execute(INSERT_CHANGES, [body])
}

/** The row's body; undefined when there is nothing to tell. */
function changesOf(batch: Batch): Buffer | undefined {
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
  tellRuns(changes, batch.events)
  return changes.finish()
}

/** What a version's nodes did in the batch. */
interface VersionCounts {
  version: number
  nodes: Map<string, { entered: number; failed: number }>
}

function tellRuns(changes: ChangesWriter, events: readonly WorkingEvent[]): void {
  const byTrigger = new Map<Trigger, VersionCounts>()
  for (const event of events) {
    for (const run of event.runs) {
      let counts = byTrigger.get(run.trigger)
      if (!counts) {
        const { workflowId, version } = run.trigger
        byTrigger.set(run.trigger, (counts = { version: changes.version(workflowId, version), nodes: new Map() }))
      }
      changes.run(run.id, counts.version, event.profile && surviving(event.profile), run.state === 'failed')
      countNodes(counts, run)
    }
  }
  for (const { version, nodes } of byTrigger.values()) {
    for (const [nodeId, { entered, failed }] of nodes) changes.node(version, nodeId, entered, failed)
  }
}

/** A step is there when its node has run; the node that ended a run may have none. */
function countNodes(counts: VersionCounts, { steps, error }: WorkingRun): void {
  for (const { nodeId, port } of steps) {
    const count = countOf(counts, nodeId)
    count.entered += 1
    if (port === ERROR_PORT) count.failed += 1
  }
  if (!error) return
  const count = countOf(counts, error.nodeId)
  count.failed += 1
  if (steps.at(-1)?.nodeId !== error.nodeId) count.entered += 1
}

function countOf({ nodes }: VersionCounts, nodeId: string): { entered: number; failed: number } {
  let count = nodes.get(nodeId)
  if (!count) nodes.set(nodeId, (count = { entered: 0, failed: 0 }))
  return count
}
