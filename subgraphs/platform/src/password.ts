// Passwords: argon2id, and the same work whether an account exists or not.
import argon2 from 'argon2'

/** OWASP's recommendation for argon2id (19 MiB, two passes, one lane): about 20 ms; at most four run at once, on libuv's threads. */
const SETTINGS = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** NIST SP 800-63B asks for fifteen where a password is the only factor; with sign-in limited to a private network twelve are kept. */
export const SHORTEST_PASSWORD = 12
/** Longer is an attack on our time, not a password. */
export const LONGEST_PASSWORD = 200

export async function hashPassword(password: string): Promise<string> {
  return await argon2.hash(password, SETTINGS)
}

/** Checks passwords in a time that does not tell whether there was a hash to check against. */
export type PasswordCheck = (hash: string | undefined, password: string) => Promise<boolean>

export async function createPasswordCheck(): Promise<PasswordCheck> {
  const nobodys = await hashPassword('the password of nobody')
  return async (hash, password) => {
    const matches = await argon2.verify(hash ?? nobodys, password)
    return hash !== undefined && matches
  }
}
