// The sources and schemas in memory: read once a second, served stale while the database is away.
import { hashOfWriteKey } from '@segue/database'
import { compileSchemas, type CompiledSchemas } from '@segue/event-model'
import type { Logger } from '@segue/service'
import type { Pool } from 'mysql2/promise'
import { loadSchemas, loadSources, schemasVersion, type SourceRow } from '../sql/load-sources.js'
import type { Channel, Submission } from '../submission.js'

const EVERY_MS = 1000
/** Unknown sources are looked for at most this often, however many strangers ask. */
const AT_MOST_EVERY_MS = 100

/** A source as the edge knows it. */
export interface Source {
  id: string
  channel: Channel
  enabled: boolean
  /** Server-side: its profile ids, identities and statements about clients are believed. */
  trusted: boolean
  /** SHA-256 of its write key. */
  keyHash: Buffer | null
  /** Allowed origins; null: any. */
  origins: ReadonlySet<string> | null
  synchronous: boolean
  answerWithinMs: number
  debuggable: boolean
  eventsPerSecond: number | null
}

export interface Catalogue {
  find(reference: Submission['source']): Source | undefined
  readonly schemas: CompiledSchemas
  /** When sources were last read successfully, ms since 1970; 0: never. */
  readonly readAt: number
  /** Resolves when sources were read that are as new as this call (or a tenth of a second older); rejects when they cannot be read. */
  fresh(): Promise<void>
  close(): Promise<void>
}

/** Reads now and then once a second. `onRead` is called after each success: the database is there. */
export function catalogue(pool: Pool, logger: Logger, onRead: () => void): Catalogue {
  let byId = new Map<string, Source>()
  let byKey = new Map<string, Source>()
  let schemas = compileSchemas([])
  let version = ''
  let readAt = 0
  let failing = false
  let current: Promise<void> | null = null
  let next: Promise<void> | null = null
  let closed = false

  async function read(): Promise<void> {
    const sources = (await loadSources(pool)).map(sourceOf)
    const newVersion = await schemasVersion(pool)
    if (newVersion !== version) {
      schemas = compileSchemas(await loadSchemas(pool), schemas)
      version = newVersion
      for (const { eventTypeId, sourceId, reason } of schemas.broken)
        logger.warn({ eventTypeId, sourceId, reason }, 'a schema cannot be used; events are not checked against it')
    }
    byId = new Map(sources.map((source) => [source.id, source]))
    byKey = new Map(sources.flatMap((source) => (source.keyHash ? [[source.keyHash.toString('latin1'), source]] : [])))
    readAt = Date.now()
  }

  function refresh(): Promise<void> {
    current ??= read()
      .then(
        () => {
          if (failing) logger.info('the database is back')
          failing = false
          onRead()
        },
        (error: unknown) => {
          if (!failing)
            logger.error({ code: codeOf(error) }, 'the database cannot be read; known sources are served as they were')
          failing = true
          throw error
        },
      )
      .finally(() => {
        current = null
      })
    return current
  }

  const timer = setInterval(() => void refresh().catch(() => undefined), EVERY_MS)
  void refresh().catch(() => undefined)

  return {
    find: (reference) =>
      'id' in reference ? byId.get(reference.id) : byKey.get(hashOfWriteKey(reference.writeKey).toString('latin1')),
    get schemas() {
      return schemas
    },
    get readAt() {
      return readAt
    },
    fresh() {
      // One that is under way may have read before the row appeared: all who ask meanwhile share the one after it.
      next ??= new Promise((resolve) => setTimeout(resolve, AT_MOST_EVERY_MS))
        .then(() => current?.catch(() => undefined))
        .then(() => {
          next = null
          return closed ? undefined : refresh()
        })
      return next
    },
    async close() {
      closed = true
      clearInterval(timer)
      await Promise.allSettled([current, next])
    },
  }
}

function sourceOf(row: SourceRow): Source {
  const origins = JSON.parse(row.origins) as string[]
  return {
    id: row.id,
    channel: row.channel,
    enabled: row.enabled === 1,
    trusted: row.trusted === 1,
    keyHash: row.write_key_hash,
    origins: origins.length > 0 ? new Set(origins.map((origin) => origin.toLowerCase().replace(/\/$/, ''))) : null,
    synchronous: row.synchronous === 1,
    answerWithinMs: row.answer_within_ms,
    debuggable: row.debuggable === 1,
    eventsPerSecond: row.events_per_second,
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
