// Where an answer sends a call, and what of it may go there.
import type { HttpCall } from './http-request.js'
import { problemOfUrl } from './http-request.js'

/** More is a circle, or a tour. */
export const MOST_REDIRECTS = 3

const REDIRECTS = new Set([301, 302, 303, 307, 308])

/** Never given to another host than the one they were written for. */
const PRIVATE_HEADERS = ['authorization', 'cookie']

/**
 * The call that follows an answer: the same for GET, HEAD, 307 and 308; a GET without body for 303 (RFC 9110, 15.4.4). A text says why it is
 * not followed. Undefined: the answer is no redirect.
 */
export function redirected(
  call: HttpCall,
  status: number,
  location: string | undefined,
): HttpCall | string | undefined {
  if (!REDIRECTS.has(status)) return undefined
  if (!location || !URL.canParse(location, call.url.href)) return 'it names no address to go to'
  const url = new URL(location, call.url)
  const problem = problemOfUrl(url)
  if (problem) return `the address that it names ${problem}`
  if (call.url.protocol === 'https:' && url.protocol === 'http:')
    return 'it leads from a secure to an insecure connection'
  const reads = call.method === 'GET' || call.method === 'HEAD'
  if (!reads && (status === 301 || status === 302))
    return `a ${call.method} is not sent again to another address after ${status}`
  const headers = { ...call.headers }
  if (url.hostname !== call.url.hostname || portOf(url) !== portOf(call.url)) {
    for (const name of PRIVATE_HEADERS) delete headers[name]
    if (call.secretHeader !== null) delete headers[call.secretHeader]
  }
  if (reads || status !== 303) return { ...call, url, headers }
  delete headers['content-type']
  return { ...call, url, headers, method: 'GET', body: null }
}

/** The two default ports are one server's, for the upgrade from http to https. */
function portOf(url: URL): string {
  return url.port === '' ? 'default' : url.port
}
