// The HTTP server of the public edge: reads bodies, hands them to their route, answers.
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Logger } from '@segue/service'
import type { Accept } from './accept.js'
import { answer, answerUnreadable, refusalOf, refuse } from './edge/answers.js'
import { readBody } from './edge/body.js'
import { addPreflights } from './edge/cors.js'
import { Refusal } from './errors.js'
import type { Counts } from './metrics.js'
import { ROUTES, type Route } from './routes.js'
import type { Arrival } from './submission.js'

/** A client that sends a request slower than this holds a connection for nothing. */
const REQUEST_WITHIN_MS = 30_000
/** Longer than load balancers keep their connections, so that they end them and not we under their next request. */
const KEEP_ALIVE_MS = 75_000

const NO_BODY = Buffer.alloc(0)

export interface ServerOptions {
  maxBodyBytes: number
  trustedProxies: string[]
  accept: Accept
  counts: Counts
  logger: Logger
}

/** Builds the server; it does not listen yet. */
export function buildServer({ maxBodyBytes, trustedProxies, accept, counts, logger }: ServerOptions): FastifyInstance {
  const server = fastify({
    requestTimeout: REQUEST_WITHIN_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    // While it closes, requests get our own 503.
    return503OnClosing: false,
    trustProxy: trustedProxies.length > 0 ? trustedProxies : false,
    // Event types are up to 128 characters and come percent-encoded.
    routerOptions: { maxParamLength: 1200 },
    frameworkErrors: (error, request, reply) => fail(error, request, reply),
    clientErrorHandler: answerUnreadable,
  })

  /** Answers an error, whoever found it. */
  function fail(error: Error, request: FastifyRequest, reply: FastifyReply, segment = false): void {
    const refusal = refusalOf(error)
    if (refusal.code === 'INTERNAL')
      logger.error({ error: { message: error.message, stack: error.stack } }, 'a request failed')
    reply.hijack()
    counts.request(request.routeOptions.url ?? 'none', refuse(request.raw, reply.raw, refusal, segment))
  }

  /** Hands a request to its route and answers it. */
  function handle(route: Route, request: FastifyRequest, reply: FastifyReply, body: Buffer): void {
    try {
      const submission = route.read(request, body)
      accept(submission, arrivalOf(request), (refusal, receipt) => {
        if (!receipt) return fail(refusal ?? new Refusal('INTERNAL'), request, reply, route.segment)
        counts.events(receipt.source.channel, receipt.eventIds.length)
        counts.request(route.path, 200)
        answer(request.raw, reply.raw, 200, route.headers, route.answer(submission, receipt))
      })
    } catch (error) {
      fail(error as Error, request, reply, route.segment)
    }
  }

  server.setErrorHandler(fail)
  server.setNotFoundHandler((request, reply) => {
    const path = (request.url.split('?')[0] ?? '').slice(0, 200)
    fail(new Refusal('NOT_FOUND', { method: request.method, path }), request, reply)
  })
  server.get('/health', (_request, reply) => reply.send({ status: 'up' }))
  addPreflights(server)

  for (const route of ROUTES) {
    server.route({
      method: route.method,
      url: route.path,
      exposeHeadRoute: false,
      // Taken over before the framework reads the body: for us a content type is a hint at most, for the framework it decides.
      onRequest(request, reply) {
        reply.hijack()
        if (route.method === 'GET') return handle(route, request, reply, NO_BODY)
        readBody(request.raw, maxBodyBytes, (refusal, body) => {
          if (refusal) fail(refusal, request, reply, route.segment)
          else handle(route, request, reply, body)
        })
      },
      handler: () => undefined,
    })
  }
  return server
}

function arrivalOf(request: FastifyRequest): Arrival {
  const { origin, 'user-agent': userAgent } = request.headers
  return { receivedAt: Date.now(), ip: request.ip, userAgent: userAgent?.slice(0, 1000), origin }
}
