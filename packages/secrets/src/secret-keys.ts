// The keys in configuration: a list, so that a new key can come before the old one leaves.
import { z } from 'zod'

/** A key and its name, which is stored with each secret that it encrypted. */
export interface SecretKey {
  id: string
  /** 32 bytes. */
  key: Buffer
}

const ENTRY = /^([A-Za-z0-9_-]{1,32}):([0-9a-fA-F]{64})$/

/**
 * A variable such as `2026:<64 hexadecimal digits>, 2025:<64 hexadecimal digits>`: the first key encrypts, all decrypt. Its problems name no
 * part of a key.
 */
export const secretKeys = (): z.ZodType<[SecretKey, ...SecretKey[]], string> =>
  z
    .string()
    .transform((list, context): [SecretKey, ...SecretKey[]] => {
      const entries = list.split(',').map((entry) => ENTRY.exec(entry.trim()))
      const keys = entries.flatMap((entry) =>
        entry ? [{ id: entry[1] ?? '', key: Buffer.from(entry[2] ?? '', 'hex') }] : [],
      )
      const [first, ...others] = keys
      if (!first || keys.length < entries.length) {
        context.addIssue('must be keys as name:64 hexadecimal digits, with commas between')
        return z.NEVER
      }
      if (new Set(keys.map(({ id }) => id)).size < keys.length) {
        context.addIssue('must give each key a name of its own')
        return z.NEVER
      }
      return [first, ...others]
    })
    .describe(
      'Keys of stored credentials, name:64 hexadecimal digits each, with commas between: the first encrypts, all decrypt',
    )
