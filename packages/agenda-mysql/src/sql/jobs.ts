// Reading jobs, and changing all that a selector matches.
import type { JobsOverview, JobsQueryOptions, JobState } from 'agenda'
import { ROW_COLUMNS, type JobRow } from '../job-row.js'
import type { Session } from '../database.js'
import { NOW } from './clock.js'
import { queryConditionOf, type Condition } from './selectors.js'

/** A job's state, computed as Agenda's computeJobState does it. */
const STATE = `CASE
  WHEN locked_at IS NOT NULL THEN 'running'
  WHEN failed_at IS NOT NULL AND (last_finished_at IS NULL OR failed_at >= last_finished_at) THEN 'failed'
  WHEN repeat_interval IS NOT NULL AND repeat_interval NOT IN ('', '0') THEN 'repeating'
  WHEN next_run_at > ${NOW} THEN 'scheduled'
  WHEN next_run_at <= ${NOW} THEN 'queued'
  ELSE 'completed' END`

/** One job, also locked for the transaction when it must not change meanwhile. Primary key. */
export async function readJob(
  session: Session,
  jobs: string,
  id: string,
  lock: '' | 'FOR UPDATE' = '',
): Promise<JobRow | undefined> {
  const [row] = await session.rows<JobRow>(
    `SELECT ${ROW_COLUMNS} FROM ${jobs} WHERE id = CONVERT(? USING ascii) ${lock}`,
    [id],
  )
  return row
}

/** The job of type `single` with this name. Unique index: one_single. */
export async function readSingle(
  session: Session,
  jobs: string,
  name: string,
  lock: '' | 'FOR UPDATE',
): Promise<JobRow | undefined> {
  const [row] = await session.rows<JobRow>(`SELECT ${ROW_COLUMNS} FROM ${jobs} WHERE single_name = ? ${lock}`, [name])
  return row
}

/** A page of jobs with their states, and how many match in all. Index: claim (names), primary key (ids), else by_next_run. */
export async function queryJobs(
  session: Session,
  jobs: string,
  options: JobsQueryOptions,
): Promise<{ rows: (JobRow & { state: JobState })[]; total: number }> {
  const condition = queryConditionOf(options)
  if (options.state === 'paused') condition.text += ' AND disabled = 1'
  else if (options.state) {
    condition.text += ` AND ${STATE} = ?`
    condition.values.push(options.state)
  }
  const { skip = 0, limit = 0 } = options
  const paged = limit > 0 || skip > 0
  const rows = await session.rows<JobRow & { state: JobState }>(
    `SELECT ${ROW_COLUMNS}, ${STATE} AS state FROM ${jobs} WHERE ${condition.text} ORDER BY ${orderOf(options.sort)}
     ${paged ? 'LIMIT ? OFFSET ?' : ''}`,
    paged ? [...condition.values, limit > 0 ? limit : Number.MAX_SAFE_INTEGER, skip] : condition.values,
  )
  if (!paged) return { rows, total: rows.length }
  const [count] = await session.rows<{ total: number }>(
    `SELECT COUNT(*) AS total FROM ${jobs} WHERE ${condition.text}`,
    condition.values,
  )
  return { rows, total: Number(count?.total) }
}

const SORT_COLUMNS = {
  nextRunAt: 'next_run_at',
  lastRunAt: 'last_run_at',
  lastFinishedAt: 'last_finished_at',
  priority: 'priority',
  name: 'name',
  data: 'data',
} as const

/** Jobs without a value come last in both directions; of equals the older one comes first, so that pages do not overlap. */
function orderOf(sort: JobsQueryOptions['sort']): string {
  const asked = Object.entries(sort ?? {}).flatMap(([field, direction]) => {
    const column = SORT_COLUMNS[field as keyof typeof SORT_COLUMNS]
    if (!column || !direction) return []
    // Agenda itself says 'asc' and 'desc'; those who come from MongoDB say 1 and -1.
    const ascending = direction === 'asc' || Number(direction) > 0
    return [`${column} IS NULL`, `${column} ${ascending ? 'ASC' : 'DESC'}`]
  })
  return [...(asked.length > 0 ? asked : ['next_run_at DESC', 'last_run_at DESC']), 'id'].join(', ')
}

/** How many jobs of each name are in which state. A full pass over the table. */
export async function readOverview(session: Session, jobs: string): Promise<JobsOverview[]> {
  const rows = await session.rows<{ name: string; state: JobState; jobs: number; paused: number }>(
    `SELECT name, ${STATE} AS state, COUNT(*) AS jobs, SUM(disabled) AS paused FROM ${jobs} GROUP BY name, state ORDER BY name`,
  )
  const overviews = new Map<string, JobsOverview>()
  for (const row of rows) {
    const overview = overviews.get(row.name) ?? {
      name: row.name,
      total: 0,
      running: 0,
      scheduled: 0,
      queued: 0,
      completed: 0,
      failed: 0,
      repeating: 0,
      paused: 0,
    }
    overview.total += Number(row.jobs)
    overview[row.state] += Number(row.jobs)
    overview.paused += Number(row.paused)
    overviews.set(row.name, overview)
  }
  return [...overviews.values()]
}

/** Names that jobs have, in order. Index: claim, skipping from name to name. */
export async function readNames(session: Session, jobs: string): Promise<string[]> {
  const rows = await session.rows<{ name: string }>(`SELECT DISTINCT name FROM ${jobs} ORDER BY name`)
  return rows.map(({ name }) => name)
}

/** How many jobs are due. Index: by_next_run. */
export async function countDue(session: Session, jobs: string): Promise<number> {
  const [row] = await session.rows<{ due: number }>(`SELECT COUNT(*) AS due FROM ${jobs} WHERE next_run_at < ${NOW}`)
  return Number(row?.due)
}

/** Enables or disables what matches; returns how many jobs match, also those that were so already. */
export function setDisabled(session: Session, jobs: string, condition: Condition, disabled: boolean): Promise<number> {
  return session.change(`UPDATE ${jobs} SET disabled = ?, revision = revision + 1 WHERE ${condition.text}`, [
    disabled ? 1 : 0,
    ...condition.values,
  ])
}

/** Deletes what matches, without a condition everything. */
export function deleteMatching(session: Session, jobs: string, condition?: Condition): Promise<number> {
  return session.change(`DELETE FROM ${jobs} ${condition ? `WHERE ${condition.text}` : ''}`, condition?.values)
}
