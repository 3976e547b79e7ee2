// Addresses of mails out of texts that people and data give.
import { z } from 'zod'

/** As mail programs want it: a name for people, and the address. */
export interface MailAddress {
  name: string
  address: string
}

/** A name and an address fit many times over. */
const LONGEST = 500

const plainAddress = z.email().max(320)

/**
 * The address in a text such as `ada@example.com` or `Ada Lovelace <ada@example.com>`; undefined when it is none, or several.
 * No line break can come out of it: white space in a name becomes single spaces.
 */
export function parseAddress(text: string): MailAddress | undefined {
  if (text.length > LONGEST) return undefined
  const [, name = '', inBrackets] = /^([^<>]*)<([^<>]*)>$/.exec(text.trim()) ?? []
  const address = (inBrackets ?? text).trim()
  if (!plainAddress.safeParse(address).success) return undefined
  return { name: name.replace(/[\s\p{Cc}"]+/gu, ' ').trim(), address }
}
