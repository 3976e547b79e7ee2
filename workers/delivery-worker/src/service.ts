// The delivery worker: performs what leaves the house, again until it arrives, and wakes the runs that wait for the answers. Several share the work.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from '@segue/database'
import { AddressPolicy, createHttpTransport, createMailTransport } from '@segue/outgoing'
import { SecretBox } from '@segue/secrets'
import { createLogger, createMetrics, startHealthServer, type Running } from '@segue/service'
import type { Pool } from 'mysql2/promise'
import type { DeliveryWorkerConfig } from './config.js'
import { Dispatcher } from './dispatcher.js'
import { Finisher } from './finisher.js'
import { deliveryMetrics, type DeliveryMetrics } from './metrics.js'
import { Sender } from './sender.js'
import { selectOldestDueSeconds } from './sql/oldest-due.js'
import { TIMINGS, type Timings } from './timings.js'

/** Claims, ends, leases, verdicts (two), the oldest. */
const CONNECTIONS = 6
/** A frozen worker's connections end after this, and with them its locks. */
const IDLE_SECONDS = 8
const OLDEST_MS = 5000
/** What an end may still take to write: with the grace of what is under way less than the process's 20 s. */
const WRITE_MS = 5000

/** Starts sending; waits for a database that is not there yet. `timings`: for tests that cannot wait for minutes. */
export async function start(
  config: DeliveryWorkerConfig,
  timings: Timings = TIMINGS,
): Promise<Running & { port: number }> {
  const log = createLogger('delivery-worker', config.logLevel)
  const registry = createMetrics('delivery-worker')
  const pool = connect({
    url: config.mysqlUrl,
    connections: CONNECTIONS,
    idleTimeoutSeconds: IDLE_SECONDS,
    trustsOwnJson: true,
  })
  const policy = new AddressPolicy(config.outgoingAllowed)
  const transports = [createHttpTransport(policy), createMailTransport(policy)]
  const finisher = new Finisher(pool, log)
  const metrics = deliveryMetrics(registry, {
    openBreakers: () => sender.openBreakers,
    underWay: () => sender.underWay,
  })
  const sender = new Sender({
    transports: new Map(transports.map((transport) => [transport.kind, transport])),
    finisher,
    metrics,
    timings,
    concurrency: config.concurrency,
    log,
    onRoom: () => dispatcher.wake(),
  })
  const dispatcher = new Dispatcher({
    pool,
    sender,
    secrets: config.secretKeys ? new SecretBox(config.secretKeys) : null,
    timings,
    concurrency: config.concurrency,
    giveUpMs: config.giveUpHours * 60 * 60 * 1000,
    worker: randomUUID(),
    log,
  })
  const health = await startHealthServer({
    host: config.healthHost,
    port: config.healthPort,
    metrics: registry,
    checks: {
      database: async () => {
        await pool.query('SELECT 1')
      },
      queue: async () => {
        if (dispatcher.outage) throw new Error(dispatcher.outage)
      },
    },
  })
  dispatcher.start()
  const ending = new AbortController()
  const watching = watchOldest(pool, metrics, ending.signal)
  log.info(`Sending deliveries; health at http://${config.healthHost}:${health.port}/health`)

  return {
    port: health.port,
    async close() {
      ending.abort()
      await dispatcher.stopClaiming()
      await sender.close()
      await finisher.close(WRITE_MS)
      await watching
      await Promise.all(transports.map((transport) => transport.close()))
      await health.close()
      await pool.end()
    },
  }
}

async function watchOldest(pool: Pool, metrics: DeliveryMetrics, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // While the database is away readiness says so.
    await selectOldestDueSeconds(pool).then(metrics.oldestDue, () => undefined)
    await pause(OLDEST_MS, undefined, { signal }).catch(() => undefined)
  }
}
