// Mails over SMTP: one attempt, over kept connections of the resource.
import type { NodemailerError } from 'nodemailer'
import type { AddressPolicy } from '../address-policy.js'
import { failureOutcome } from '../failure.js'
import { timeLimit } from '../time-limit.js'
import type { Failure, JsonObject, Transport } from '../transport.js'
import { readMail, type Mail, type MailOrder } from './mail-request.js'
import { openMailServer, type MailServer } from './mail-server.js'

/**
 * The transport `mail`. A request is `{ from, to, replyTo?, subject, text?, html? }`, addresses being `{ name, address }`; its response `{ messageId, response }`. What the
 * server refuses for good (5xx) is rejected; 4xx, and refused credentials, are tried again. The idempotency key makes the Message-ID, by which
 * mail programs know a mail that came twice.
 */
export function createMailTransport(policy: AddressPolicy): Transport {
  const servers = new Map<string, { revision: string; server: MailServer }>()

  /** The connections of a resource; those with older settings end when their mails are sent. */
  function serverOf({ resource, settings, secret }: MailOrder): MailServer {
    const { id, revision } = resource
    const open = servers.get(id)
    if (open?.revision === revision) return open.server
    open?.server.close()
    const server = openMailServer(policy, settings, secret)
    servers.set(id, { revision, server })
    return server
  }

  return {
    kind: 'mail',
    async send(request, resource, { idempotencyKey, signal }) {
      const order = readMail(request, resource)
      if ('kind' in order) return order
      const limit = timeLimit(order.mail.timeoutMs, signal)
      try {
        const sent = await serverOf(order).sendMail({
          ...contentOf(order.mail),
          messageId: messageIdOf(idempotencyKey, order.mail),
          signal: limit.signal,
        })
        return { kind: 'delivered', response: { messageId: sent.messageId, response: sent.response } }
      } catch (error) {
        return failedMail(error, order.settings.host, limit.over)
      } finally {
        limit.done()
      }
    },
    async close() {
      for (const { server } of servers.values()) server.close({ force: true })
      servers.clear()
    },
  }
}

function contentOf({ from, to, replyTo, subject, text, html }: Mail): Omit<Mail, 'timeoutMs'> {
  return {
    from,
    to,
    subject,
    ...(replyTo ? { replyTo } : {}),
    ...(text === undefined ? {} : { text }),
    ...(html === undefined ? {} : { html }),
  }
}

function messageIdOf(idempotencyKey: string, { from }: Mail): string {
  return `<${idempotencyKey}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`
}

/** Codes of nodemailer for what the server said about this mail: its sender or recipient, its content. */
const ABOUT_THE_MAIL = new Set(['EENVELOPE', 'EMESSAGE'])

function failedMail(error: unknown, host: string, timedOut: boolean): Failure {
  const { code = '', responseCode, response } = error as NodemailerError
  if (timedOut || (responseCode === undefined && !ABOUT_THE_MAIL.has(code)))
    return failureOutcome(error, host, timedOut)
  const answer: JsonObject | null = response === undefined ? null : { response: response.slice(0, 1000) }
  // Refused credentials are the resource's trouble: the mails wait until somebody has mended it.
  if (code === 'EAUTH')
    return {
      kind: 'retry',
      reason: { code: 'CREDENTIALS_REFUSED', message: `${host} refused the user or the password.` },
      after: null,
      unreachable: true,
      response: answer,
    }
  const reason = {
    code: responseCode ? `SMTP_${responseCode}` : 'BAD_REQUEST',
    message: `${host} refused the mail${responseCode ? ` with ${responseCode}` : ''}.`,
  }
  if (ABOUT_THE_MAIL.has(code) && (responseCode === undefined || responseCode >= 500))
    return { kind: 'rejected', reason, response: answer }
  // 421 ends the connection; anything that is not about the mail is about the server.
  return {
    kind: 'retry',
    reason,
    after: null,
    unreachable: responseCode === 421 || !ABOUT_THE_MAIL.has(code),
    response: answer,
  }
}
