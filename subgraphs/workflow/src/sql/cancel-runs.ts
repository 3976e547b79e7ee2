// Ends waiting runs at somebody's wish: all that they wait for becomes due, with the cancelling as what ended it. Workers do the rest.
import { toBytes, toId, type Database } from '@segue/database'

/** Of which runs; a workflow or a profile has to be named. */
export interface RunRestriction {
  workflowId?: string | undefined
  version?: number | undefined
  nodeId?: string | undefined
  /** All ids under which a profile's runs may lie. */
  profileIds?: readonly string[] | undefined
}

/**
 * Up to `limit` waiting runs that nobody cancelled yet. Index: with a node delayed_event(workflow_id, node_id), else run_state(workflow_id, state) or (profile_id, state).
 */
export async function waitingRuns(
  database: Database,
  { workflowId, version, nodeId, profileIds }: RunRestriction,
  limit: number,
): Promise<string[]> {
  const conditions = [`s.state = 'waiting'`]
  const values: unknown[] = []
  if (workflowId !== undefined) {
    conditions.push('s.workflow_id = ?')
    values.push(toBytes(workflowId))
  }
  if (version !== undefined) {
    conditions.push('s.version = ?')
    values.push(version)
  }
  if (profileIds !== undefined) {
    conditions.push('s.profile_id IN (?)')
    values.push(profileIds.map(toBytes))
  }
  if (nodeId !== undefined && workflowId !== undefined) {
    conditions.push('d.workflow_id = ?', 'd.node_id = ?', `d.kind NOT IN ('start', 'retry')`, NOT_CANCELLED)
    values.push(toBytes(workflowId), nodeId)
  }
  const from = nodeId === undefined ? 'run_state s' : 'delayed_event d JOIN run_state s ON s.run_id = d.run_id'
  const rows = await database.query<{ run_id: Buffer }[]>(
    `SELECT DISTINCT s.run_id FROM ${from} WHERE ${conditions.join(' AND ')} LIMIT ?`,
    [...values, limit],
  )
  return rows.map(({ run_id }) => toId(run_id))
}

const NOT_CANCELLED = `COALESCE(JSON_UNQUOTE(JSON_EXTRACT(d.outcome, '$.kind')), '') <> 'cancel'`

/**
 * Cancels those of these runs that wait; gives them with their workflows. A run that a worker has under way is waited for by the lock of its state, which everybody takes before
 * the delayed events: what it waits for then is cancelled. Doing it again changes nothing. Primary keys.
 */
export async function cancelRuns(
  transaction: Database,
  runIds: readonly string[],
  by: string,
): Promise<{ runId: string; workflowId: string }[]> {
  if (runIds.length === 0) return []
  const runs = await transaction.query<{ run_id: Buffer; workflow_id: Buffer; body: Buffer }[]>(
    `SELECT run_id, workflow_id, body FROM run_state WHERE run_id IN (?) AND state = 'waiting' ORDER BY run_id LOCK IN SHARE MODE`,
    [runIds.map(toBytes)],
  )
  const waits = runs.flatMap(({ body }) =>
    (JSON.parse(body.toString()) as { waits: { id: string }[] }).waits.map(({ id }) => toBytes(id)),
  )
  if (waits.length > 0) {
    await transaction.query(
      `UPDATE delayed_event d SET d.outcome = ?, d.due_at = UTC_TIMESTAMP(3), d.dead = FALSE, d.attempts = 0, d.error = NULL
        WHERE d.id IN (?) AND ${NOT_CANCELLED}`,
      [JSON.stringify({ kind: 'cancel', by }), waits],
    )
  }
  return runs.map((run) => ({ runId: toId(run.run_id), workflowId: toId(run.workflow_id) }))
}
