// Access tokens for sessions and API keys.
import { ACCESS_TOKEN_SECONDS, type RightName, type TokenSigner } from '@segue/graphql'
import type { Account } from '@segue/database'

/** A machine exchanges its key again without anybody waiting, and a key that leaked is seen to be used. */
export const API_KEY_TOKEN_SECONDS = 5 * 60

export interface Access {
  accessToken: string
  expiresAt: Date
}

/** What a token is given out for: a session, or an API key with its scopes. */
export interface AccessRequest {
  /** The session's id, or the key's. */
  id: string
  /** Until when its earlier tokens do not count; see `revokedUntil`. */
  revokedUntil: Date | null
  scopes?: readonly RightName[]
  /** How long the token is good for; fifteen minutes when left out. */
  seconds?: number
  /** The token ends then at the latest. */
  expiresAt?: Date
}

/** Gives out an access token. The account's row must be locked, shared at least: its rights must not change in between. */
export type AccessIssuer = (
  account: Pick<Account, 'id' | 'role' | 'personalData'>,
  request: AccessRequest,
) => Promise<Access>

export function createAccessIssuer(sign: TokenSigner): AccessIssuer {
  return async ({ id, role, personalData }, { id: sessionId, revokedUntil, scopes, seconds, expiresAt }) => {
    const now = Date.now()
    const issued = Math.floor(now / 1000)
    const wanted = issued + (seconds ?? ACCESS_TOKEN_SECONDS)
    // Tokens that end until then are refused: some seconds longer, so that this one is not.
    const needed = revokedUntil ? Math.floor(revokedUntil.getTime() / 1000) + 1 : 0
    const end = Math.min(Math.max(wanted, needed), expiresAt ? Math.floor(expiresAt.getTime() / 1000) : Infinity)
    const accessToken = await sign(
      { id, role, sessionId, personalData, ...(scopes ? { scopes } : {}) },
      now,
      end - issued,
    )
    return { accessToken, expiresAt: new Date(end * 1000) }
  }
}
