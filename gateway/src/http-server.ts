// The gateway's HTTP server: node's own, because a framework takes a fifth of what a request costs here.
import { refuseStrangers, type Networks, type UserError } from '@segue/graphql'
import { answerHealth, type HealthChecks, type Logger, type Registry } from '@segue/service'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { describeErrors } from './describe-errors.js'
import { NothingHere, OnlyPost } from './errors.js'
import type { Explorer } from './explorer.js'
import type { GraphqlEndpoint } from './graphql-endpoint.js'
import { JSON_TYPE, respond } from './respond.js'

export interface GatewayServerOptions {
  host: string
  port: number
  trustedNetworks: Networks
  endpoint: GraphqlEndpoint
  explorer: Explorer
  checks: HealthChecks
  metrics: Registry
  logger: Logger
}

export interface GatewayServer {
  port: number
  /** Where queries go. */
  url: string
  /** For what else comes over its connections. */
  server: Server
  /** Answers what is under way, then ends. */
  close(): Promise<void>
}

/** A request id of a caller counts only when it looks like one: it ends up in logs. */
const REQUEST_ID = /^[\w-]{8,64}$/
/** A whole request comes within this time, or its connection is closed: a slow sender must not hold one for ever. */
const REQUEST_MS = 30_000
const SWEEP_MS = 50
/** Longer than any answer takes (a subgraph has ten seconds), shorter than `runProcess` waits. */
const FORCE_MS = 15_000

/** Starts to listen. Rejects when the port is taken. */
export async function startGatewayServer(options: GatewayServerOptions): Promise<GatewayServer> {
  const { endpoint, logger } = options
  let closing = false
  const server = createServer({ requestTimeout: REQUEST_MS, keepAliveTimeout: 65_000 }, (request, response) => {
    if (closing) response.setHeader('connection', 'close')
    const given = request.headers['x-request-id']
    const requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID()
    const answered =
      request.method === 'POST' && request.url === '/graphql'
        ? endpoint(request, response, requestId)
        : answerOthers(options, request, response, requestId)
    answered.catch((error: unknown) => {
      describeErrors([error], requestId, logger)
      response.destroy()
    })
  })
  refuseStrangers(server, options.trustedNetworks, logger)
  server.listen(options.port, options.host)
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : options.port
  return {
    port,
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}/graphql`,
    server,
    async close() {
      closing = true
      // Kept connections that finish their last answer only now would otherwise hold the end up for a minute.
      const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
      const force = setTimeout(() => server.closeAllConnections(), FORCE_MS)
      await new Promise((resolve) => server.close(resolve))
      clearInterval(sweep)
      clearTimeout(force)
    },
  }
}

async function answerOthers(
  { explorer, checks, metrics, logger }: GatewayServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? ''
  if (path === '/graphql' && request.method === 'POST') return refuse(NothingHere())
  if (path === '/graphql') return refuse(OnlyPost(), { allow: 'POST' })
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(NothingHere())
  const health = await answerHealth(path, checks, metrics)
  if (health) return respond(request, response, health.status, { 'content-type': health.contentType }, health.body)
  if (!(await explorer(path, request, response))) return refuse(NothingHere())

  function refuse(error: UserError, headers: Record<string, string> = {}): Promise<void> {
    const { status } = error.extensions['http'] as { status: number }
    const text = JSON.stringify({ errors: describeErrors([error], requestId, logger) })
    return respond(request, response, status, { ...headers, 'content-type': JSON_TYPE, connection: 'close' }, text)
  }
}
