// A job as a row and as Agenda's JobParameters, and the lock that a job carries from where it was read.
import { toJobId, type JobParameters } from 'agenda'
import { AgendaMySqlError } from './errors.js'

/** What saveJob stores; instants are milliseconds since 1970. */
export interface JobFields {
  name: string
  type: 'normal' | 'single'
  priority: number
  next_run_at: number | null
  disabled: number
  data: string | null
  repeat_interval: string | null
  repeat_timezone: string | null
  repeat_at: string | null
  start_date: number | null
  end_date: number | null
  skip_days: string | null
  fork: number
  debounce_started_at: number | null
  last_modified_by: string | null
}

/** What the processor writes about a job's run. */
export interface RunFields {
  last_run_at: number | null
  last_finished_at: number | null
  failed_at: number | null
  fail_count: number | null
  fail_reason: string | null
  progress: number | null
}

export interface JobRow extends JobFields, RunFields {
  id: string
  locked_at: number | null
  lock_token: string | null
  schedule_version: number
}

/** In the order in which rows are inserted. */
export const FIELD_COLUMNS = [
  'name',
  'type',
  'priority',
  'next_run_at',
  'disabled',
  'data',
  'repeat_interval',
  'repeat_timezone',
  'repeat_at',
  'start_date',
  'end_date',
  'skip_days',
  'fork',
  'debounce_started_at',
  'last_modified_by',
] as const satisfies (keyof JobFields)[]

export const RUN_COLUMNS = [
  'last_run_at',
  'last_finished_at',
  'failed_at',
  'fail_count',
  'fail_reason',
  'progress',
] as const satisfies (keyof RunFields)[]

/** All that makes a JobRow. */
export const ROW_COLUMNS = ['id', ...FIELD_COLUMNS, ...RUN_COLUMNS, 'locked_at', 'lock_token', 'schedule_version'].join(
  ', ',
)

/** The claim under which a job was read. */
export interface Lock {
  /** Who saves must still find this token in the row. */
  readonly token: string
  /** Set when this process claimed the job: the schedule it saw. A later schedule, set by somebody else, is not overwritten. */
  readonly scheduleVersion?: number
  /** The job was claimed and its start is not saved yet. */
  starting: boolean
}

/**
 * Where a job carries its lock. Agenda copies a job's properties into its own object, and a symbol goes along with
 * them; it leaves it out where jobs are printed, compared by name, or saved.
 */
const LOCK = Symbol('agenda-mysql.lock')

/** The lock that a job has carried since it was read or claimed; undefined for one that was never locked or made by hand. */
export function lockOf(job: object): Lock | undefined {
  return (job as { [LOCK]?: Lock })[LOCK]
}

/** Agenda's view of a row. `claim` is given for a job that this process has just locked. */
export function toJob(row: JobRow, claim?: Lock): JobParameters {
  const lock = claim ?? (row.lock_token === null ? undefined : { token: row.lock_token, starting: false })
  return {
    _id: toJobId(row.id),
    name: row.name,
    priority: Number(row.priority),
    nextRunAt: toDate(row.next_run_at) ?? null,
    type: row.type,
    lockedAt: toDate(row.locked_at),
    lastFinishedAt: toDate(row.last_finished_at),
    failedAt: toDate(row.failed_at),
    failCount: row.fail_count ?? undefined,
    failReason: row.fail_reason ?? undefined,
    repeatTimezone: row.repeat_timezone ?? undefined,
    lastRunAt: toDate(row.last_run_at),
    repeatInterval: toInterval(row.repeat_interval),
    data: row.data === null ? undefined : JSON.parse(row.data),
    repeatAt: row.repeat_at ?? undefined,
    disabled: Boolean(Number(row.disabled)),
    progress: row.progress ?? undefined,
    fork: Boolean(Number(row.fork)),
    lastModifiedBy: row.last_modified_by ?? undefined,
    debounceStartedAt: toDate(row.debounce_started_at),
    startDate: toDate(row.start_date),
    endDate: toDate(row.end_date),
    skipDays: row.skip_days === null ? undefined : JSON.parse(row.skip_days),
    ...(lock && { [LOCK]: lock }),
    // Agenda's type leaves no room for undefined under exactOptionalPropertyTypes, its own backends return it all the same.
  } as JobParameters
}

