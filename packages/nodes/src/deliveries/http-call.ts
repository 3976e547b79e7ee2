// Calls an HTTP API. The delivery worker makes the call, tries again, and looks after where it may go.
import { z } from 'zod'
import type { NewDelivery, Run, RunData } from '@segue/workflow-engine'
import {
  channel,
  consents,
  defineNode,
  keyName,
  leave,
  leavingPorts,
  nodeError,
  resource,
  template,
  value,
  wakeLeaving,
  type Template,
} from '../kit/index.js'

const BadUrl = nodeError<{ reason: string }>(
  'BAD_URL',
  'The address of the call {reason}. It begins with http:// or https://, and has no user name in it.',
)

const BadHeader = nodeError<{ name: string }>(
  'BAD_HEADER',
  'The header {name} turned out to hold line breaks or characters that headers cannot have.',
)

/** Names that say how a message is carried: the worker's business, and the way to smuggle a second call. */
const OWN_HEADERS =
  /^(host|connection|content-length|transfer-encoding|upgrade|expect|te|trailer|keep-alive|accept-encoding|proxy-.*)$/i

const LONGEST_URL = 8_000

const body = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none') }).meta({ title: 'None' }),
    z.strictObject({ kind: z.literal('json'), values: z.record(keyName(), value()) }).meta({ title: 'JSON' }),
    z
      .strictObject({
        kind: z.literal('text'),
        text: template(),
        contentType: z
          .string()
          .regex(/^[\w.+-]+\/[\w.+-]+( *; *[\w-]+=[\w.-]+)*$/, 'Write a type such as text/plain; charset=utf-8.')
          .default('text/plain; charset=utf-8')
          .meta({ title: 'Type' }),
      })
      .meta({ title: 'Text' }),
  ])
  .prefault({ kind: 'none' })
  .meta({ title: 'Body' })

export const httpCall = defineNode({
  type: 'http.call',
  title: 'HTTP call',
  group: 'Deliveries',
  help: 'Calls an HTTP API, again while it is away. Goes on at "answered" with the answer, at "refused" when it is final and no success. Values in the address are escaped.',
  config: z
    .strictObject({
      method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']).default('POST').meta({ title: 'Method' }),
      url: template('url').meta({ title: 'Address' }),
      headers: z
        .record(
          z
            .string()
            .regex(/^[\w!#$%&'*+.^`|~-]{1,100}$/, 'This is no name of a header.')
            .refine((name) => !OWN_HEADERS.test(name), 'This header is set by Segue.'),
          template(),
        )
        .default({})
        .meta({ title: 'Headers' }),
      body,
      resource: resource('http').optional(),
      timeoutSeconds: z.int().min(1).max(120).default(10).meta({ title: 'Seconds an attempt may take' }),
      requiredConsents: consents(),
      channel: channel().optional(),
      waitForAnswer: z.boolean().default(true).meta({ title: 'Wait for the answer' }),
    })
    .refine(({ method, body }) => body.kind === 'none' || (method !== 'GET' && method !== 'HEAD'), {
      message: 'A GET or HEAD has no body.',
      path: ['body'],
    }),
  ports: (config) => leavingPorts(config, 'answered'),
  waits: true,
  contacts: ({ channel }) => channel ?? null,

  run: (run) => leave(run, call),
  wake: (wake) => wakeLeaving(wake, 'answered', call),
})

interface CallConfig {
  method: string
  url: Template
  headers: Record<string, Template>
  body: z.output<typeof body>
  resource?: string | undefined
  timeoutSeconds: number
  requiredConsents: string[]
}

function call({ config, data }: Run<CallConfig>): NewDelivery {
  const { contentType, text } = content(config.body, data)
  const headers: Record<string, string> = contentType === null ? {} : { 'content-type': contentType }
  for (const [name, template] of Object.entries(config.headers)) {
    headers[name.toLowerCase()] = headerValue(name, template.render(data))
  }
  const { method, timeoutSeconds, requiredConsents, resource = null } = config
  const request = {
    method,
    url: absoluteUrl(config.url.render(data)),
    headers,
    body: text,
    timeoutMs: timeoutSeconds * 1_000,
  }
  return { transport: 'http', resource, request, requiredConsents }
}

function content(body: CallConfig['body'], data: RunData): { contentType: string | null; text: string | null } {
  switch (body.kind) {
    case 'none':
      return { contentType: null, text: null }
    case 'text':
      return { contentType: body.contentType, text: body.text.render(data) }
    case 'json': {
      const values = Object.entries(body.values).map(([name, value]) => [name, value(data)] as const)
      return { contentType: 'application/json', text: JSON.stringify(Object.fromEntries(values)) }
    }
  }
}

function headerValue(name: string, text: string): string {
  const value = text.trim()
  // Line breaks would begin another header; what is beyond Latin-1 cannot be sent.
  if (!/^[\t\x20-\x7e\xa0-\xff]*$/.test(value)) throw BadHeader({ name })
  return value
}

function absoluteUrl(text: string): string {
  if (text.length > LONGEST_URL) throw BadUrl({ reason: 'is too long' })
  if (!URL.canParse(text)) throw BadUrl({ reason: 'is none' })
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw BadUrl({ reason: 'is of another protocol' })
  if (url.username !== '' || url.password !== '') throw BadUrl({ reason: 'has a user name or password' })
  return url.href
}
