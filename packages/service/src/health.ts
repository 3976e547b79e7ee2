// Health and metrics of a process over HTTP, for those that have no other port: /health, /ready, /metrics.
import { fastify, type FastifyInstance } from 'fastify'
import { Registry, collectDefaultMetrics } from 'prom-client'

/** Names what a process needs; resolves when it is there, rejects (or throws) with what is wrong when not. */
export type HealthChecks = Record<string, () => Promise<void>>

/** A registry of its own for each service, so that several live in one process. */
export function createMetrics(service: string): Registry {
  const metrics = new Registry()
  metrics.setDefaultLabels({ service })
  collectDefaultMetrics({ register: metrics })
  return metrics
}

/** A check that takes longer than this counts as failed: an orchestrator asks every few seconds. */
const CHECK_MS = 2000

/**
 * Adds `GET /health` (the process lives: 200), `GET /ready` (all checks pass: 200, else 503 naming those that do not, without details)
 * and `GET /metrics` (Prometheus text) to a server.
 */
export function addHealthRoutes(server: FastifyInstance, checks: HealthChecks, metrics: Registry): void {
  server.get('/health', async () => ({ status: 'up' }))
  server.get('/ready', async (_request, reply) => {
    const failed = await failing(checks)
    if (failed.length > 0) return reply.code(503).send({ status: 'not ready', failed })
    return { status: 'ready' }
  })
  server.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()))
}

async function failing(checks: HealthChecks): Promise<string[]> {
  const names = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      const ok = await Promise.race([
        check().then(
          () => true,
          () => false,
        ),
        new Promise<boolean>((resolve) => setTimeout(resolve, CHECK_MS, false).unref()),
      ])
      return ok ? [] : [name]
    }),
  )
  return names.flat()
}

export interface HealthServer {
  /** The port it listens on. */
  port: number
  close(): Promise<void>
}

/** A server with the health routes alone. */
export async function startHealthServer(options: {
  host: string
  port: number
  checks: HealthChecks
  metrics: Registry
}): Promise<HealthServer> {
  // Scrapers keep their connections; what they asked is answered before the server has closed.
  const server = fastify({ forceCloseConnections: true })
  addHealthRoutes(server, options.checks, options.metrics)
  await server.listen({ host: options.host, port: options.port })
  const address = server.server.address()
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    close: () => server.close(),
  }
}
