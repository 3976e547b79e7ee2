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

/** An answer of the health routes. */
export interface HealthAnswer {
  status: number
  contentType: string
  body: string
}

/**
 * What a process says of itself: `/health` (it lives: 200), `/ready` (all checks pass: 200, else 503 naming those that do not, without details)
 * and `/metrics` (Prometheus text). Undefined for any other path.
 */
export async function answerHealth(
  path: string,
  checks: HealthChecks,
  metrics: Registry,
): Promise<HealthAnswer | undefined> {
  if (path === '/health') return json(200, { status: 'up' })
  if (path === '/metrics') return { status: 200, contentType: metrics.contentType, body: await metrics.metrics() }
  if (path !== '/ready') return undefined
  const failed = await failing(checks)
  return failed.length > 0 ? json(503, { status: 'not ready', failed }) : json(200, { status: 'ready' })
}

function json(status: number, body: object): HealthAnswer {
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) }
}

/** Adds `GET /health`, `/ready` and `/metrics` to a server; see `answerHealth`. */
export function addHealthRoutes(server: FastifyInstance, checks: HealthChecks, metrics: Registry): void {
  for (const path of ['/health', '/ready', '/metrics']) {
    server.get(path, async (_request, reply) => {
      const answer = await answerHealth(path, checks, metrics)
      return await reply
        .code(answer?.status ?? 404)
        .type(answer?.contentType ?? 'text/plain')
        .send(answer?.body ?? '')
    })
  }
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
