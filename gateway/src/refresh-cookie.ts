// The refresh token's cookie: no script of a page can read it, no other site makes a browser send it, and it goes to this API only.
import type { Environment } from '@segue/graphql'

/** One for each environment: both may be served from one host. */
const nameOf = (environment: Environment): string => `segue_refresh_${environment}`

/** The refresh token out of a `cookie` header. */
export function readRefreshToken(cookies: string | undefined, environment: Environment): string | undefined {
  const start = `${nameOf(environment)}=`
  const cookie = cookies?.split(';').find((entry) => entry.trimStart().startsWith(start))
  const token = cookie?.trim().slice(start.length)
  // Ours have no other characters; what has is not passed on into a header.
  return token && /^[\w.~-]+$/.test(token) ? token : undefined
}

/** The `set-cookie` header that keeps a token, or takes it away when it is empty. */
export function refreshCookie(
  environment: Environment,
  { token, maxAgeSeconds }: { token: string; maxAgeSeconds: number },
  https: boolean,
): string {
  const age = token ? maxAgeSeconds : 0
  return `${nameOf(environment)}=${token}; Max-Age=${age}; Path=/graphql; HttpOnly; SameSite=Strict${https ? '; Secure' : ''}`
}
