// API keys: how a machine signs in as an account, with no more rights than its key names.
import { Account, ApiKey, toBytes, toId } from '@segue/database'
import { may, RIGHTS, isRight, type Environment, type RightName, type SignedInAccount } from '@segue/graphql'
import { randomUUID, timingSafeEqual } from 'node:crypto'
import { IsNull, MoreThan, type EntityManager } from 'typeorm'
import { lockAccount } from '../account/accounts.js'
import { BadApiKey, BadExpiry, BadScope, ScopeNotHeld, TooManyKeys } from '../errors.js'
import { hashOf, newSecret } from '../secret-token.js'
import { API_KEY_TOKEN_SECONDS, type Access, type AccessIssuer } from '../sign-in/access.js'
import { lockShared } from '../sql/lock-shared.js'
import { noteKeyUse } from '../sql/note-key-use.js'
import { revokedUntil, revokeTokens } from '../sql/revoke-tokens.js'

const DAY_MS = 24 * 60 * 60 * 1000
/** A season: a key that nobody knows any more ends by itself. */
const DEFAULT_DAYS = 90
const LONGEST_DAYS = 366
/** Of an account, that count. A machine needs one, and a second while it changes from one to the other. */
const MOST_KEYS = 50

const KEY = /^segue_(production|staging)_([0-9a-f]{32})_([0-9a-f]{64})$/

export interface NewApiKey {
  accountId: string
  name: string
  scopes: readonly string[]
  expiresAt: Date | null | undefined
}

export type MadeApiKey = Omit<ApiKey, 'secretHash'>

/**
 * Makes a key for an account. Its scopes are rights that both have: who makes it and whom it is for. Throws ACCOUNT_NOT_FOUND, BAD_SCOPE,
 * SCOPE_NOT_HELD, BAD_EXPIRY and TOO_MANY_API_KEYS.
 */
export async function createApiKey(
  tx: EntityManager,
  environment: Environment,
  creator: SignedInAccount,
  { accountId, name, scopes: given, expiresAt: end }: NewApiKey,
): Promise<{ apiKey: MadeApiKey; key: string }> {
  const createdAt = new Date()
  const expiresAt = end ?? new Date(createdAt.getTime() + DEFAULT_DAYS * DAY_MS)
  if (expiresAt <= createdAt || expiresAt.getTime() > createdAt.getTime() + LONGEST_DAYS * DAY_MS) {
    throw BadExpiry({ days: LONGEST_DAYS }, ['input', 'expiresAt'])
  }
  const owner = await lockAccount(tx, accountId, ['input', 'accountId'])
  const scopes = readScopes(given, creator, owner)
  const keys = tx.getRepository(ApiKey)
  const counting = await keys.countBy({ accountId, revokedAt: IsNull(), expiresAt: MoreThan(createdAt) })
  if (counting >= MOST_KEYS) throw TooManyKeys({ most: MOST_KEYS }, ['input', 'accountId'])
  const { secret, hash: secretHash } = newSecret('hex')
  const apiKey: MadeApiKey = {
    id: randomUUID(),
    accountId,
    name: name.trim(),
    scopes: [...scopes],
    createdBy: creator.id,
    createdAt,
    expiresAt,
    lastUsedAt: null,
    revokedAt: null,
  }
  await keys.insert({ ...apiKey, secretHash })
  return { apiKey, key: `segue_${environment}_${apiKey.id.replaceAll('-', '')}_${secret}` }
}

/** Ends a key, and the access tokens it was taken for within about a second. */
export async function revokeApiKey(tx: EntityManager, key: ApiKey): Promise<MadeApiKey> {
  const revokedAt = new Date()
  // Waits for who is exchanging it, so that their token ends too.
  const { affected } = await tx.getRepository(ApiKey).update({ id: key.id, revokedAt: IsNull() }, { revokedAt })
  if (affected !== 1) return key
  await revokeTokens(tx, [key.id], API_KEY_TOKEN_SECONDS)
  return { ...key, revokedAt }
}

/** An access token for a key; its rights are those of its account now, within its scopes. Throws BAD_API_KEY, the same for all reasons. */
export async function exchangeApiKey(
  tx: EntityManager,
  environment: Environment,
  given: string,
  issue: AccessIssuer,
): Promise<Access> {
  const [, keysEnvironment, hexId = '', secret = ''] = KEY.exec(given) ?? []
  if (keysEnvironment !== environment) throw BadApiKey()
  const keys = tx.getRepository(ApiKey)
  const id = toId(Buffer.from(hexId, 'hex'))
  const known = await keys
    .createQueryBuilder('key')
    .addSelect('key.secretHash')
    .where('key.id = :id', { id: toBytes(id) })
    .getOne()
  if (!known || !timingSafeEqual(known.secretHash, hashOf(secret))) throw BadApiKey()
  // Accounts before keys, as everybody locks them. Neither changes until the token is given out.
  await lockShared(tx, 'account', known.accountId)
  const account = await tx.getRepository(Account).findOneBy({ id: known.accountId })
  await noteKeyUse(tx, id)
  await lockShared(tx, 'api_key', id)
  const key = await keys.findOneBy({ id, revokedAt: IsNull(), expiresAt: MoreThan(new Date()) })
  if (!account?.enabled || !key) throw BadApiKey()
  return await issue(account, {
    id,
    revokedUntil: await revokedUntil(tx, id),
    scopes: key.scopes.filter((scope): scope is RightName => isRight(scope)),
    seconds: API_KEY_TOKEN_SECONDS,
    expiresAt: key.expiresAt,
  })
}

function readScopes(given: readonly string[], creator: SignedInAccount, owner: Account): ReadonlySet<RightName> {
  const holder: SignedInAccount = { ...owner, sessionId: '', expiresAt: 0 }
  const scopes = given.map((scope, index): RightName => {
    const path = ['input', 'scopes', String(index)]
    if (scope === 'public' || !isRight(scope)) {
      throw BadScope({ scope: JSON.stringify(scope.slice(0, 60)), rights: Object.keys(RIGHTS).join(', ') }, path)
    }
    if (!may(creator, scope)) throw ScopeNotHeld({ scope, whose: 'who makes it' }, path)
    if (!may(holder, scope)) throw ScopeNotHeld({ scope, whose: 'its account' }, path)
    return scope
  })
  return new Set(scopes)
}
