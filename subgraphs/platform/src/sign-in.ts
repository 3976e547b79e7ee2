// Sign-in: a password for an access token of fifteen minutes.
import { Account } from '@segue/database'
import { ACCESS_TOKEN_SECONDS, type TokenSigner } from '@segue/graphql'
import type { DataSource } from 'typeorm'
import { normalizeEmail } from './accounts.js'
import type { Attempts } from './attempts.js'
import { BadCredentials, TooManyAttempts } from './errors.js'
import type { PasswordCheck } from './password.js'

interface SignedIn {
  account: Account
  accessToken: string
  expiresAt: Date
}

/** `(email, password, address) => SignedIn`. Throws BAD_CREDENTIALS, the same for all reasons, and TOO_MANY_ATTEMPTS. */
export type SignIn = (email: string, password: string, address: string) => Promise<SignedIn>

export function createSignIn(
  database: DataSource,
  services: { sign: TokenSigner; checkPassword: PasswordCheck; attempts: Attempts },
): SignIn {
  const { sign, checkPassword, attempts } = services
  return async (givenEmail, password, address) => {
    const email = normalizeEmail(givenEmail)
    const minutes = attempts.waitMinutes(email, address)
    if (minutes > 0) throw TooManyAttempts({ minutes })
    // Counted before the check and taken back after a success: many at once cannot all be tried before the first one has failed.
    attempts.failed(email, address)
    const accounts = database.getRepository(Account)
    const like = await accounts
      .createQueryBuilder('account')
      .addSelect('account.passwordHash')
      .where('account.email = :email', { email })
      .getOne()
    // The column takes é for e. The counts of attempts do not, so each way to write an address would have attempts of its own.
    const found = like?.email === email ? like : undefined
    const matches = await checkPassword(found?.passwordHash, password)
    if (!found?.enabled || !matches) throw BadCredentials()
    attempts.succeeded(email, address)
    const now = new Date()
    await accounts.update({ id: found.id }, { lastLoginAt: now })
    return {
      account: { ...found, lastLoginAt: now },
      accessToken: await sign({ id: found.id, role: found.role }, now.getTime()),
      expiresAt: new Date(now.getTime() + ACCESS_TOKEN_SECONDS * 1000),
    }
  }
}
