// Cross-site WebSockets: a browser lets any page open one to anywhere, and says in `Origin` which page it is.
import type { IncomingMessage } from 'node:http'

/** Whether a socket may be opened by who asks: no browser, a page of this host, or one of `allowed` (`https://console.example.com`). */
export function isOwnOrigin({ headers }: IncomingMessage, allowed: ReadonlySet<string>): boolean {
  const { origin, host } = headers
  if (origin === undefined) return true
  if (allowed.has(origin)) return true
  // `null` is the origin of files and of sandboxed frames.
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase()
}
