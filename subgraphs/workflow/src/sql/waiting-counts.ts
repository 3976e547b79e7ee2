// How many runs wait in which node, counted for many workflows in one statement.
import { toBytes, toId, type Database } from '@segue/database'

export interface WaitingCount {
  nodeId: string
  version: number
  count: number
}

/**
 * By node and version, of each workflow, in the order given; a run that waits in several nodes counts in each. Indexes only. Nearly always all runs of a workflow that wait have one version: then
 * delayed_event(workflow_id, node_id) says all, with the few that are about to begin or to be tried again, and a million takes 0.4 s. Of several versions each row is looked up in
 * run_state(workflow_id, state, run_id, version), which takes six times as long; without the hint the rows themselves would be read, with the states of all runs.
 */
export async function waitingCounts(database: Database, workflowIds: readonly string[]): Promise<WaitingCount[][]> {
  const versions = await waitingVersions(database, workflowIds)
  const counts = new Map<string, WaitingCount[]>(workflowIds.map((id) => [id, []]))
  const several = workflowIds.filter((id) => (versions.get(id)?.length ?? 0) > 1)
  const single = workflowIds.filter((id) => versions.get(id)?.length === 1)
  if (single.length > 0) {
    for (const { workflowId, nodeId, count } of await countByNode(database, single)) {
      counts.get(workflowId)?.push({ nodeId, version: versions.get(workflowId)?.[0] ?? 0, count })
    }
  }
  if (several.length > 0) {
    const rows = await database.query<{ workflow_id: Buffer; node_id: string; version: number; waiting: string }[]>(
      `SELECT d.workflow_id, d.node_id, s.version, COUNT(*) AS waiting
         FROM delayed_event d FORCE INDEX (of_workflow)
         JOIN run_state s FORCE INDEX (of_workflow) ON s.workflow_id = d.workflow_id AND s.state = 'waiting' AND s.run_id = d.run_id
        WHERE d.workflow_id IN (?)
        GROUP BY d.workflow_id, d.node_id, s.version ORDER BY d.node_id, s.version`,
      [several.map(toBytes)],
    )
    for (const { workflow_id, node_id, version, waiting } of rows) {
      counts.get(toId(workflow_id))?.push({ nodeId: node_id, version: Number(version), count: Number(waiting) })
    }
  }
  return workflowIds.map((id) => counts.get(id) ?? [])
}

/** The versions of the runs that wait. Index: run_state(workflow_id, state, run_id, version). */
async function waitingVersions(database: Database, workflowIds: readonly string[]): Promise<Map<string, number[]>> {
  const rows = await database.query<{ workflow_id: Buffer; version: number }[]>(
    `SELECT DISTINCT workflow_id, version FROM run_state FORCE INDEX (of_workflow) WHERE workflow_id IN (?) AND state = 'waiting'`,
    [workflowIds.map(toBytes)],
  )
  const versions = new Map<string, number[]>()
  for (const { workflow_id, version } of rows) {
    const id = toId(workflow_id)
    versions.set(id, [...(versions.get(id) ?? []), Number(version)])
  }
  return versions
}

/** By node alone. Index: delayed_event(workflow_id, node_id), and nothing of the rows. */
async function countByNode(
  database: Database,
  workflowIds: readonly string[],
): Promise<{ workflowId: string; nodeId: string; count: number }[]> {
  const rows = await database.query<{ workflow_id: Buffer; node_id: string; waiting: string }[]>(
    `SELECT workflow_id, node_id, COUNT(*) AS waiting FROM delayed_event
      WHERE workflow_id IN (?) GROUP BY workflow_id, node_id ORDER BY workflow_id, node_id`,
    [workflowIds.map(toBytes)],
  )
  return rows.map((row) => ({ workflowId: toId(row.workflow_id), nodeId: row.node_id, count: Number(row.waiting) }))
}

/** By node alone, of one workflow, with what is about to begin or to be tried again. */
export async function waitingByNode(
  database: Database,
  workflowId: string,
): Promise<{ nodeId: string; count: number }[]> {
  return (await countByNode(database, [workflowId])).map(({ nodeId, count }) => ({ nodeId, count }))
}
