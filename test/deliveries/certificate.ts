// A certificate for 127.0.0.1 that nobody else trusts.
import { generate } from 'selfsigned'

/** PEM; `cert` is its own authority. */
export async function makeCertificate(): Promise<{ key: string; cert: string }> {
  const made = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 7, ip: '127.0.0.1' },
          { type: 2, value: 'mail.test' },
        ],
      },
    ],
  })
  return { key: made.private, cert: made.cert }
}
