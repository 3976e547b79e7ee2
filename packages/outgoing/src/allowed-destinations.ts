// Private destinations that are allowed by configuration: host names, addresses, networks.
import ipaddr from 'ipaddr.js'
import { z } from 'zod'

const HOST_NAME = /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i

/** A variable such as `crm.internal, 10.1.0.0/16, ::1`; gives its entries. */
export const allowedDestinations = (): z.ZodType<string[], string | undefined> =>
  z
    .string()
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((entry) => entry.trim())
        .filter(Boolean),
    )
    .refine(
      (entries) => entries.every((entry) => isNetwork(entry) || isHostName(entry)),
      'must be host names, addresses or networks, as 10.1.0.0/16, with commas between',
    )

/** Whether an entry is an address or a network, and no name. */
export function isNetwork(entry: string): boolean {
  return entry.includes('/') ? ipaddr.isValidCIDR(entry) : isAddress(entry)
}

/** IPv4 in its usual form only: `0x7f.1` is none here. */
function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)
}

function isHostName(entry: string): boolean {
  // A last part of digits makes it an address in some spelling.
  return HOST_NAME.test(entry) && !/(^|\.)(\d+|0x[0-9a-f]*)$/i.test(entry)
}
