// Update and migration: brings the schema up to date at start, then keeps partitions and forgets what is past its time, once an hour.
import { setTimeout as pause } from 'node:timers/promises'
import { connect, deleteOldFeed, MUTATION_HOURS } from '@segue/database'
import { createLogger, createMetrics, startHealthServer, type Logger, type Running } from '@segue/service'
import type { Connection } from 'mysql2/promise'
import type { MigrationWorkerConfig } from './config.js'
import { asJob, type Progress } from './job.js'
import { prepareDatabase } from './prepare.js'
import { deleteOldEventKeys } from './sql/event-key.js'
import { deleteOldJobs } from './sql/job.js'
import { deleteOldMutationRequests } from './sql/mutation-request.js'
import { deletePastRuns } from './sql/past-runs.js'

export { prepareDatabase } from './prepare.js'

const UPKEEP_MS = 60 * 60 * 1000
const RETRY_MS = 2000

/** How long changes are kept for watchers who come again after a break, and how often older ones are forgotten: a busy hour is hundreds of megabytes. */
const FEED_SECONDS = 15 * 60
const FEED_UPKEEP_MS = 60 * 1000
/** Rows a statement: short transactions. */
const FEED_CHUNK = 500

/**
 * How long a client's event id is remembered: a repeat within two weeks is dropped. Longer than any client retries; each day costs some
 * sixty bytes an event.
 */
export const EVENT_KEY_SECONDS = 14 * 24 * 60 * 60

/** Starts; readiness says whether the schema is up to date. Waits for a database that is not there yet. */
export async function start(config: MigrationWorkerConfig): Promise<Running & { port: number }> {
  const log = createLogger('migration-worker', config.logLevel)
  const ending = new AbortController()
  let ready = false
  const health = await startHealthServer({
    host: config.healthHost,
    port: config.healthPort,
    metrics: createMetrics('migration-worker'),
    checks: {
      schema: async () => {
        if (!ready) throw new Error('The schema is not up to date yet.')
      },
    },
  })
  let forgetting: Promise<void> | undefined
  const working = (async () => {
    while (!ending.signal.aborted) {
      const done = await upkeep(config, log, ending.signal)
      ready ||= done
      // From when there is a feed.
      if (done) forgetting ??= forgetFeed(config.mysqlUrl, log, ending.signal)
      await pause(done ? UPKEEP_MS : RETRY_MS, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  })()
  return {
    port: health.port,
    async close() {
      ending.abort()
      await working
      await forgetting
      await health.close()
    },
  }
}

async function upkeep(config: MigrationWorkerConfig, log: Logger, signal: AbortSignal): Promise<boolean> {
  try {
    const ran = await prepareDatabase(config.mysqlUrl, {
      events: config.retentionMonths,
      audit: config.auditRetentionMonths,
    })
    if (ran.length > 0) log.info({ migrations: ran }, 'Migrated the schema')
    await forget(config.mysqlUrl, signal)
    return true
  } catch (error) {
    log.warn({ err: error }, 'Migration or upkeep failed; trying again')
    return false
  }
}

/** Ids that clients gave their events and mutations, once they are past their time. */
async function forget(url: string, signal: AbortSignal): Promise<void> {
  const pool = connect({ url, connections: 2 })
  const connection = await pool.getConnection()
  try {
    await asJob(pool, 'forget-event-keys', (progress) => forgetEventKeys(connection, progress, signal))
    await deleteOldJobs(pool)
    while (!signal.aborted && (await deleteOldMutationRequests(connection, MUTATION_HOURS)));
    while (!signal.aborted && (await deletePastRuns(connection)));
  } finally {
    connection.release()
    await pool.end()
  }
}

async function forgetEventKeys(connection: Connection, progress: Progress, signal: AbortSignal): Promise<void> {
  const before = Math.floor(Date.now() / 1000) - EVENT_KEY_SECONDS
  for (let done = 0, more = true; more && !signal.aborted;) {
    const deleted = await deleteOldEventKeys(connection, before)
    more = deleted.more
    done += deleted.count
    if (deleted.count > 0) await progress(done)
  }
}

/** Forgets old changes of the feed, for as long as the process lives. */
async function forgetFeed(url: string, log: Logger, signal: AbortSignal): Promise<void> {
  const pool = connect({ url, connections: 1 })
  const database = {
    query: async <Rows>(sql: string, values?: unknown[]): Promise<Rows> => (await pool.query(sql, values))[0] as Rows,
  }
  while (!signal.aborted) {
    try {
      while (!signal.aborted && (await deleteOldFeed(database, FEED_SECONDS, FEED_CHUNK)));
    } catch (error) {
      log.warn({ err: error }, 'The change feed could not be shortened; trying again')
    }
    await pause(FEED_UPKEEP_MS, undefined, { signal }).catch(() => undefined)
  }
  await pool.end()
}
