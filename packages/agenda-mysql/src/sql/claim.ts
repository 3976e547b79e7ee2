// Finding the jobs that may run now, and locking them.
import { ROW_COLUMNS, type JobRow } from '../job-row.js'
import type { Session } from '../database.js'
import { NOW } from './clock.js'

/** What a claim looks for. Durations, not instants: the database adds them to its own clock. */
export interface ClaimCriteria {
  name: string
  /** Jobs due within this many milliseconds from now count as due. */
  horizonMs: number
  /** A lock older than this has expired. */
  lifetimeMs: number
}

/** A row as it was before the claim, and what the database's clock said. */
export type ClaimableRow = JobRow & { db_now: number }

const DUE = `name = ? AND disabled = 0 AND locked_at IS NULL AND next_run_at <= ${NOW} + ?`
const EXPIRED = `name = ? AND disabled = 0 AND locked_at <= ${NOW} - ?`

/** Whether there is anything to claim. Locks nothing; two look-ups in the index `claim`. */
export async function hasClaimableJob(session: Session, jobs: string, criteria: ClaimCriteria): Promise<boolean> {
  const [found] = await session.rows<{ found: number }>(
    `SELECT EXISTS (SELECT 1 FROM ${jobs} FORCE INDEX (claim) WHERE ${DUE})
         OR EXISTS (SELECT 1 FROM ${jobs} FORCE INDEX (claim) WHERE ${EXPIRED}) AS found`,
    [criteria.name, criteria.horizonMs, criteria.name, criteria.lifetimeMs],
  )
  return Number(found?.found) === 1
}

/**
 * Up to `limit` unlocked jobs that are due, the one due longest first, of equals the one with the highest priority. Index: claim, in its
 * own order, so no more rows are locked than are returned. Rows that another claim holds are passed over.
 */
export function findDueJobs(
  session: Session,
  jobs: string,
  criteria: ClaimCriteria,
  limit: number,
): Promise<ClaimableRow[]> {
  return session.rows(
    `SELECT ${ROW_COLUMNS}, ${NOW} AS db_now FROM ${jobs} FORCE INDEX (claim) WHERE ${DUE}
      ORDER BY next_run_at, priority_rank LIMIT ? FOR UPDATE SKIP LOCKED`,
    [criteria.name, criteria.horizonMs, limit],
  )
}

/** Up to `limit` jobs whose lock has expired, the oldest lock first. Index: claim. Passes over rows that another claim holds. */
export function findExpiredJobs(
  session: Session,
  jobs: string,
  criteria: ClaimCriteria,
  limit: number,
): Promise<ClaimableRow[]> {
  return session.rows(
    `SELECT ${ROW_COLUMNS}, ${NOW} AS db_now FROM ${jobs} FORCE INDEX (claim) WHERE ${EXPIRED}
      ORDER BY locked_at LIMIT ? FOR UPDATE SKIP LOCKED`,
    [criteria.name, criteria.lifetimeMs, limit],
  )
}

/**
 * Locks rows that this transaction holds. A job whose worker died in its midst has no next run any more; it gets one,
 * so that it is found again even when this claim is given back. Primary key.
 */
export async function lockJobs(
  session: Session,
  jobs: string,
  ids: string[],
  lock: { token: string; lastModifiedBy: string | null },
): Promise<void> {
  await session.change(
    `UPDATE ${jobs} SET locked_at = ${NOW}, lock_token = ?, next_run_at = COALESCE(next_run_at, ${NOW}),
       last_modified_by = ?, revision = revision + 1 WHERE id IN (?)`,
    [lock.token, lock.lastModifiedBy, ids],
  )
}

/** Locks one job if it still is as the caller knows it: unlocked, enabled, with that name and next run. One statement, so only one of several callers succeeds. */
export async function lockJobAsKnown(
  session: Session,
  jobs: string,
  known: { id: string; name: string; nextRunAt: number | null },
  lock: { token: string; lastModifiedBy: string | null },
): Promise<boolean> {
  const changed = await session.change(
    `UPDATE ${jobs} SET locked_at = ${NOW}, lock_token = ?, last_modified_by = ?, revision = revision + 1
      WHERE id = ? AND name = ? AND locked_at IS NULL AND next_run_at <=> ? AND disabled = 0`,
    [lock.token, lock.lastModifiedBy, known.id, known.name, known.nextRunAt],
  )
  return changed === 1
}

/** Unlocks jobs, each only while its last claim is the given one; without a token whoever holds it. Primary key. */
export async function unlockJobs(
  session: Session,
  jobs: string,
  ids: string[],
  condition: { token?: string | undefined; waitingOnly?: boolean } = {},
): Promise<void> {
  if (ids.length === 0) return
  const { token, waitingOnly = false } = condition
  await session.change(
    `UPDATE ${jobs} SET locked_at = NULL, revision = revision + 1
      WHERE id IN (?) AND locked_at IS NOT NULL ${token ? 'AND lock_token = ?' : ''} ${waitingOnly ? 'AND next_run_at IS NOT NULL' : ''}`,
    token ? [ids, token] : [ids],
  )
}

/** The database's clock, in milliseconds since 1970. */
export async function readClock(session: Session): Promise<number> {
  const [row] = await session.rows<{ now: number }>(`SELECT ${NOW} AS now`)
  return Number(row?.now)
}
