// A mail as deliveries hold it, and what can be wrong with it or its resource.
import { z } from 'zod'
import { rejected, resourceUnusable } from '../failure.js'
import type { Failure, JsonObject, OutgoingResource } from '../transport.js'
import { mailSecret, mailSettings, type MailSecret, type MailSettings } from './mail-settings.js'

const address = z.object({ name: z.string().max(500).default(''), address: z.email().max(320) })

const request = z
  .object({
    from: address,
    to: address,
    replyTo: address.optional(),
    subject: z.string().max(1000),
    text: z.string().optional(),
    html: z.string().optional(),
    timeoutMs: z.number().min(1).max(300_000).default(60_000),
  })
  .refine(({ text, html }) => text !== undefined || html !== undefined, 'it has neither text nor HTML')

export type Mail = z.output<typeof request>

/** A mail and the server that takes it. */
export interface MailOrder {
  resource: OutgoingResource
  mail: Mail
  settings: MailSettings
  secret: MailSecret | null
}

/** The mail of a delivery with its server, or why it cannot be sent. */
export function readMail(given: JsonObject, resource: OutgoingResource | null): MailOrder | Failure {
  const mail = request.safeParse(given)
  if (!mail.success) {
    const problems = mail.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim())
    return rejected('BAD_REQUEST', `The mail cannot be sent: ${problems.join('; ')}.`)
  }
  if (!resource) return rejected('BAD_REQUEST', 'The mail cannot be sent: it names no resource.')
  const settings = mailSettings.safeParse(resource.settings)
  const secret = mailSecret.nullable().safeParse(resource.secret)
  if (!settings.success || !secret.success)
    return resourceUnusable(
      `The settings of the resource ${resource.id} are not those of a mail server with its user and password.`,
    )
  if (settings.data.tls === 'none' && secret.data)
    return resourceUnusable(
      `The resource ${resource.id} would send its password unencrypted. Set its encryption to starttls or implicit.`,
    )
  return { resource, mail: mail.data, settings: settings.data, secret: secret.data }
}
