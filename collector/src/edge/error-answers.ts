// How errors leave: in the form of the route's protocol, whoever found them.
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '@segue/service'
import { Refusal } from '../errors.js'
import type { Counts } from '../metrics.js'
import { corsHeaders } from './cors.js'

const JSON_TYPE = 'application/json; charset=utf-8'

/** Answers errors of ours and of the server. The Segment API knows 400 for all that is wrong with a message, and says so in its own way too. */
export function answerErrors(
  logger: Logger,
  counts: Counts,
  maxBodyBytes: number,
): (error: FastifyError | Refusal, request: FastifyRequest, reply: FastifyReply) => void {
  return (error, request, reply) => {
    const refusal = error instanceof Refusal ? error : refusalOf(error, maxBodyBytes)
    if (refusal.code === 'INTERNAL')
      logger.error(
        { err: { message: error.message, stack: error.stack }, route: request.routeOptions.url },
        'a request failed',
      )
    const segment = 'segment' in request.routeOptions.config && request.routeOptions.config.segment === true
    const status = segment && (refusal.status === 413 || refusal.status === 422) ? 400 : refusal.status
    counts.request(request.routeOptions.url ?? 'none', status)
    const cors = corsHeaders(request.headers.origin)
    for (let i = 0; i < cors.length; i += 2) reply.header(cors[i] ?? '', cors[i + 1])
    if (refusal.retryAfter !== undefined) reply.header('retry-after', String(refusal.retryAfter))
    reply
      .code(status)
      .header('content-type', JSON_TYPE)
      .send(JSON.stringify(segment ? { success: false, ...refusal.toJSON() } : refusal))
  }
}

/** For a path without a route. */
export function notFound(request: FastifyRequest): Refusal {
  return new Refusal('NOT_FOUND', { method: request.method, path: (request.url.split('?')[0] ?? '').slice(0, 200) })
}

/** The server's own errors in our words. */
function refusalOf(error: FastifyError, maxBodyBytes: number): Refusal {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Refusal('BODY_TOO_LARGE', { limit: maxBodyBytes })
  if (error.code === 'FST_ERR_BAD_URL') return new Refusal('URL_NOT_READABLE')
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return new Refusal('BODY_NOT_READABLE', { reason: 'its headers or its length are wrong' })
  return new Refusal('INTERNAL')
}

/** Answers what is no HTTP request, or one that came too slowly, and hangs up. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return void socket.destroy()
  const refusal =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? new Refusal('TIMEOUT')
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? new Refusal('HEADERS_TOO_LARGE')
        : new Refusal('REQUEST_NOT_READABLE')
  const body = JSON.stringify(refusal)
  socket.end(
    `HTTP/1.1 ${refusal.status} ${refusal.code}\r\nContent-Type: ${JSON_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
