// A resource of the HTTP transport: credentials, and the hosts that may see them.
import { z } from 'zod'
import { concurrency } from '../concurrency.js'
import type { JsonObject } from '../transport.js'

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]{1,100}$/
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

export const httpSettings = z.strictObject({
  hosts: z
    .array(
      z
        .string()
        .refine(
          (host) => canonicalHost(host) === host.toLowerCase(),
          'Write a host as in its address: api.example.com, or api.example.com:8443.',
        ),
    )
    .min(1)
    .max(50)
    .meta({ title: 'Hosts', description: 'Calls with these credentials go to these hosts only.' }),
  auth: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('none') }).meta({ title: 'None' }),
      z.strictObject({ kind: z.literal('bearer') }).meta({ title: 'Bearer token' }),
      z.strictObject({ kind: z.literal('basic') }).meta({ title: 'User and password' }),
      z
        .strictObject({
          kind: z.literal('header'),
          name: z.string().regex(HEADER_NAME, 'This is no name of a header.'),
        })
        .meta({ title: 'A header of its own' }),
    ])
    .meta({ title: 'Authentication' }),
  concurrency,
})

const secretText = z.string().min(1).max(3000).regex(HEADER_VALUE, 'Holds characters that headers cannot have.')

/** By kind of authentication: the token, user and password, or the header's value. */
export const httpSecret = z.union([
  z.strictObject({ token: secretText }),
  z.strictObject({
    user: z
      .string()
      .max(300)
      .regex(/^[^:]*$/, 'No colon may be in it.'),
    password: z.string().max(3000),
  }),
  z.strictObject({ value: secretText }),
])

/** A host as URLs have it: lower case, no default port of https. Undefined for what is none. */
function canonicalHost(host: string): string | undefined {
  if (!URL.canParse(`https://${host}`)) return undefined
  const url = new URL(`https://${host}`)
  return url.pathname === '/' && url.username === '' && url.search === '' && url.hash === '' && !host.endsWith('/')
    ? url.host
    : undefined
}

export type HttpSettings = z.output<typeof httpSettings>

/** The header that authenticates; undefined: none. Null: the secret is not what the settings ask for. */
export function authHeader(
  settings: HttpSettings,
  secret: JsonObject | null,
): [name: string, value: string] | undefined | null {
  const { auth } = settings
  if (auth.kind === 'none') return undefined
  const parsed = httpSecret.safeParse(secret)
  if (!parsed.success) return null
  const given = parsed.data
  if (auth.kind === 'bearer') return 'token' in given ? ['authorization', `Bearer ${given.token}`] : null
  if (auth.kind === 'header') return 'value' in given ? [auth.name.toLowerCase(), given.value] : null
  if (!('user' in given)) return null
  return ['authorization', `Basic ${Buffer.from(`${given.user}:${given.password}`).toString('base64')}`]
}
