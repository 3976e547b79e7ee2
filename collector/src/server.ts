// The HTTP server of the public edge: routes, bodies, errors.
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { JsonObject } from '@segue/event-model'
import type { Logger } from '@segue/service'
import type { Accept, Receipt } from './accept.js'
import { parseForm, parseJsonOrForm, parseObject, unpack } from './edge/body.js'
import { addPreflights, corsHeaders } from './edge/cors.js'
import { parseSentAt } from './edge/time.js'
import { answerErrors, answerUnreadable, notFound } from './edge/error-answers.js'
import type { Counts } from './metrics.js'
import { GIF, readPixel } from './protocols/pixel.js'
import { basicUser, readBatch, readCall, writeKeyOf, type Call } from './protocols/segment.js'
import { readTracker, trackerAnswer } from './protocols/tracker.js'
import { readWebhook, type WebhookAddress } from './protocols/webhook.js'
import type { Arrival, Submission } from './submission.js'

/** A client that sends a request slower than this holds a connection for nothing. */
const REQUEST_WITHIN_MS = 30_000
/** Longer than load balancers keep their connections, so that they end them and not we under their next request. */
const KEEP_ALIVE_MS = 75_000

const JSON_HEADERS = ['content-type', 'application/json; charset=utf-8']
const GIF_HEADERS = ['content-type', 'image/gif', 'cache-control', 'no-store']
/** A media type as RFC 9110 writes it, with or without parameters. */
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(;.*)?$/

const SEGMENT_OK = '{"success":true}'

/** Calls of the Segment API by their routes, with the short forms that browsers use. */
const CALLS: Record<string, Call> = {
  identify: 'identify',
  track: 'track',
  page: 'page',
  screen: 'screen',
  group: 'group',
  alias: 'alias',
  i: 'identify',
  t: 'track',
  p: 'page',
  s: 'screen',
  g: 'group',
  a: 'alias',
}

export interface ServerOptions {
  maxBodyBytes: number
  trustedProxies: string[]
  accept: Accept
  counts: Counts
  logger: Logger
}

/** Builds the server; it does not listen yet. */
export function buildServer({ maxBodyBytes, trustedProxies, accept, counts, logger }: ServerOptions): FastifyInstance {
  const errors = answerErrors(logger, counts, maxBodyBytes)
  const server = fastify({
    bodyLimit: maxBodyBytes,
    requestTimeout: REQUEST_WITHIN_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    trustProxy: trustedProxies.length > 0 ? trustedProxies : false,
    // Event types are up to 128 characters and come percent-encoded.
    routerOptions: { maxParamLength: 1200 },
    frameworkErrors: (error, request, reply) => errors(error, request, reply),
    clientErrorHandler: answerUnreadable,
  })
  addPreflights(server)
  readBodies(server, maxBodyBytes)
  server.setErrorHandler(errors)
  server.setNotFoundHandler((request, reply) => errors(notFound(request), request, reply))
  /** Takes a submission in and answers with what `answer` makes of the receipt. */
  function take(
    request: FastifyRequest,
    reply: FastifyReply,
    submission: Submission,
    answer: (receipt: Receipt) => string | Buffer,
    headers: readonly string[] = JSON_HEADERS,
  ): void {
    accept(submission, arrivalOf(request), (refusal, receipt) => {
      if (!receipt) return void reply.send(refusal)
      counts.events(receipt.source.channel, receipt.eventIds.length)
      counts.request(request.routeOptions.url ?? 'none', 200)
      const body = answer(receipt)
      // Past the framework's serializing and hooks, of which this answer needs none: they would be a tenth of its time.
      reply.hijack()
      reply.raw.writeHead(200, [
        ...headers,
        'content-length',
        String(Buffer.byteLength(body)),
        ...corsHeaders(request.headers.origin),
      ])
      reply.raw.end(body)
    })
  }

  server.get('/health', (_request, reply) => reply.send({ status: 'up' }))

  server.post('/track', (request: FastifyRequest<{ Querystring: { profile_less?: unknown } }>, reply) => {
    const submission = readTracker(parseObject(bodyOf(request)), {
      profileLess: request.query.profile_less === 'true',
      sentAt: parseSentAt(first(request.headers['x-timestamp'])),
      key: basicUser(request.headers.authorization),
    })
    take(request, reply, submission, (receipt) => trackerAnswer(submission, receipt))
  })

  for (const [name, call] of Object.entries(CALLS)) {
    server.post(`/v1/${name}`, { config: { segment: true } }, (request, reply) => {
      const body = parseObject(bodyOf(request))
      const key = writeKeyOf(request.headers.authorization, body)
      take(request, reply, readCall(body, call, key, bodyOf(request).length), () => SEGMENT_OK)
    })
  }
  for (const name of ['batch', 'b', 'import']) {
    server.post(`/v1/${name}`, { config: { segment: true } }, (request, reply) => {
      const body = parseObject(bodyOf(request))
      const key = writeKeyOf(request.headers.authorization, body)
      take(request, reply, readBatch(body, key, bodyOf(request).length), () => SEGMENT_OK)
    })
  }

  for (const url of ['/collect/:eventType/:sourceId', '/collect/:eventType/:sourceId/:sessionId']) {
    server.post<{ Params: WebhookAddress }>(url, (request, reply) => {
      const properties = parseJsonOrForm(bodyOf(request), request.headers['content-type'])
      const submission = readWebhook(request.params, properties, basicUser(request.headers.authorization))
      take(request, reply, submission, (receipt) => trackerAnswer(submission, receipt))
    })
    server.get<{ Params: WebhookAddress }>(url, { exposeHeadRoute: false }, (request, reply) => {
      const submission = readWebhook(request.params, queryOf(request), basicUser(request.headers.authorization))
      take(request, reply, submission, (receipt) => trackerAnswer(submission, receipt))
    })
  }

  server.get('/pixel.gif', { exposeHeadRoute: false }, (request, reply) => {
    take(request, reply, readPixel(queryOf(request)), () => GIF, GIF_HEADERS)
  })

  return server
}

/** Every body is kept as bytes, whatever its content type says, and unpacked. */
function readBodies(server: FastifyInstance, limit: number): void {
  server.removeAllContentTypeParsers()
  server.addHook('onRequest', (request, _reply, done) => {
    // The server would refuse what is no media type; for us it is a hint at most.
    const { headers } = request.raw
    if (headers['content-type'] !== undefined && !MEDIA_TYPE.test(headers['content-type']))
      delete headers['content-type']
    done()
  })
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    const encoding = request.headers['content-encoding']
    if (!encoding || encoding === 'identity') return done(null, body)
    unpack(body, encoding, limit).then((plain) => done(null, plain), done)
  })
}

function bodyOf(request: FastifyRequest): Buffer {
  return request.body instanceof Buffer ? request.body : Buffer.alloc(0)
}

function queryOf(request: FastifyRequest): JsonObject {
  const at = request.url.indexOf('?')
  return at === -1 ? {} : parseForm(request.url.slice(at + 1))
}

function arrivalOf(request: FastifyRequest): Arrival {
  return {
    receivedAt: Date.now(),
    ip: request.ip,
    userAgent: request.headers['user-agent']?.slice(0, 1000),
    origin: request.headers.origin,
  }
}

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
