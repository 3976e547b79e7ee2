// Accounts in the database: created, locked, changed.
import { Account, ApiKey } from '@segue/database'
import { may, type Role } from '@segue/graphql'
import { randomUUID } from 'node:crypto'
import { IsNull, QueryFailedError, type EntityManager } from 'typeorm'
import { AccountNotFound, EmailTaken, LastAdmin } from '../errors.js'
import { hashPassword } from '../password/password.js'
import { endSessionsOf, staleSessionsOf } from '../session/sessions.js'
import { API_KEY_TOKEN_SECONDS } from '../sign-in/access.js'
import { lockShared } from '../sql/lock-shared.js'
import { revokeTokens } from '../sql/revoke-tokens.js'

export interface NewAccount {
  email: string
  name: string
  role: Role
  /** Whether it sees personal data unmasked; false when left out. */
  personalData?: boolean
  /** Plain; kept as an argon2id hash only. */
  password: string
}

/** Creates an enabled account and returns it without its hash. Throws EMAIL_TAKEN. */
export async function createAccount(
  database: Pick<EntityManager, 'getRepository'>,
  { email, name, role, personalData = false, password }: NewAccount,
): Promise<Omit<Account, 'passwordHash'>> {
  const now = new Date()
  const account = {
    id: randomUUID(),
    email: normalizeEmail(email),
    name: name.trim(),
    role,
    personalData,
    enabled: true,
    createdAt: now,
    updatedAt: now,
    lastLoginAt: null,
    version: 1,
  }
  try {
    await database.getRepository(Account).insert({ ...account, passwordHash: await hashPassword(password) })
  } catch (error) {
    if (isDuplicate(error)) throw EmailTaken({}, ['input', 'email'])
    throw error
  }
  return account
}

/** What is to change; what is left out stays. */
export type AccountChanges = Partial<Pick<Account, 'name' | 'role' | 'personalData' | 'enabled'>>

/** An account before and after a change. `after` is undefined when the change is of another version than the account's. */
export interface ChangedAccount {
  before: Account
  after: Account | undefined
}

/**
 * Changes what is given, of the version that it is a change of. What an account may do no longer ends with the access tokens it has: they are refused
 * within about a second. Disabling ends its sessions; other rights are had by refreshing them. Throws ACCOUNT_NOT_FOUND, and LAST_ADMIN for what would
 * leave nobody who may undo it.
 */
export async function updateAccount(
  tx: EntityManager,
  id: string,
  version: number,
  changes: AccountChanges,
): Promise<ChangedAccount> {
  const accounts = tx.getRepository(Account)
  // All enabled admins are locked: of two admins who disable each other at once, the second one waits and is refused.
  const admins = await accounts.find({
    where: { role: 'admin', enabled: true },
    order: { id: 'ASC' },
    lock: { mode: 'pessimistic_write' },
  })
  const before = await lockAccount(tx, id, ['input', 'id'])
  if (before.version !== version) return { before, after: undefined }
  const after: Account = {
    ...before,
    ...changes,
    updatedAt: new Date(),
    version: version + 1,
  }
  const demoted = after.role !== 'admin' || !after.enabled
  if (demoted && admins.length === 1 && admins[0]?.id === id) throw LastAdmin({}, ['input', 'id'])
  const { role, personalData, enabled, updatedAt } = after
  await accounts.update({ id }, { ...changes, updatedAt, version: after.version })
  if (!enabled) await endSessionsOf(tx, id)
  else if (role !== before.role || personalData !== before.personalData) await staleSessionsOf(tx, id)
  if (enabled !== before.enabled || role !== before.role || personalData !== before.personalData) {
    await revokeTokens(tx, await keysOf(tx, id), API_KEY_TOKEN_SECONDS)
  }
  return { before, after }
}

/** Locks an account until the transaction ends. Throws ACCOUNT_NOT_FOUND. */
export async function lockAccount(tx: EntityManager, id: string, path: readonly string[]): Promise<Account> {
  const account = await tx.getRepository(Account).findOne({ where: { id }, lock: { mode: 'pessimistic_write' } })
  if (!account) throw AccountNotFound({ id }, path)
  return account
}

/**
 * Whether links that an account made count: as long as it may make such. Whoever made one knows it, and an admin who was let go must not come in again by it.
 * Locks the account, shared: that is so until the transaction ends.
 */
export async function mayHandOutLinks(tx: EntityManager, id: string): Promise<boolean> {
  await lockShared(tx, 'account', id)
  const maker = await tx.getRepository(Account).findOneBy({ id })
  return maker !== null && maker.enabled && may({ ...maker, sessionId: '', expiresAt: 0 }, 'accounts.write')
}

/** As addresses are compared and kept. */
export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase()
}

export function isDuplicate(error: unknown): boolean {
  return error instanceof QueryFailedError && error.driverError.code === 'ER_DUP_ENTRY'
}

async function keysOf(tx: EntityManager, accountId: string): Promise<string[]> {
  const keys = await tx.getRepository(ApiKey).find({ select: { id: true }, where: { accountId, revokedAt: IsNull() } })
  return keys.map(({ id }) => id)
}
