// The collector: the public edge that takes events in, makes them durable and answers.
import { connect } from '@segue/database'
import { profileIds } from '@segue/event-model'
import { createLogger, createMetrics, startHealthServer, type Running } from '@segue/service'
import { acceptor } from './accept.js'
import type { CollectorConfig } from './config.js'
import { catalogue } from './edge/catalogue.js'
import { rateLimit } from './edge/rate-limit.js'
import { groupCommit } from './inbox/group-commit.js'
import { results } from './inbox/results.js'
import { writer } from './inbox/writer.js'
import { countInto } from './metrics.js'
import { buildServer } from './server.js'

/** Writes in flight at most; see `group-commit.ts` for when there is a second one. */
const WRITERS = 2
/** For sources, schemas and results. */
const READERS = 2

/** Sources that were not read for this long mean that the database is away. */
const STALE_MS = 5000

/** At the end, whoever is still sending a request after this long is cut off. */
const SLOW_CLIENTS_MS = 5000

/** A running collector. */
export interface RunningCollector extends Running {
  /** Where events are taken in, as http://host:port. */
  url: string
  port: number
  /** Port of the private listener with /ready and /metrics. */
  healthPort: number
}

/** Starts a collector. It starts without a database too, and answers 503 until it is there. */
export async function start(config: CollectorConfig): Promise<RunningCollector> {
  const logger = createLogger('collector', config.logLevel)
  const metrics = createMetrics('collector')
  const pool = connect({ url: config.mysqlUrl, connections: WRITERS + READERS + 1 })
  const writers = Array.from({ length: WRITERS }, () => writer(pool.pool, logger))
  const counts = countInto(metrics, () => inbox)
  const inbox = groupCommit(writers, counts.write)
  const sources = catalogue(pool, logger, inbox.reopen)
  const answers = results(pool, logger)
  const accept = acceptor({
    catalogue: sources,
    rates: rateLimit(),
    eventsPerSecond: config.eventsPerSecond,
    profileIds: profileIds(config.profileIdKey),
    inbox,
    results: answers,
  })
  const server = buildServer({ ...config, accept, counts, logger })
  const database = async (): Promise<void> => {
    if (inbox.down || Date.now() - sources.readAt > STALE_MS) throw new Error('The database is away.')
  }

  await server.listen({ host: config.host, port: config.port })
  const health = await startHealthServer({ ...config.health, checks: { database }, metrics })
  const address = server.server.address()
  const port = typeof address === 'object' && address ? address.port : config.port
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`
  logger.info({ url, environment: config.environment }, 'taking events in')

  return {
    url,
    port,
    healthPort: health.port,
    async close() {
      // Requests under way are answered before the server has closed; then nothing can come any more.
      const closing = server.close()
      await inbox.close()
      answers.close()
      // Connections that had a request under way stay open for the next one, and so would the server.
      const idle = setInterval(() => server.server.closeIdleConnections(), 20)
      const slow = setTimeout(() => server.server.closeAllConnections(), SLOW_CLIENTS_MS)
      await closing
      clearInterval(idle)
      clearTimeout(slow)
      await sources.close()
      await health.close()
      for (const each of writers) each.close()
      await pool.end()
    },
  }
}
