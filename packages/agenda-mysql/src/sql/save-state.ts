// What a worker writes about its jobs' runs, many jobs in a statement.
import type { RunFields } from '../job-row.js'
import type { Session } from '../database.js'
import { NOW } from './clock.js'

/** One job's state, as its worker wants it stored. */
export interface StateSave extends RunFields {
  id: string
  name: string
  /** The claim that the worker holds; null for a job that was never claimed where it was read. */
  token: string | null
  /** The schedule that the claim saw; null writes next_run_at whatever happened meanwhile. */
  schedule_version: number | null
  /** 1: the job is about to start, which it may only while it is enabled. */
  is_start: number
  next_run_at: number | null
  /** Milliseconds since the lock was last renewed; null unlocks. */
  lock_age: number | null
  last_modified_by: string | null
}

const COLUMNS = [
  ['id', 'VARCHAR(36)'],
  ['name', 'VARCHAR(255)'],
  ['token', 'VARCHAR(40)'],
  ['schedule_version', 'BIGINT'],
  ['is_start', 'INT'],
  ['next_run_at', 'BIGINT'],
  ['lock_age', 'BIGINT'],
  ['last_run_at', 'BIGINT'],
  ['last_finished_at', 'BIGINT'],
  ['failed_at', 'BIGINT'],
  ['fail_count', 'INT'],
  ['fail_reason', 'LONGTEXT'],
  ['progress', 'DOUBLE'],
  ['last_modified_by', 'VARCHAR(255)'],
] as const satisfies [keyof StateSave, string][]

/**
 * Writes the states of all jobs whose fence holds, in the order of their ids (so two batches cannot deadlock), and
 * returns how many that were. A fence holds while the job's last claim is the worker's own; a job that the worker never
 * claimed must be unlocked, or locked by `owner` (the beginning of all tokens of this process). Primary key, one look-up a job.
 */
export function saveStates(
  session: Session,
  jobs: string,
  saves: readonly StateSave[],
  owner: string,
  newToken: string,
): Promise<number> {
  const sorted = [...saves].sort((a, b) => (a.id < b.id ? -1 : 1))
  const json = JSON.stringify(sorted.map((save) => COLUMNS.map(([column]) => save[column])))
  return session.change(
    `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
       ${COLUMNS.map(([column, type], index) => `${column} ${type} PATH '$[${index}]'`).join(', ')}
     )) AS s STRAIGHT_JOIN ${jobs} AS j ON j.id = CONVERT(s.id USING ascii)
     SET j.locked_at = ${NOW} - s.lock_age,
         j.lock_token = IF(s.token IS NULL AND s.lock_age IS NOT NULL, ?, j.lock_token),
         j.next_run_at = IF(s.schedule_version IS NULL OR s.schedule_version = j.schedule_version, s.next_run_at, j.next_run_at),
         j.last_run_at = s.last_run_at,
         j.last_finished_at = s.last_finished_at,
         j.failed_at = s.failed_at,
         j.fail_count = s.fail_count,
         j.fail_reason = s.fail_reason,
         j.progress = s.progress,
         j.last_modified_by = s.last_modified_by,
         j.revision = j.revision + 1
     WHERE j.name = s.name
       AND (j.lock_token = CONVERT(s.token USING ascii)
            OR s.token IS NULL AND (j.locked_at IS NULL OR j.lock_token LIKE ?))
       AND (s.is_start = 0 OR j.disabled = 0)`,
    [json, newToken, `${owner}.%`],
  )
}
