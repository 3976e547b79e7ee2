// Everything that this package refuses, in one table: a code and what to do about it.

const messages = {
  NO_CONNECTION_GIVEN: 'MySqlBackend requires pool, connectionString, or poolConfig.',
  BAD_TABLE_PREFIX: 'The table prefix "{prefix}" may hold only letters, digits and underscores, at most 40 of them.',
  BAD_PREFETCH: 'prefetch is {prefetch}; it must be a whole number from 1 (no prefetching) to 1000.',
  CONNECT_FAILED: 'The database could not be reached within {seconds} s: {reason}',
  NOT_CONNECTED: 'The backend is not connected: call connect(), or wait for agenda.ready, first.',
  TRANSACTION_ENDED:
    'A job was saved or changed inside withTransaction() after its callback had ended. Await everything in the callback, and do not start Agenda in it.',
  BAD_DATE: 'The field "{field}" of job {name} is not a valid date.',
  NO_JOB_ID: 'Cannot save job state without job ID.',
  JOB_GONE:
    'job {id} (name: {name}) cannot be updated in the database, maybe it does not exist anymore? It was removed, or another worker took it over after its lock had expired; what this worker knows of it is not written.',
  JOB_DISABLED: 'job {id} (name: {name}) was disabled before it started; it is not run.',
  BAD_UNIQUE_FIELD:
    'Invalid unique constraint field: "{field}". Name a field of the job, or of its data as "data.field".',
  CHANNEL_NOT_CONNECTED: 'Cannot publish: channel not connected.',
} as const

/** A failure with a stable code; the message says what happened and what to do. */
export class AgendaMySqlError extends Error {
  override readonly name = 'AgendaMySqlError'

  constructor(
    /** Stable code out of the table above. */
    readonly code: keyof typeof messages,
    values: Record<string, string | number> = {},
  ) {
    super(messages[code].replace(/\{(\w+)\}/g, (_, key: string) => String(values[key] ?? '')))
  }
}

/** The database gave up one of several transactions that met, or a lock was waited for too long: the same again succeeds. */
const CONTENTION = new Set(['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD'])

/** The server is away, going down, or coming up; or the connection to it was cut. */
const CONNECTION = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
  'ER_SERVER_SHUTDOWN',
  'ER_CON_COUNT_ERROR',
  'ER_QUERY_INTERRUPTED',
  'ER_CONNECTION_KILLED',
  'ER_NEW_ABORTING_CONNECTION',
  'ER_ABORTING_CONNECTION',
  'POOL_ENQUEUELIMIT',
  'ERR_STREAM_DESTROYED',
])

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? '')
}

/** Whether the same statements, run again at once, may succeed. */
export function isContention(error: unknown): boolean {
  return CONTENTION.has(codeOf(error))
}

/** Whether the database was out of reach; what was sent may or may not have been done. */
export function isConnectionLoss(error: unknown): boolean {
  const message = error instanceof Error ? error.message : ''
  return CONNECTION.has(codeOf(error)) || /closed state|Connection lost|Server shutdown/i.test(message)
}

/** Whether a row with the same unique key is there already. */
export function isDuplicate(error: unknown): boolean {
  return codeOf(error) === 'ER_DUP_ENTRY'
}

/** The message of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || codeOf(error) : String(error)
}
