// The job log: appended to, searched by job, name, time.
import type { JobLogEntry, JobLogQuery } from 'agenda'
import type { Session } from '../database.js'

interface LogRow {
  id: number
  logged_at: number
  level: JobLogEntry['level']
  event: JobLogEntry['event']
  job_id: string | null
  job_name: string
  message: string
  duration: number | null
  error: string | null
  fail_count: number | null
  retry_delay: number | null
  retry_attempt: number | null
  agenda_name: string | null
  meta: string | null
}

/** Appends entries in one statement. */
export async function insertLogEntries(
  session: Session,
  table: string,
  entries: readonly Omit<JobLogEntry, '_id'>[],
): Promise<void> {
  await session.change(
    `INSERT INTO ${table} (logged_at, level, event, job_id, job_name, message, duration, error, fail_count, retry_delay, retry_attempt, agenda_name, meta) VALUES ?`,
    [
      entries.map((entry) => [
        entry.timestamp.getTime(),
        entry.level,
        entry.event,
        entry.jobId ?? null,
        entry.jobName,
        entry.message,
        entry.duration ?? null,
        entry.error ?? null,
        entry.failCount ?? null,
        entry.retryDelay ?? null,
        entry.retryAttempt ?? null,
        entry.agendaName ?? null,
        entry.meta ? JSON.stringify(entry.meta) : null,
      ]),
    ],
  )
}

/** A page of matching entries, newest first unless asked otherwise, and how many match. Index: by_job, by_name or by_time. */
export async function readLogEntries(
  session: Session,
  table: string,
  query: JobLogQuery,
): Promise<{ entries: JobLogEntry[]; total: number }> {
  const { text, values } = conditionOf(query)
  const direction = query.sort === 'asc' ? 'ASC' : 'DESC'
  const [rows, counts] = await Promise.all([
    session.rows<LogRow>(
      `SELECT * FROM ${table} ${text} ORDER BY logged_at ${direction}, id ${direction} LIMIT ? OFFSET ?`,
      [...values, query.limit ?? 50, query.offset ?? 0],
    ),
    session.rows<{ total: number }>(`SELECT COUNT(*) AS total FROM ${table} ${text}`, values),
  ])
  return { entries: rows.map(toEntry), total: Number(counts[0]?.total) }
}

/** Deletes matching entries, all without a query; returns how many. */
export function deleteLogEntries(session: Session, table: string, query: JobLogQuery): Promise<number> {
  const { text, values } = conditionOf(query)
  return session.change(`DELETE FROM ${table} ${text}`, values)
}

function conditionOf(query: JobLogQuery): { text: string; values: unknown[] } {
  const conditions: [string, unknown][] = []
  if (query.jobId) conditions.push(['job_id = ?', query.jobId])
  if (query.jobName) conditions.push(['job_name = ?', query.jobName])
  if (query.level?.length) conditions.push(['level IN (?)', [query.level].flat()])
  if (query.event?.length) conditions.push(['event IN (?)', [query.event].flat()])
  if (query.from) conditions.push(['logged_at >= ?', query.from.getTime()])
  if (query.to) conditions.push(['logged_at <= ?', query.to.getTime()])
  return {
    text: conditions.length > 0 ? `WHERE ${conditions.map(([text]) => text).join(' AND ')}` : '',
    values: conditions.map(([, value]) => value),
  }
}

function toEntry(row: LogRow): JobLogEntry {
  const optional = {
    jobId: row.job_id,
    duration: row.duration,
    error: row.error,
    failCount: row.fail_count,
    retryDelay: row.retry_delay,
    retryAttempt: row.retry_attempt,
    agendaName: row.agenda_name,
    meta: row.meta === null ? null : JSON.parse(row.meta),
  }
  return {
    _id: String(row.id),
    timestamp: new Date(Number(row.logged_at)),
    level: row.level,
    event: row.event,
    jobName: row.job_name,
    message: row.message,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null)),
  }
}
