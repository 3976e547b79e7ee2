// A collector of its own for a suite: real service, real database, the restricted account.
import { randomBytes } from 'node:crypto'
import { accountName, createAccounts, toId } from '@segue/database'
import { start } from '@segue/collector'
import { readCollectorConfig } from '@segue/collector/config'
import type { Envelope, EventSchema } from '@segue/event-model'
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise'

/** The key of the profile ids that test collectors give out. */
export const PROFILE_ID_KEY = 'a1'.repeat(32)

/** Columns of a source that a test cares about. */
export interface SourceRow {
  id: string
  channel: 'tracker' | 'segment' | 'webhook' | 'pixel' | 'bridge'
  enabled: boolean
  trusted: boolean
  write_key_hash: Buffer
  origins: string[]
  synchronous: boolean
  answer_within_ms: number
  debuggable: boolean
  events_per_second: number
}

/** One event as it lies in the inbox. */
export interface InboxEvent {
  partition: number
  eventId: string
  sourceId: string
  envelope: Envelope
}

/** A database with a collector before it. */
export interface TestCollector {
  url: string
  healthUrl: string
  /** URL of the database with the collector's own account. */
  accountUrl: string
  /** As root, in the database. */
  admin: Connection
  /** Inserts or replaces a source. */
  source(row: Partial<SourceRow> & Pick<SourceRow, 'id' | 'channel'>): Promise<void>
  schema(schema: EventSchema): Promise<void>
  /** What lies in the inbox, oldest first. */
  inbox(): Promise<InboxEvent[]>
  clear(): Promise<void>
  close(): Promise<void>
}

/** Environment of a collector on `mysqlUrl`; more variables as a test needs them. */
export function collectorEnvironment(mysqlUrl: string, more: Record<string, string> = {}): NodeJS.ProcessEnv {
  return {
    SEGUE_ENVIRONMENT: 'staging',
    SEGUE_LOG_LEVEL: 'error',
    SEGUE_MYSQL_URL: mysqlUrl,
    SEGUE_COLLECTOR_PORT: '0',
    SEGUE_HEALTH_PORT: '0',
    SEGUE_PROFILE_ID_KEY: PROFILE_ID_KEY,
    ...more,
  }
}

/** Creates the collector's account on a migrated database; returns the database's URL with it. */
export async function createCollectorAccount(databaseUrl: string): Promise<string> {
  const url = new URL(databaseUrl)
  const database = url.pathname.slice(1)
  const password = randomBytes(12).toString('hex')
  await createAccounts({ adminUrl: databaseUrl, database, passwords: { collector: password } })
  url.username = accountName(database, 'collector')
  url.password = password
  return url.href
}

/** Starts a collector on a migrated database; a second one there uses the account of the first. */
export async function startCollector(
  database: { url: string },
  more: Record<string, string> = {},
  first?: TestCollector,
): Promise<TestCollector> {
  const accountUrl = first?.accountUrl ?? (await createCollectorAccount(database.url))
  const admin = await createConnection({ uri: database.url, timezone: 'Z' })
  const running = await start(readCollectorConfig(collectorEnvironment(accountUrl, more)))
  return {
    url: running.url,
    healthUrl: `http://127.0.0.1:${running.healthPort}`,
    accountUrl,
    admin,
    source: (row) => insertSource(admin, row),
    async schema({ eventTypeId, sourceId, schema, onInvalid }) {
      await admin.query(
        'REPLACE INTO event_schema (event_type_id, source_id, `schema`, on_invalid, updated_at) VALUES (?, ?, ?, ?, NOW(3))',
        [eventTypeId, sourceId ?? '', JSON.stringify(schema), onInvalid],
      )
    },
    inbox: () => readInbox(admin),
    async clear() {
      await admin.query('DELETE FROM inbox')
    },
    async close() {
      await running.close()
      if (!first) await admin.query('DROP USER ?@?', [new URL(accountUrl).username, '%'])
      await admin.end()
    },
  }
}

/** Inserts or replaces a source. */
export async function insertSource(
  admin: Connection,
  row: Partial<SourceRow> & Pick<SourceRow, 'id' | 'channel'>,
): Promise<void> {
  const { origins = [], ...columns } = row
  const values = { name: row.id, origins: JSON.stringify(origins), ...columns }
  await admin.query('REPLACE INTO event_source SET ?, created_at = NOW(3), updated_at = NOW(3)', [values])
}

/** What lies in an inbox, oldest first. */
export async function readInbox(admin: Connection): Promise<InboxEvent[]> {
  const [rows] = await admin.query<RowDataPacket[]>('SELECT partition_no, id, source_id, body FROM inbox ORDER BY id')
  return rows.map((row) => ({
    partition: row['partition_no'],
    eventId: toId(row['id']),
    sourceId: row['source_id'],
    envelope: JSON.parse((row['body'] as Buffer).toString('utf8')) as Envelope,
  }))
}

/** An answer with its body parsed, as a success or as an error. */
export interface Answer {
  status: number
  headers: Headers
  body: TrackerBody & ErrorBody
}

/** Posts JSON; `init` may say otherwise. */
export async function post(url: string, body: unknown, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] }
}

export interface ErrorBody {
  error: { code: string; message: string; path?: string }
  success?: boolean
}

export interface TrackerBody {
  task: string
  ux: unknown[]
  response: Record<string, unknown>
  events: string[]
  profile: { id: string } | null
  session: { id: string } | null
  errors: string[]
  warnings: string[]
}