/** @throws AgendaMySqlError BAD_DATE */
export function toFields(job: JobParameters, lastModifiedBy: string | undefined): JobFields {
  return {
    name: String(job.name),
    type: job.type === 'single' ? 'single' : 'normal',
    priority: Number(job.priority ?? 0),
    next_run_at: toMillis(job, 'nextRunAt'),
    disabled: job.disabled ? 1 : 0,
    data: JSON.stringify(job.data) ?? null,
    repeat_interval:
      job.repeatInterval === undefined || job.repeatInterval === null ? null : String(job.repeatInterval),
    repeat_timezone: toText(job.repeatTimezone),
    repeat_at: toText(job.repeatAt),
    start_date: toMillis(job, 'startDate'),
    end_date: toMillis(job, 'endDate'),
    skip_days: job.skipDays ? JSON.stringify(job.skipDays) : null,
    fork: job.fork ? 1 : 0,
    debounce_started_at: toMillis(job, 'debounceStartedAt'),
    last_modified_by: toText(lastModifiedBy),
  }
}

/** @throws AgendaMySqlError BAD_DATE */
export function toRunFields(job: JobParameters): RunFields {
  return {
    last_run_at: toMillis(job, 'lastRunAt'),
    last_finished_at: toMillis(job, 'lastFinishedAt'),
    failed_at: toMillis(job, 'failedAt'),
    fail_count: job.failCount ?? null,
    fail_reason: toText(job.failReason),
    progress: job.progress ?? null,
  }
}

/** Whether the job repeats after a span of time, as "5 minutes" and 5000 do, and not at times of the calendar, as a cron expression does. */
export function repeatsByInterval(
  job: Pick<JobParameters, 'repeatInterval'> | Pick<JobRow, 'repeat_interval'>,
): boolean {
  const interval = String(
    ('repeat_interval' in job ? job.repeat_interval : (job as JobParameters).repeatInterval) ?? '',
  )
  return interval !== '' && !isCron(interval)
}

/** Predefined, such as `@daily`, or five or six fields of numbers, signs and names of three letters. */
function isCron(interval: string): boolean {
  const fields = interval.trim().split(/\s+/)
  if (fields.length === 1) return interval.startsWith('@')
  return fields.length >= 5 && fields.every((field) => /^([\d*/,?#LW-]+|[a-z]{3}([,-][a-z]{3})*(#\d)?)$/i.test(field))
}

function toDate(millis: number | string | null): Date | undefined {
  return millis === null ? undefined : new Date(Number(millis))
}

/** Milliseconds of a date field; null for none. @throws AgendaMySqlError BAD_DATE */
export function toMillis(
  job: JobParameters,
  field:
    | 'nextRunAt'
    | 'startDate'
    | 'endDate'
    | 'debounceStartedAt'
    | 'lastRunAt'
    | 'lastFinishedAt'
    | 'failedAt'
    | 'lockedAt',
): number | null {
  const value = job[field]
  if (value === undefined || value === null) return null
  const millis = new Date(value).getTime()
  if (Number.isNaN(millis)) throw new AgendaMySqlError('BAD_DATE', { field, name: job.name })
  return millis
}

/** What is typed as text may arrive as something else: a forked job that throws has an object as its reason. */
function toText(value: unknown): string | null {
  if (value === undefined || value === null) return null
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** An interval of digits alone was given as a number of milliseconds, and Agenda takes both for the same. */
function toInterval(text: string | null): string | number | undefined {
  if (text === null) return undefined
  return /^\d+$/.test(text) ? Number(text) : text
}
