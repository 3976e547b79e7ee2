// Update and migration: brings the schema up to date at start, then keeps partitions and forgets what is past its time, once an hour.
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from '@segue/database'
import { createLogger, createMetrics, startHealthServer, type Logger, type Running } from '@segue/service'
import type { MigrationWorkerConfig } from './config.js'
import { prepareDatabase } from './prepare.js'
import { deleteOldEventKeys } from './sql/event-key.js'

export { prepareDatabase } from './prepare.js'

const UPKEEP_MS = 60 * 60 * 1000
const RETRY_MS = 2000

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
  const working = (async () => {
    while (!ending.signal.aborted) {
      const done = await upkeep(config, log, ending.signal)
      ready ||= done
      await pause(done ? UPKEEP_MS : RETRY_MS, undefined, { signal: ending.signal }).catch(() => undefined)
    }
  })()
  return {
    port: health.port,
    async close() {
      ending.abort()
      await working
      await health.close()
    },
  }
}

async function upkeep(config: MigrationWorkerConfig, log: Logger, signal: AbortSignal): Promise<boolean> {
  try {
    const ran = await prepareDatabase(config.mysqlUrl, config.retentionMonths)
    if (ran.length > 0) log.info({ migrations: ran }, 'Migrated the schema')
    await forgetEventKeys(config.mysqlUrl, signal)
    return true
  } catch (error) {
    log.warn({ err: error }, 'Migration or upkeep failed; trying again')
    return false
  }
}

async function forgetEventKeys(url: string, signal: AbortSignal): Promise<void> {
  const pool = connect({ url, connections: 1 })
  const connection = await pool.getConnection()
  try {
    const before = Math.floor(Date.now() / 1000) - EVENT_KEY_SECONDS
    while (!signal.aborted && (await deleteOldEventKeys(connection, before)));
  } finally {
    connection.release()
    await pool.end()
  }
}
