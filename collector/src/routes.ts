// The routes by which events come in: what each reads out of a request and what it answers.
import type { FastifyRequest } from 'fastify'
import type { JsonObject } from '@segue/event-model'
import type { Receipt } from './accept.js'
import { JSON_HEADERS } from './edge/answers.js'
import { parseForm, parseJsonOrForm, parseObject } from './edge/body.js'
import { parseSentAt } from './edge/time.js'
import { GIF, readPixel } from './protocols/pixel.js'
import { basicUser, readBatch, readCall, writeKeyOf, type Call } from './protocols/segment.js'
import { readTracker, trackerAnswer } from './protocols/tracker.js'
import { readWebhook, type WebhookAddress } from './protocols/webhook.js'
import type { Submission } from './submission.js'

/** One route. */
export interface Route {
  method: 'GET' | 'POST'
  path: string
  /** Whether errors leave in the form that Segment's clients know. */
  segment: boolean
  /** Throws a `Refusal` for what is wrong. */
  read(request: FastifyRequest, body: Buffer): Submission
  answer(submission: Submission, receipt: Receipt): string | Buffer
  /** Of a success, as name, value, name, value. */
  headers: readonly string[]
}

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

const SEGMENT = { method: 'POST', segment: true, answer: () => '{"success":true}', headers: JSON_HEADERS } as const

const TRACKER = { segment: false, answer: trackerAnswer, headers: JSON_HEADERS } as const

export const ROUTES: readonly Route[] = [
  {
    ...TRACKER,
    method: 'POST',
    path: '/track',
    read: (request, body) =>
      readTracker(parseObject(body), {
        profileLess: (request.query as { profile_less?: unknown }).profile_less === 'true',
        sentAt: parseSentAt(first(request.headers['x-timestamp'])),
        key: basicUser(request.headers.authorization),
      }),
  },
  ...Object.entries(CALLS).map(([name, call]): Route => ({
    ...SEGMENT,
    path: `/v1/${name}`,
    read(request, body) {
      const message = parseObject(body)
      return readCall(message, call, writeKeyOf(request.headers.authorization, message), body.length)
    },
  })),
  ...['batch', 'b', 'import'].map((name): Route => ({
    ...SEGMENT,
    path: `/v1/${name}`,
    read(request, body) {
      const batch = parseObject(body)
      return readBatch(batch, writeKeyOf(request.headers.authorization, batch), body.length)
    },
  })),
  ...['/collect/:eventType/:sourceId', '/collect/:eventType/:sourceId/:sessionId'].flatMap((path): Route[] => [
    {
      ...TRACKER,
      method: 'POST',
      path,
      read: (request, body) => webhook(request, parseJsonOrForm(body, request.headers['content-type'])),
    },
    { ...TRACKER, method: 'GET', path, read: (request) => webhook(request, queryOf(request)) },
  ]),
  {
    method: 'GET',
    path: '/pixel.gif',
    segment: false,
    read: (request) => readPixel(queryOf(request)),
    answer: () => GIF,
    headers: ['content-type', 'image/gif', 'cache-control', 'no-store'],
  },
]

function webhook(request: FastifyRequest, properties: JsonObject): Submission {
  return readWebhook(request.params as WebhookAddress, properties, basicUser(request.headers.authorization))
}

function queryOf(request: FastifyRequest): JsonObject {
  const at = request.url.indexOf('?')
  return at === -1 ? {} : parseForm(request.url.slice(at + 1))
}

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
