// How answers leave: written straight to the connection, past the framework's serializing, which would be a tenth of a request's time.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError } from 'fastify'
import { Refusal } from '../errors.js'
import { corsHeaders } from './cors.js'

export const JSON_HEADERS: readonly string[] = ['content-type', 'application/json; charset=utf-8']

/** Answers a request. `headers` as name, value, name, value; length and CORS are added. */
export function answer(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: readonly string[],
  body: string | Buffer,
): void {
  response.writeHead(status, [
    ...headers,
    'content-length',
    String(Buffer.byteLength(body)),
    ...corsHeaders(request.headers.origin),
  ])
  response.end(body)
}

/**
 * Answers a refusal and returns its status. `segment`: the Segment API knows 400 for all that is wrong with a message, and says so in its own
 * way too.
 */
export function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal, segment: boolean): number {
  const status = segment && (refusal.status === 413 || refusal.status === 422) ? 400 : refusal.status
  const headers = [...JSON_HEADERS]
  if (refusal.retryAfter !== undefined) headers.push('retry-after', String(refusal.retryAfter))
  // The rest of what was sent is not read, so the connection cannot be used again.
  if (!request.complete) headers.push('connection', 'close')
  answer(
    request,
    response,
    status,
    headers,
    JSON.stringify(segment ? { success: false, ...refusal.toJSON() } : refusal),
  )
  return status
}

/** The framework's errors in our words. */
export function refusalOf(error: FastifyError | Error): Refusal {
  if (error instanceof Refusal) return error
  if ('code' in error && error.code === 'FST_ERR_BAD_URL') return new Refusal('URL_NOT_READABLE')
  if ('statusCode' in error && error.statusCode !== undefined && error.statusCode < 500)
    return new Refusal('BODY_NOT_READABLE', { reason: 'its headers are wrong' })
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
    `HTTP/1.1 ${refusal.status} ${refusal.code}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
