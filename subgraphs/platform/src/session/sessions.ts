// Sessions: started by a sign-in, kept alive by refresh tokens that are good for one use, ended by their owner, an admin or a replay.
import { Account, AccountSession } from '@segue/database'
import { randomUUID } from 'node:crypto'
import { In, type EntityManager } from 'typeorm'
import { hashOf, newSecret } from '../secret-token.js'
import type { Access, AccessIssuer } from '../sign-in/access.js'
import { lockShared } from '../sql/lock-shared.js'
import {
  advanceSession,
  deleteSessions,
  findRefreshToken,
  forgetRefreshTokens,
  insertRefreshToken,
  insertSession,
  lockSession,
  secondsLeft,
  sessionsBeyond,
} from '../sql/refresh-tokens.js'
import { revokedUntil, revokeTokens } from '../sql/revoke-tokens.js'

/** Who did not come back for so long signs in again. */
const IDLE_SECONDS = 14 * 24 * 60 * 60
/** Who always comes back does so after this long. */
const LONGEST_SECONDS = 90 * 24 * 60 * 60
/**
 * How long the token before still counts: two tabs refresh at once, or an answer gets lost and is asked for again. Whoever stole a token has as long to
 * use it beside its owner; the first of them to refresh afterwards makes the other's token a replay.
 */
const GRACE_MS = 10_000
/** Used tokens that are recognized as such: five days of refreshing every fifteen minutes. An older one is refused and ends nothing. */
const REMEMBERED_GENERATIONS = 500
/** Of an account. More are of a program that signs in each time; its oldest end. */
const MOST_SESSIONS = 100
/** As the column. */
const LONGEST_USER_AGENT = 300

/** Where a client is and what it calls itself, for the owner of the session to recognize it by. */
export interface Client {
  address: string
  userAgent: string
}

export interface RefreshToken {
  sessionId: string
  refreshToken: string
  /** How long a browser keeps it. */
  maxAgeSeconds: number
}

/** Starts a session. The account's row must be locked: a session that starts while its account is disabled would be missed. */
export async function startSession(tx: EntityManager, accountId: string, client: Client): Promise<RefreshToken> {
  const { secret, hash } = newSecret()
  const id = randomUUID()
  await endSessions(tx, await sessionsBeyond(tx, accountId, MOST_SESSIONS - 1))
  await insertSession(tx, { id, accountId, ...cut(client), tokenHash: hash }, IDLE_SECONDS)
  return { sessionId: id, refreshToken: secret, maxAgeSeconds: IDLE_SECONDS }
}

/** What became of a refresh. */
export type Refreshed =
  | ({ outcome: 'refreshed'; account: Account } & Access & RefreshToken)
  /** A used token came back: the session is ended. */
  | { outcome: 'replayed'; sessionId: string; accountId: string }
  | { outcome: 'refused' }

/**
 * Takes a refresh token for a new one and an access token. A token counts once. Two that come with the same one within the grace get a new token each, of
 * the same generation: whichever their browser keeps, it counts, until one of that generation is used. Writes what must stay also when it is refused.
 */
export async function refreshSession(
  tx: EntityManager,
  token: string,
  client: Client,
  issue: AccessIssuer,
): Promise<Refreshed> {
  const known = await findRefreshToken(tx, hashOf(token))
  if (!known) return { outcome: 'refused' }
  const { sessionId, accountId } = known
  // Accounts before sessions, as everybody locks them.
  await lockShared(tx, 'account', accountId)
  const account = await tx.getRepository(Account).findOneBy({ id: accountId })
  const session = await lockSession(tx, sessionId)
  if (!account?.enabled || !session) return { outcome: 'refused' }

  const behind = session.generation - known.generation
  if (behind > 1 || (behind === 1 && session.millisecondsSinceRotation > GRACE_MS)) {
    await endSessions(tx, [sessionId])
    return { outcome: 'replayed', sessionId, accountId }
  }
  const generation = known.generation + 1
  if (behind === 0) {
    await advanceSession(tx, sessionId, cut(client), { idleSeconds: IDLE_SECONDS, longestSeconds: LONGEST_SECONDS })
    await forgetRefreshTokens(tx, sessionId, generation - REMEMBERED_GENERATIONS)
  }
  const { secret, hash } = newSecret()
  await insertRefreshToken(tx, sessionId, generation, hash)
  const access = await issue(account, { id: sessionId, revokedUntil: await revokedUntil(tx, sessionId) })
  const maxAgeSeconds = await secondsLeft(tx, sessionId)
  return { outcome: 'refreshed', account, ...access, sessionId, refreshToken: secret, maxAgeSeconds }
}

/** Ends sessions: their refresh tokens at once, their access tokens within about a second. */
export async function endSessions(tx: EntityManager, ids: readonly string[]): Promise<void> {
  await deleteSessions(tx, ids)
  await revokeTokens(tx, ids)
}

/** Ends the session of a refresh token, also of a used one, and the one named; gives those that there were. */
export async function endSession(
  tx: EntityManager,
  { refreshToken, sessionId }: { refreshToken: string | undefined; sessionId: string | undefined },
): Promise<Pick<AccountSession, 'id' | 'accountId'>[]> {
  const known = refreshToken === undefined ? undefined : await findRefreshToken(tx, hashOf(refreshToken))
  const ids = [sessionId, known?.sessionId].filter((id) => id !== undefined)
  const sessions = await tx.getRepository(AccountSession).find({
    select: { id: true, accountId: true },
    where: { id: In(ids) },
  })
  await endSessions(
    tx,
    sessions.map(({ id }) => id),
  )
  return sessions
}

/** Ends the access tokens that an account's sessions have now, so that they refresh and get its rights as they are. Its row must be locked. */
export async function staleSessionsOf(tx: EntityManager, accountId: string): Promise<void> {
  const sessions = await tx.getRepository(AccountSession).find({ select: { id: true }, where: { accountId } })
  await revokeTokens(
    tx,
    sessions.map(({ id }) => id),
  )
}

/** Ends the sessions of an account, whose row must be locked, but for one; gives their ids. */
export async function endSessionsOf(tx: EntityManager, accountId: string, except?: string): Promise<string[]> {
  const sessions = await tx.getRepository(AccountSession).find({ select: { id: true }, where: { accountId } })
  const ids = sessions.map(({ id }) => id).filter((id) => id !== except)
  await endSessions(tx, ids)
  return ids
}

function cut({ address, userAgent }: Client): Client {
  return { address, userAgent: userAgent.slice(0, LONGEST_USER_AGENT) }
}
