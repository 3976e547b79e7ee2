// Secrets that are handed out once and kept as a hash: refresh tokens, links, API keys.
import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits, so nobody guesses one and a plain hash is enough to keep. */
export function newSecret(encoding: 'base64url' | 'hex' = 'base64url'): { secret: string; hash: Buffer } {
  const secret = randomBytes(32).toString(encoding)
  return { secret, hash: hashOf(secret) }
}

/** SHA-256 of a secret as it was handed out. */
export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
