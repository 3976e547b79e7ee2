// Networks in configuration: addresses and CIDR ranges, IPv4 and IPv6, with commas between.
import { isIP } from 'node:net'
import { z } from 'zod'

/** A variable such as `10.0.0.0/8, fd00::/8, 192.0.2.7`; gives its entries. */
export const networkList = (fallback: string): z.ZodType<string[], string | undefined> =>
  z
    .string()
    .default(fallback)
    .transform((list) =>
      list
        .split(',')
        .map((entry) => entry.trim())
        .filter(Boolean),
    )
    .refine((entries) => entries.every(isNetwork), 'must be addresses or networks, as 10.0.0.0/8, with commas between')

function isNetwork(entry: string): boolean {
  const [address = '', prefix, ...rest] = entry.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128))
}
