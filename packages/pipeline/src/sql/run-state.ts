// Reads and writes of what runs need to go on.
import type { RunState } from '@segue/workflow-engine'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { insertRows, type Cell, type InsertStatement } from './insert-rows.js'

export interface RunStateRow {
  runId: Buffer
  workflowId: Buffer
  version: number
  profileId: Buffer | null
  original: Buffer | null
  state: 'waiting' | 'failed'
  run: RunState
}

const COLUMNS = 'run_id, workflow_id, version, profile_id, original_profile_id, state, body'

/** Waiting runs of locked profiles, oldest first. Index: of_profile. A plain read: who changes them locks the profile before. */
export async function selectWaitingRuns(tx: Connection, profiles: Buffer[]): Promise<RunStateRow[]> {
  if (profiles.length === 0) return []
  const [rows] = await tx.query<RowDataPacket[]>(
    `SELECT ${COLUMNS} FROM run_state WHERE profile_id IN (?) AND state = 'waiting' ORDER BY run_id`,
    [profiles],
  )
  return rows.map(rowOf)
}

/** Whose the runs are, before anything is locked. Index: primary key. */
export async function selectProfilesOfRuns(tx: Connection, runs: Buffer[]): Promise<Buffer[]> {
  if (runs.length === 0) return []
  const [rows] = await tx.query<RowDataPacket[]>(
    'SELECT DISTINCT profile_id FROM run_state WHERE run_id IN (?) AND profile_id IS NOT NULL',
    [runs],
  )
  return rows.map((row) => row['profile_id'])
}

/** Locks runs until the commit and reads them, by id as every worker does. Their profiles are locked before. Index: primary key. */
export async function lockRuns(tx: Connection, runs: Buffer[]): Promise<RunStateRow[]> {
  if (runs.length === 0) return []
  const [rows] = await tx.query<RowDataPacket[]>(
    `SELECT ${COLUMNS} FROM run_state WHERE run_id IN (?) ORDER BY run_id FOR UPDATE`,
    [runs],
  )
  return rows.map(rowOf)
}

function rowOf(row: RowDataPacket): RunStateRow {
  return {
    runId: row['run_id'],
    workflowId: row['workflow_id'],
    version: row['version'],
    profileId: row['profile_id'],
    original: row['original_profile_id'],
    state: row['state'],
    run: JSON.parse(row['body'].toString()),
  }
}

const STATES: InsertStatement = {
  into: 'run_state',
  columns: ['run_id', 'workflow_id', 'version', 'profile_id', 'original_profile_id', 'state', 'updated_at', 'body'],
  then: `ON DUPLICATE KEY UPDATE version = VALUES(version), profile_id = VALUES(profile_id), state = VALUES(state),
    updated_at = VALUES(updated_at), body = VALUES(body)`,
}

/** Stores states of runs; those that exist are locked with their profiles. Index: primary key, the only unique one. */
export async function upsertRunStates(tx: Connection, rows: RunStateRow[], now: number): Promise<void> {
  await insertRows(
    tx,
    STATES,
    rows.map((row): Cell[] => [
      row.runId,
      row.workflowId,
      row.version,
      row.profileId,
      row.original,
      row.state,
      new Date(now),
      Buffer.from(JSON.stringify(row.run)),
    ]),
  )
}

/** Forgets runs that ended. */
export async function deleteRunStates(tx: Connection, runs: Buffer[]): Promise<void> {
  if (runs.length > 0) await tx.query('DELETE FROM run_state WHERE run_id IN (?)', [runs])
}

/** Failed runs of merged profiles belong to the canonical one from now on. Index: of_profile. */
export async function moveFailedRuns(tx: Connection, retired: Buffer[]): Promise<void> {
  if (retired.length === 0) return
  await tx.query(
    `UPDATE run_state r JOIN profile_alias a ON a.alias_id = r.profile_id
     SET r.profile_id = a.profile_id WHERE r.profile_id IN (?)`,
    [retired],
  )
}
