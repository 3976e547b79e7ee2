// A new password for who lost theirs: a link that counts once, made by an admin and handed over by them.
import { Account, PasswordReset } from '@segue/database'
import { MoreThan, type EntityManager } from 'typeorm'
import { lockAccount, mayHandOutLinks } from '../account/accounts.js'
import { TokenUsed } from '../errors.js'
import { hashOf, newSecret } from '../secret-token.js'
import { endSessionsOf } from '../session/sessions.js'
import { hashPassword } from './password.js'

/** Long enough to reach a colleague in another time zone, too short to lie around. */
const RESET_MS = 24 * 60 * 60 * 1000

/** Makes a link's token for an account; an earlier one ends. Throws ACCOUNT_NOT_FOUND. */
export async function createReset(
  tx: EntityManager,
  accountId: string,
  createdBy: string,
): Promise<{ account: Account; token: string; expiresAt: Date }> {
  const account = await lockAccount(tx, accountId, ['input', 'accountId'])
  const { secret: token, hash: tokenHash } = newSecret()
  const createdAt = new Date()
  const expiresAt = new Date(createdAt.getTime() + RESET_MS)
  const resets = tx.getRepository(PasswordReset)
  await resets.delete({ accountId })
  await resets.insert({ accountId, tokenHash, createdBy, createdAt, expiresAt })
  return { account, token, expiresAt }
}

/** Sets the password of the account that the token is for and ends its sessions. Throws LINK_ENDED, for disabled accounts too, and when who made the link may do so no longer. */
export async function useReset(tx: EntityManager, token: string, password: string): Promise<Account> {
  const resets = tx.getRepository(PasswordReset)
  const open = { tokenHash: hashOf(token), expiresAt: MoreThan(new Date()) }
  const reset = await resets.findOneBy(open)
  if (!reset || !(await mayHandOutLinks(tx, reset.createdBy))) throw TokenUsed({}, ['input', 'token'])
  // Two with one token: the second waits here and then finds nothing to delete.
  const account = await lockAccount(tx, reset.accountId, ['input', 'token'])
  const { affected } = await resets.delete(open)
  if (affected !== 1 || !account.enabled) throw TokenUsed({}, ['input', 'token'])
  return await setPassword(tx, account, password)
}

/** Sets the password of a locked account and ends its sessions, but for one. */
export async function setPassword(
  tx: EntityManager,
  account: Account,
  password: string,
  exceptSession?: string,
): Promise<Account> {
  const changed = { updatedAt: new Date(), version: account.version + 1 }
  await tx.getRepository(Account).update({ id: account.id }, { ...changed, passwordHash: await hashPassword(password) })
  await tx.getRepository(PasswordReset).delete({ accountId: account.id })
  await endSessionsOf(tx, account.id, exceptSession)
  return { ...account, ...changed }
}
