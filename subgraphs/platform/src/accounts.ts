// Accounts in the database: found, created, changed.
import { Account } from '@segue/database'
import type { Role } from '@segue/graphql'
import { randomUUID } from 'node:crypto'
import { QueryFailedError, type DataSource } from 'typeorm'
import { AccountNotFound, EmailTaken, LastAdmin } from './errors.js'
import { hashPassword } from './password.js'

export interface NewAccount {
  email: string
  name: string
  role: Role
  /** Plain; kept as an argon2id hash only. */
  password: string
}

/** Creates an enabled account and returns it without its hash. Throws EMAIL_TAKEN. */
export async function createAccount(
  database: DataSource,
  { email, name, role, password }: NewAccount,
): Promise<Omit<Account, 'passwordHash'>> {
  const now = new Date()
  const account = {
    id: randomUUID(),
    email: normalizeEmail(email),
    name: name.trim(),
    role,
    enabled: true,
    createdAt: now,
    updatedAt: now,
    lastLoginAt: null,
  }
  try {
    await database.getRepository(Account).insert({ ...account, passwordHash: await hashPassword(password) })
  } catch (error) {
    if (error instanceof QueryFailedError && error.driverError.code === 'ER_DUP_ENTRY') {
      throw EmailTaken({}, ['input', 'email'])
    }
    throw error
  }
  return account
}

export interface AccountChanges {
  name?: string | null | undefined
  role?: Role | null | undefined
  enabled?: boolean | null | undefined
  password?: string | null | undefined
}

/** Changes what is given. Throws ACCOUNT_NOT_FOUND, and LAST_ADMIN for what would leave nobody who may undo it. */
export async function updateAccount(database: DataSource, id: string, changes: AccountChanges): Promise<Account> {
  const { name, role, enabled, password } = changes
  const passwordHash = password != null ? await hashPassword(password) : undefined
  return await database.transaction(async (tx) => {
    const accounts = tx.getRepository(Account)
    // All enabled admins are locked: of two admins who disable each other at once, the second one waits and is refused.
    const admins = await accounts.find({
      where: { role: 'admin', enabled: true },
      order: { id: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    })
    const account = await accounts.findOneBy({ id })
    if (!account) throw AccountNotFound({ id }, ['input', 'id'])
    const demoted = (role ?? account.role) !== 'admin' || !(enabled ?? account.enabled)
    if (demoted && admins.length === 1 && admins[0]?.id === id) throw LastAdmin({}, ['input', 'id'])
    const changed = {
      ...(name != null ? { name: name.trim() } : {}),
      ...(role != null ? { role } : {}),
      ...(enabled != null ? { enabled } : {}),
      updatedAt: new Date(),
    }
    await accounts.update({ id }, { ...changed, ...(passwordHash ? { passwordHash } : {}) })
    return { ...account, ...changed }
  })
}

/** As addresses are compared and kept. */
export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase()
}
