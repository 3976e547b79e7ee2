// Finding the job that a unique constraint means.
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { AgendaMySqlError } from '../errors.js'
import { ROW_COLUMNS, type JobFields, type JobRow } from '../job-row.js'
import type { Session } from '../database.js'
import type { Condition } from './selectors.js'

/** Fields of a job that a constraint may name, beside those of its data. */
const FIELDS: Record<string, string> = {
  _id: 'id',
  id: 'id',
  name: 'name',
  type: 'type',
  priority: 'priority',
  nextRunAt: 'next_run_at',
  lockedAt: 'locked_at',
  lastRunAt: 'last_run_at',
  lastFinishedAt: 'last_finished_at',
  failedAt: 'failed_at',
  failCount: 'fail_count',
  failReason: 'fail_reason',
  repeatInterval: 'repeat_interval',
  repeatTimezone: 'repeat_timezone',
  repeatAt: 'repeat_at',
  disabled: 'disabled',
  progress: 'progress',
  fork: 'fork',
  lastModifiedBy: 'last_modified_by',
  debounceStartedAt: 'debounce_started_at',
  startDate: 'start_date',
  endDate: 'end_date',
  data: 'data',
}

export interface UniqueConstraint {
  name: string
  condition: Condition
  /**
   * Hashes of the whole constraint and of its field names, for a constraint that the job's own data meets. The key has a
   * unique index, so of many saves at once only one inserts; the shape says for which rows the key alone decides.
   */
  key: Buffer | null
  shape: Buffer | null
}

/** @throws AgendaMySqlError BAD_UNIQUE_FIELD */
export function toConstraint(fields: JobFields, unique: Record<string, unknown>): UniqueConstraint {
  const entries = Object.entries(unique).sort(([a], [b]) => (a < b ? -1 : 1))
  const conditions = entries.map(([field, value]) => toCondition(field, value))
  const data: unknown = fields.data === null ? undefined : JSON.parse(fields.data)
  const isMet =
    entries.length > 0 &&
    entries.every(([field, value]) => {
      const path = pathOf(field)
      return (
        path !== undefined &&
        value !== undefined &&
        isDeepStrictEqual(valueAt(data, path), JSON.parse(JSON.stringify(value)))
      )
    })
  return {
    name: fields.name,
    condition: {
      text: ['name = ?', ...conditions.map(({ text }) => text)].join(' AND '),
      values: [fields.name, ...conditions.flatMap(({ values }) => values)],
    },
    key: isMet ? hash(JSON.stringify([fields.name, entries])) : null,
    shape: isMet ? hash(JSON.stringify(entries.map(([field]) => field))).subarray(0, 8) : null,
  }
}

/**
 * The job that meets the constraint. First by its key (unique index: one_unique); then by content among the jobs of this
 * name that were not saved under a constraint of the same fields (index: by_shape), of which there usually are none.
 */
export async function findUnique(
  session: Session,
  jobs: string,
  constraint: UniqueConstraint,
  lock: '' | 'FOR UPDATE',
): Promise<JobRow | undefined> {
  const { key, shape, condition } = constraint
  if (key) {
    const [row] = await session.rows<JobRow>(`SELECT ${ROW_COLUMNS} FROM ${jobs} WHERE unique_key = ? ${lock}`, [key])
    if (row) return row
  }
  const [found] = await session.rows<JobRow>(
    `SELECT ${ROW_COLUMNS} FROM ${jobs}
      WHERE ${condition.text} ${shape ? 'AND (unique_shape IS NULL OR unique_shape <> ?)' : ''} LIMIT 1`,
    shape ? [...condition.values, shape] : condition.values,
  )
  return found
}

function toCondition(field: string, value: unknown): Condition {
  const path = pathOf(field)
  if (path) {
    const text = '$' + path.map((part) => `.${JSON.stringify(part)}`).join('')
    if (value === undefined || value === null) {
      return { text: `COALESCE(JSON_CONTAINS(data, 'null', ?), 1) = 1`, values: [text] }
    }
    return { text: 'JSON_CONTAINS(data, ?, ?)', values: [JSON.stringify(value), text] }
  }
  const column = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined
  if (!column) throw new AgendaMySqlError('BAD_UNIQUE_FIELD', { field })
  if (column === 'data') return { text: 'JSON_CONTAINS(data, ?)', values: [JSON.stringify(value)] }
  return { text: `${column} <=> ?`, values: [toScalar(value)] }
}

function toScalar(value: unknown): string | number | boolean | null {
  if (value instanceof Date) return value.getTime()
  if (value === undefined || value === null) return null
  return typeof value === 'number' || typeof value === 'boolean' ? value : String(value)
}

/** `data.a.b` is the field b of the field a of the data. */
function pathOf(field: string): string[] | undefined {
  return field.startsWith('data.') ? field.slice('data.'.length).split('.') : undefined
}

function valueAt(data: unknown, path: string[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string, unknown>)[part]
        : undefined,
    data,
  )
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
