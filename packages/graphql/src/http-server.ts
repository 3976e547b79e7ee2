// An Apollo server over HTTP, with health routes; refusals of the HTTP layer look like GraphQL errors too.
import type { ApolloServer, BaseContext } from '@apollo/server'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import { addHealthRoutes, type HealthChecks, type Logger, type Registry } from '@segue/service'
import { fastify, type FastifyRequest } from 'fastify'
import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import { describeError } from './describe-error.js'
import { UserError } from './errors.js'
import type { SignatureCheck } from './gateway-signature.js'
import { refuseStrangers, type Networks } from './trusted-networks.js'

export interface GraphqlServerOptions<Context extends BaseContext> {
  /** Started by this. */
  apollo: ApolloServer<Context>
  context: (request: FastifyRequest) => Promise<Context>
  host: string
  port: number
  /** Longest body that is read, in bytes. */
  bodyLimit: number
  /** Refuses bodies (with a `UserError`) before they are parsed. */
  check: SignatureCheck
  /** Others are not even refused: their connections are closed. */
  trustedNetworks: Networks
  /** Serves WebSockets on the same port; closed before the rest, which waits for all connections to end. */
  serveSockets?: (server: Server) => { close(): Promise<void> }
  checks: HealthChecks
  metrics: Registry
  logger: Logger
}

export interface GraphqlServer {
  port: number
  /** Where queries go. */
  url: string
  /** Answers what is under way, then ends. */
  close(): Promise<void>
}

/** A request id of a caller counts only when it looks like one: it ends up in logs. */
const REQUEST_ID = /^[\w-]{8,64}$/

const SWEEP_MS = 50
/** Longer than any answer takes (a gateway waits ten seconds for a subgraph), shorter than `runProcess` waits. */
const FORCE_MS = 15_000

/** Starts `apollo` and serves it at `POST /graphql`. */
export async function serveGraphql<Context extends BaseContext>(
  options: GraphqlServerOptions<Context>,
): Promise<GraphqlServer> {
  const { apollo, logger } = options
  const server = fastify({
    bodyLimit: options.bodyLimit,
    genReqId: ({ headers: { 'x-request-id': given } }) =>
      typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID(),
  })
  refuseStrangers(server.server, options.trustedNetworks, logger)
  const parseJson = server.getDefaultJsonParser('error', 'error')
  // Fastify's own parsers would be preferred to ours.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser<string>(
    ['application/json', 'text/plain'],
    { parseAs: 'string' },
    (request, body, done) => {
      try {
        options.check(request.headers, body)
      } catch (error) {
        return done(error as UserError)
      }
      parseJson(request, body, done)
    },
  )
  server.setErrorHandler((error: { statusCode?: number; code?: string; message: string }, request, reply) => {
    if (error instanceof UserError) {
      const { message, code, extensions } = error
      const { status = 400 } = (extensions['http'] ?? {}) as { status?: number }
      return reply.code(status).send({ errors: [{ message, extensions: { code } }] })
    }
    const status = error.code === 'ERR_INVALID_URL' ? 400 : (error.statusCode ?? 500)
    if (status >= 500) logger.error({ error: describeError(error), requestId: request.id }, 'A request failed')
    const code = status >= 500 ? 'INTERNAL' : status === 413 ? 'BODY_TOO_LARGE' : 'BAD_REQUEST'
    const message =
      status >= 500 ? `This failed on our side. The log has the reason under ${request.id}.` : error.message
    return reply.code(status).send({ errors: [{ message, extensions: { code } }] })
  })
  server.setNotFoundHandler((_request, reply) => {
    const message = 'There is nothing here. Send GraphQL as POST /graphql with content-type: application/json.'
    return reply.code(404).send({ errors: [{ message, extensions: { code: 'NOT_FOUND' } }] })
  })
  addHealthRoutes(server, options.checks, options.metrics)
  await apollo.start()
  const handle = fastifyApolloHandler<Context>(apollo, { context: (request) => options.context(request) })
  server.post('/graphql', async (request, reply) => {
    void reply.header('x-request-id', request.id)
    return await handle.call(server, request, reply)
  })
  const sockets = options.serveSockets?.(server.server)
  try {
    await server.listen({ host: options.host, port: options.port })
  } catch (error) {
    await sockets?.close()
    await apollo.stop()
    throw error
  }
  const address = server.server.address()
  const port = typeof address === 'object' && address ? address.port : options.port
  return {
    port,
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}/graphql`,
    async close() {
      await sockets?.close()
      // Keep-alive connections that finish their last answer only now would otherwise hold the end up for a minute.
      const sweep = setInterval(() => server.server.closeIdleConnections(), SWEEP_MS)
      const force = setTimeout(() => server.server.closeAllConnections(), FORCE_MS)
      await server.close()
      clearInterval(sweep)
      clearTimeout(force)
      await apollo.stop()
    },
  }
}
