// CORS: pages of any site may send; which of them a source accepts is the source's own list of origins.
import type { FastifyInstance } from 'fastify'

/**
 * Headers by which a page of `origin` may read an answer, as name, value, name, value. Beacons carry credentials, so a wildcard is not enough: the
 * origin is echoed. That gives nothing away, as the collector knows no cookies and its answers hold nothing that the sender
 * did not send. `Retry-After` is exposed so that scripts can see when to try again.
 */
export function corsHeaders(origin: string | undefined): string[] {
  if (origin === undefined) return []
  return [
    'access-control-allow-origin',
    origin,
    'access-control-allow-credentials',
    'true',
    'access-control-expose-headers',
    'Retry-After',
    'vary',
    'Origin',
  ]
}

/** Answers preflights of all routes. */
export function addPreflights(server: FastifyInstance): void {
  server.options('/*', (request, reply) => {
    reply.hijack()
    reply.raw.writeHead(204, [
      ...corsHeaders(request.headers.origin),
      'access-control-allow-methods',
      'GET, POST, OPTIONS',
      'access-control-allow-headers',
      'content-type, authorization, x-timestamp, content-encoding',
      // Two hours: the most that Chromium remembers a preflight.
      'access-control-max-age',
      '7200',
    ])
    reply.raw.end()
  })
}
