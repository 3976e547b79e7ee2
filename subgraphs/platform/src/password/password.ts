// Passwords: argon2id, and the same work whether an account exists or not.
import { hash as hashWithArgon2, verify } from '@node-rs/argon2'

/** `Algorithm.Argon2id`, whose const enum modules compiled one by one cannot read. */
const ARGON2ID = 2
/** OWASP's recommendation for argon2id (19 MiB, two passes, one lane): about 20 ms; at most four run at once, on libuv's threads. */
const SETTINGS = { algorithm: ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** NIST SP 800-63B asks for fifteen where a password is the only factor; with sign-in limited to a private network twelve are kept. */
export const SHORTEST_PASSWORD = 12
/** Longer is an attack on our time, not a password. */
export const LONGEST_PASSWORD = 200

export async function hashPassword(password: string): Promise<string> {
  return await hashWithArgon2(password, SETTINGS)
}

/** Checks passwords in a time that does not tell whether there was a hash to check against. */
export type PasswordCheck = (hash: string | undefined, password: string) => Promise<boolean>

export async function createPasswordCheck(): Promise<PasswordCheck> {
  const nobodys = await hashPassword('the password of nobody')
  return async (hash, password) => {
    const matches = await verify(hash ?? nobodys, password)
    return hash !== undefined && matches
  }
}
