// Delayed events of workflows that are no longer there: they are made due, and whoever resumes them ends their runs.
import type { Pool, ResultSetHeader, RowDataPacket } from 'mysql2/promise'

/** What is not due yet, or dead: dead ones once more only. */
const LEFT = '(due_at IS NULL OR due_at > UTC_TIMESTAMP(3)) AND attempts <= ?'

/** The next up to `limit` workflows behind `from`, by their ids. Primary key. */
export async function selectWorkflows(pool: Pool, from: Buffer, limit: number): Promise<Buffer[]> {
  const [rows] = await pool.query<RowDataPacket[]>('SELECT id FROM workflow WHERE id > ? ORDER BY id LIMIT ?', [
    from,
    limit,
  ])
  return rows.map((row) => row['id'])
}

/**
 * Workflows of delayed events that lie between neighbours of `ids`, so in no row of `workflow`: at most one of each gap, one with rows that `makeDue` would
 * take. Index: of_workflow, one look for each
 * gap, however many rows there are: a DISTINCT would walk through all of them.
 */
export async function selectBetween(pool: Pool, ids: readonly Buffer[], mostAttempts: number): Promise<Buffer[]> {
  const gaps = ids.slice(1).map((to, i) => [ids[i], to, mostAttempts])
  const [rows] = await pool.query<RowDataPacket[]>(
    gaps
      .map(
        () =>
          `(SELECT workflow_id AS id FROM delayed_event FORCE INDEX (of_workflow)
          WHERE workflow_id > ? AND workflow_id < ? AND ${LEFT} LIMIT 1)`,
      )
      .join(' UNION ALL '),
    gaps.flat(),
  )
  return rows.map((row) => row['id'])
}

/**
 * Makes up to `limit` of these workflows' delayed events due, also dead ones, these once more only. Index: of_workflow. Returns how many there were. Rows locked by a worker are
 * waited for, one statement at most, each row by itself.
 */
export async function makeDue(pool: Pool, workflowIds: Buffer[], mostAttempts: number, limit: number): Promise<number> {
  if (workflowIds.length === 0) return 0
  const [result] = await pool.query<ResultSetHeader>(
    `UPDATE delayed_event SET due_at = UTC_TIMESTAMP(3), dead = FALSE
     WHERE workflow_id IN (?) AND ${LEFT} LIMIT ?`,
    [workflowIds, mostAttempts, limit],
  )
  return result.affectedRows
}
