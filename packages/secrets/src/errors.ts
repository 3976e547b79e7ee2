// What can be wrong with a stored secret. No message holds any part of a secret or of a key.

/** Messages by code: what is wrong, and what to do. */
export const SECRET_ERRORS = {
  SECRET_KEY_UNKNOWN:
    'The secret is encrypted with the key "{key}", which SEGUE_SECRET_KEYS does not list. Add that key, or store the secret anew.',
  SECRET_DAMAGED:
    'The secret cannot be decrypted: its bytes, its key or the resource that it belongs to changed. Store it anew.',
  SECRET_KEYS_MISSING: 'The secret is encrypted, and this process has no keys. Give it SEGUE_SECRET_KEYS.',
  SECRET_FORMAT: 'The secret was written by a newer version of Segue. Update this process.',
  SECRET_TOO_LONG: 'The secret has {bytes} bytes; at most {most} can be stored.',
} as const

export type SecretErrorCode = keyof typeof SECRET_ERRORS

/** Thrown by `SecretBox`. */
export class SecretError extends Error {
  override readonly name = 'SecretError'
  constructor(
    readonly code: SecretErrorCode,
    values: Record<string, string | number> = {},
  ) {
    super(SECRET_ERRORS[code].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? '')))
  }
}
