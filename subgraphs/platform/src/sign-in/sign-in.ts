// Sign-in: whose e-mail address and password these are.
import { Account, toBytes } from '@segue/database'
import type { EntityManager } from 'typeorm'
import { normalizeEmail } from '../account/accounts.js'
import { BadCredentials } from '../errors.js'
import type { PasswordCheck } from '../password/password.js'
import type { Attempts } from './attempts.js'

/**
 * The account of this e-mail address and password, locked until the transaction ends. Throws BAD_CREDENTIALS, the same for all reasons and after the same
 * work, and TOO_MANY_ATTEMPTS.
 */
export async function signIn(
  tx: EntityManager,
  { checkPassword, attempts }: { checkPassword: PasswordCheck; attempts: Attempts },
  given: { email: string; password: string; address: string },
): Promise<Account> {
  const email = normalizeEmail(given.email)
  const attempt = await attempts.begin(email, given.address)
  const like = await tx
    .getRepository(Account)
    .createQueryBuilder('account')
    .addSelect('account.passwordHash')
    .where('account.email = :email', { email })
    .getOne()
  // The column takes é for e. The counts of attempts do not, so each way to write an address would have attempts of its own.
  const found = like?.email === email ? like : undefined
  const matches = await checkPassword(found?.passwordHash, given.password)
  if (!found?.enabled || !matches) throw BadCredentials()
  const account = await lockUnchanged(tx, found)
  await attempt.succeeded()
  const lastLoginAt = new Date()
  await tx.getRepository(Account).update({ id: account.id }, { lastLoginAt })
  return { ...account, lastLoginAt }
}

/** Locks an account whose password was checked. Throws BAD_CREDENTIALS when it was disabled or got another password meanwhile. */
async function lockUnchanged(
  tx: EntityManager,
  { id, passwordHash }: Pick<Account, 'id' | 'passwordHash'>,
): Promise<Account> {
  const account = await tx
    .getRepository(Account)
    .createQueryBuilder('account')
    .addSelect('account.passwordHash')
    .where('account.id = :id', { id: toBytes(id) })
    .setLock('pessimistic_write')
    .getOne()
  if (!account?.enabled || account.passwordHash !== passwordHash) throw BadCredentials()
  return account
}

/** One's own account, locked, when this is its password; undefined when it is not. Throws TOO_MANY_ATTEMPTS: who holds a token may not guess for ever. */
export async function checkOwnPassword(
  tx: EntityManager,
  { checkPassword, attempts }: { checkPassword: PasswordCheck; attempts: Attempts },
  given: { accountId: string; password: string; address: string },
): Promise<Account | undefined> {
  const own = await tx
    .getRepository(Account)
    .createQueryBuilder('account')
    .addSelect('account.passwordHash')
    .where('account.id = :id', { id: toBytes(given.accountId) })
    .getOne()
  if (!own) return undefined
  const attempt = await attempts.begin(own.email, given.address)
  if (!(await checkPassword(own.passwordHash, given.password))) return undefined
  const account = await lockUnchanged(tx, own)
  await attempt.succeeded()
  return account
}
