// What a resource of each transport can be told, and what its secret holds.
import type { z } from 'zod'
import { mailSecret, mailSettings, type MailSettings } from './mail/mail-settings.js'
import { authHeader, httpSecret, httpSettings, type HttpSettings } from './http/http-settings.js'
import { DEFAULT_CONCURRENCY } from './concurrency.js'
import type { JsonObject } from './transport.js'

export { DEFAULT_CONCURRENCY } from './concurrency.js'

/** The transports that resources are of: schemas of their settings and of their secret, for forms and checks. */
export const RESOURCE_SETTINGS = {
  http: { settings: httpSettings, secret: httpSecret },
  mail: { settings: mailSettings, secret: mailSecret },
} as const

export type ResourceTransport = keyof typeof RESOURCE_SETTINGS

/**
 * What is wrong with a resource before it is stored: path and message each, no message with any part of the secret. `secret`: null for
 * none, undefined for the one that is stored already.
 */
export function checkResource(
  transport: ResourceTransport,
  settings: unknown,
  secret: unknown,
): { path: string[]; message: string }[] {
  const schemas = RESOURCE_SETTINGS[transport]
  const parsed = schemas.settings.safeParse(settings)
  if (!parsed.success) return problemsOf('settings', parsed)
  if (secret === undefined) return []
  const problem = { path: ['secret'], message: secretProblem(parsed.data, secret) ?? '' }
  if (problem.message !== '') return [problem]
  return secret === null ? [] : problemsOf('secret', schemas.secret.safeParse(secret))
}

/** What the settings say against a secret, or for one. */
function secretProblem(settings: HttpSettings | MailSettings, secret: unknown): string | undefined {
  if ('tls' in settings)
    return settings.tls === 'none' && secret !== null
      ? 'Without encryption no password is sent: choose starttls or implicit.'
      : undefined
  const { auth } = settings
  if (authHeader(settings, secret as JsonObject | null) !== null) return undefined
  return `${SECRETS[auth.kind]} must be given for this kind of authentication.`
}

const SECRETS = { none: 'Nothing', bearer: '{ token }', basic: '{ user, password }', header: '{ value }' } as const

/** How many deliveries to a resource may be under way at once. */
export function concurrencyOf(settings: JsonObject): number {
  const { concurrency } = settings
  return typeof concurrency === 'number' && Number.isInteger(concurrency) && concurrency > 0
    ? concurrency
    : DEFAULT_CONCURRENCY
}

function problemsOf(root: string, result: z.ZodSafeParseResult<unknown>): { path: string[]; message: string }[] {
  if (result.success) return []
  return result.error.issues.map(({ path, message }) => ({ path: [root, ...path.map(String)], message }))
}
