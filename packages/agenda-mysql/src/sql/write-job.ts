// Jobs stored, changed and removed.
import { FIELD_COLUMNS, RUN_COLUMNS, type JobFields, type RunFields } from '../job-row.js'
import type { Session } from '../database.js'

/** A job to insert. */
export interface NewJob extends JobFields, RunFields {
  id: string
  unique_key: Buffer | null
  unique_shape: Buffer | null
}

const INSERTED = [
  'id',
  ...FIELD_COLUMNS,
  ...RUN_COLUMNS,
  'unique_key',
  'unique_shape',
] as const satisfies (keyof NewJob)[]

/** Inserts jobs in one statement. Ids grow with time, so the primary key is appended to. */
export async function insertJobs(session: Session, jobs: string, rows: readonly NewJob[]): Promise<void> {
  await session.change(`INSERT INTO ${jobs} (${INSERTED.join(', ')}) VALUES ?`, [
    rows.map((row) => INSERTED.map((column) => row[column])),
  ])
}

/** Which of these ids are stored already. Primary key. */
export async function storedIds(session: Session, jobs: string, ids: readonly string[]): Promise<Set<string>> {
  const rows = await session.rows<{ id: string }>(`SELECT id FROM ${jobs} WHERE id IN (?)`, [ids])
  return new Set(rows.map(({ id }) => id))
}

/** What saveJob changes beside the fields. */
export interface Change {
  /** Keep the next run that the job has, if it has one. */
  keepNextRun?: boolean
  /** The unique key under which the job is saved; else the key stays as long as the data does. */
  unique?: { key: Buffer | null; shape: Buffer | null }
  /** Failure fields that the caller gave. */
  failure?: Partial<RunFields>
}

/**
 * Writes a job's fields and leaves its lock and its run alone. A next run that changes counts up the schedule's version,
 * so that the end of a run under way does not wipe it out. Returns whether the job is there. Primary key.
 */
export async function updateJob(
  session: Session,
  jobs: string,
  id: string,
  fields: JobFields,
  change: Change = {},
): Promise<boolean> {
  const nextRun = change.keepNextRun ? 'COALESCE(next_run_at, ?)' : '?'
  // Assignments go from left to right and see what stands left of them, so what compares with old values stands first.
  const assignments: [string, unknown[]][] = [
    [`schedule_version = IF(next_run_at <=> ${nextRun}, schedule_version, schedule_version + 1)`, [fields.next_run_at]],
    [`next_run_at = ${nextRun}`, [fields.next_run_at]],
    ...(change.unique
      ? ([
          ['unique_key = ?', [change.unique.key]],
          ['unique_shape = ?', [change.unique.shape]],
        ] satisfies [string, unknown[]][])
      : ([
          ['unique_key = IF(data <=> ?, unique_key, NULL)', [fields.data]],
          ['unique_shape = IF(data <=> ?, unique_shape, NULL)', [fields.data]],
        ] satisfies [string, unknown[]][])),
    ...FIELD_COLUMNS.filter((column) => column !== 'next_run_at' && column !== 'name').map(
      (column): [string, unknown[]] => [`${column} = ?`, [fields[column]]],
    ),
    ...Object.entries(change.failure ?? {}).map(([column, value]): [string, unknown[]] => [`${column} = ?`, [value]]),
    ['revision = revision + 1', []],
  ]
  const changed = await session.change(
    `UPDATE ${jobs} SET ${assignments.map(([text]) => text).join(', ')} WHERE id = ? AND name = ?`,
    [...assignments.flatMap(([, values]) => values), id, fields.name],
  )
  return changed === 1
}

/** Deletes the jobs with these ids and returns the ids that were there. Primary key, locked in its order. */
export async function deleteJobs(session: Session, jobs: string, ids: readonly string[]): Promise<Set<string>> {
  const rows = await session.rows<{ id: string }>(`SELECT id FROM ${jobs} WHERE id IN (?) ORDER BY id FOR UPDATE`, [
    ids,
  ])
  const found = rows.map(({ id }) => id)
  if (found.length > 0) await session.change(`DELETE FROM ${jobs} WHERE id IN (?)`, [found])
  return new Set(found)
}
