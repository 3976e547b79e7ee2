// The rows of jobs, and what watchers are told of them.
import { ChangesWriter, INSERT_CHANGES, toBytes } from '@segue/database'
import type { Pool } from 'mysql2/promise'

export interface JobRow {
  id: string
  kind: string
  state: 'running' | 'done' | 'failed'
  done: number
  total: number | null
  error: string | null
}

/** How long what was done is shown. */
const KEPT_DAYS = 90

/**
 * Writes how a job stands; one that is not there yet begins. Index: primary key. The word of it comes after it: whoever hears it
 * finds the row.
 */
export async function saveJob(
  pool: Pool,
  { id, kind, state, done, total, error }: JobRow,
  startedAt: Date,
): Promise<void> {
  const bytes = toBytes(id)
  await pool.query(
    `INSERT INTO job (id, kind, state, done, total, started_at, updated_at, ended_at, error)
     VALUES (?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3), IF(? = 'running', NULL, UTC_TIMESTAMP(3)), ?)
     ON DUPLICATE KEY UPDATE state = VALUES(state), done = VALUES(done), total = VALUES(total),
       updated_at = VALUES(updated_at), ended_at = VALUES(ended_at), error = VALUES(error)`,
    [bytes, kind, state, done, total, startedAt, state, error],
  )
  const changes = new ChangesWriter()
  changes.jobs([bytes])
  await pool.query(INSERT_CHANGES, [changes.finish()])
}

/** Forgets jobs of long ago. Looks at all rows: there are a few hundred. */
export async function deleteOldJobs(pool: Pool): Promise<void> {
  await pool.query('DELETE FROM job WHERE updated_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY', [KEPT_DAYS])
}
