// Kept connections to one SMTP server, to an allowed address.
import { connect, isIP, type Socket } from 'node:net'
import { createTransport, type SMTPPoolOptions } from 'nodemailer'
import type { AddressPolicy } from '../address-policy.js'
import type { MailSecret, MailSettings } from './mail-settings.js'

const CONNECT_MS = 15_000
const GREETING_MS = 30_000

/** Mails a connection sends before another one is opened: servers limit them, commonly at 100. */
const MAILS_A_CONNECTION = 100

export type MailServer = ReturnType<typeof openMailServer>

/** Opens connections when there are mails. */
// The return type follows nodemailer's choice among its transports.
// oxlint-disable-next-line typescript/explicit-module-boundary-types
export function openMailServer(policy: AddressPolicy, settings: MailSettings, secret: MailSecret | null) {
  const { host, port, tls, ca, concurrency } = settings
  const options: SMTPPoolOptions & { pool: true } = {
    pool: true,
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: {
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca }),
      ...(isIP(host) === 0 ? { servername: host } : {}),
    },
    maxConnections: concurrency,
    maxMessages: MAILS_A_CONNECTION,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: GREETING_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    // The library would resolve the name itself; this way the address that was checked is the one connected to.
    getSocket: (_, callback) => {
      openSocket(policy, host, port).then(
        (connection) => callback(null, { connection }),
        (error: Error) => callback(error),
      )
    },
  }
  if (secret) options.auth = { user: secret.user, pass: secret.password }
  return createTransport(options)
}

function openSocket(policy: AddressPolicy, host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const refused = policy.refuses(host)
    if (refused) return reject(refused)
    const socket = connect({ host, port, lookup: policy.lookup, timeout: CONNECT_MS })
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.off('error', reject)
      resolve(socket)
    })
    socket.once('timeout', () =>
      socket.destroy(Object.assign(new Error('No connection in time.'), { code: 'ETIMEDOUT' })),
    )
    socket.once('error', reject)
  })
}
