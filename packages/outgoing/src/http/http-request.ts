// A call as deliveries hold it, and what can be wrong with it.
import { z } from 'zod'
import { rejected, resourceUnusable } from '../failure.js'
import type { Failure, JsonObject, OutgoingResource } from '../transport.js'
import { authHeader, httpSettings } from './http-settings.js'

/** How a call is carried is not the caller's business; `accept-encoding` because answers are kept as they are read. */
const OWN_HEADERS = new Set(
  'host connection content-length transfer-encoding upgrade expect te trailer keep-alive accept-encoding'.split(' '),
)

const request = z.object({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']),
  url: z
    .string()
    .max(8_000)
    .transform((text, context) => {
      const url = URL.canParse(text) ? new URL(text) : undefined
      const problem = url ? problemOfUrl(url) : 'is no address'
      if (problem) context.addIssue(problem)
      return url ?? z.NEVER
    }),
  headers: z
    .record(
      z.string().regex(/^[\w!#$%&'*+.^`|~-]{1,100}$/, 'is no name of a header'),
      z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'holds characters that headers cannot have'),
    )
    .default({}),
  body: z.string().nullable().default(null),
  timeoutMs: z.number().min(1).max(120_000).default(10_000),
})

/** A call that can be made. */
export interface HttpCall {
  method: string
  url: URL
  /** Names in lower case. */
  headers: Record<string, string>
  body: string | null
  timeoutMs: number
  /** The one of `headers` that authenticates; no other host gets it. */
  secretHeader: string | null
}

/** Why a URL cannot be called; undefined: it can. */
export function problemOfUrl(url: URL): string | undefined {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return `begins with ${url.protocol}// instead of http:// or https://`
  if (url.username !== '' || url.password !== '') return 'has a user name or password in it; use a resource'
  return undefined
}

/** The call of a delivery with the credentials of its resource, or why it cannot be made. */
export function readCall(given: JsonObject, resource: OutgoingResource | null): HttpCall | Failure {
  const parsed = request.safeParse(given)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)
    return rejected('BAD_REQUEST', `The call cannot be made: ${problems.join('; ')}.`)
  }
  const { method, url, body, timeoutMs } = parsed.data
  const headers: Record<string, string> = { 'user-agent': 'Segue' }
  for (const [name, value] of Object.entries(parsed.data.headers)) {
    const lower = name.toLowerCase()
    if (!OWN_HEADERS.has(lower) && !lower.startsWith('proxy-')) headers[lower] = value
  }
  headers['accept-encoding'] = 'identity'
  const call: HttpCall = { method, url, headers, body, timeoutMs, secretHeader: null }
  return resource ? withCredentials(call, resource) : call
}

function withCredentials(call: HttpCall, resource: OutgoingResource): HttpCall | Failure {
  const settings = httpSettings.safeParse(resource.settings)
  const header = settings.success ? authHeader(settings.data, resource.secret) : null
  if (!settings.success || header === null)
    return resourceUnusable(
      `The settings of the resource ${resource.id} are not those of an HTTP resource with its secret.`,
    )
  if (!settings.data.hosts.some((host) => host.toLowerCase() === call.url.host))
    return rejected(
      'HOST_NOT_OF_RESOURCE',
      `The resource ${resource.id} is not for ${call.url.host}. Add that host to the resource if it may have its credentials.`,
    )
  if (header) {
    call.headers[header[0]] = header[1]
    call.secretHeader = header[0]
  }
  return call
}
