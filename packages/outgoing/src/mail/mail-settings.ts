// A resource of the mail transport: an SMTP server that takes mails for us.
import { z } from 'zod'
import { concurrency } from '../concurrency.js'

export const mailSettings = z.strictObject({
  host: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[^\s/@]+$/, 'Write the name of a host, such as smtp.example.com.')
    .meta({ title: 'SMTP server' }),
  port: z.int().min(1).max(65_535).default(587).meta({ title: 'Port' }),
  tls: z.enum(['starttls', 'implicit', 'none']).default('starttls').meta({
    title: 'Encryption',
    description:
      'starttls (port 587) or implicit (port 465); none is for servers in your own network, and sends no password.',
  }),
  ca: z
    .string()
    .max(20_000)
    .regex(/^-----BEGIN CERTIFICATE-----/, 'Paste a certificate in PEM format.')
    .optional()
    .meta({ title: 'Certificate of an authority of your own' }),
  concurrency,
})

/** Who sends; none: the server takes mails without. */
export const mailSecret = z.strictObject({ user: z.string().min(1).max(300), password: z.string().min(1).max(3000) })

export type MailSettings = z.output<typeof mailSettings>
export type MailSecret = z.output<typeof mailSecret>
