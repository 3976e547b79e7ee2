// An SMTP server outside the house, with TLS and sign-in.
import type { AddressInfo } from 'node:net'
import { SecretBox, secretKeys } from '@segue/secrets'
import type { Pool } from 'mysql2/promise'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { makeCertificate } from './certificate.js'
import { SECRET_KEYS } from './stand.js'

export interface ReceivedMail {
  from: string
  to: string[]
  user: string
  secure: boolean
  source: string
}

export interface MailAnswers {
  /** Thrown at a recipient: an error with `responseCode`. */
  recipient?: (address: string) => Error | undefined
  password?: string
}

export class MailOutside {
  readonly received: ReceivedMail[] = []
  connections = 0

  private constructor(
    private readonly server: SMTPServer,
    private readonly certificate: { key: string; cert: string },
  ) {}

  static async start(answers: MailAnswers = {}): Promise<MailOutside> {
    const certificate = await makeCertificate()
    const options: SMTPServerOptions = {
      key: certificate.key,
      cert: certificate.cert,
      disableReverseLookup: true,
      onConnect(_, done) {
        outside.connections++
        done()
      },
      onAuth({ username, password }, _, done) {
        if (password === (answers.password ?? 'correct')) done(null, { user: username ?? '' })
        else done(new Error('Wrong password'))
      },
      onRcptTo({ address }, _, done) {
        done(answers.recipient?.(address) ?? null)
      },
      onData(stream, session, done) {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          const { mailFrom, rcptTo } = session.envelope
          outside.received.push({
            from: mailFrom ? mailFrom.address : '',
            to: rcptTo.map(({ address }) => address),
            user: String(session.user ?? ''),
            secure: session.secure,
            source: Buffer.concat(chunks).toString(),
          })
          done()
        })
      },
    }
    const outside: MailOutside = new MailOutside(new SMTPServer(options), certificate)
    await new Promise<void>((resolve) => outside.server.listen(0, '127.0.0.1', resolve))
    return outside
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port
  }

  /** Puts a resource into the database that leads here. */
  async makeResource(pool: Pool, id: string, password = 'correct'): Promise<void> {
    const secrets = new SecretBox(secretKeys().parse(SECRET_KEYS))
    const settings = { host: '127.0.0.1', port: this.port, tls: 'starttls', ca: this.certificate.cert, concurrency: 5 }
    await pool.query(
      `INSERT INTO resource (id, name, transport, settings, secret, created_at, updated_at) VALUES (?, ?, 'mail', ?, ?, NOW(3), NOW(3))
       ON DUPLICATE KEY UPDATE settings = VALUES(settings), secret = VALUES(secret), version = version + 1`,
      [id, id, JSON.stringify(settings), secrets.encrypt(id, JSON.stringify({ user: 'shop', password }))],
    )
  }

  down(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()))
  }
}
