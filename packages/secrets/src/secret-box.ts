// Encrypts and decrypts the secrets of resources: AES-256-GCM, bound to the resource, under one of several keys.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { SecretError } from './errors.js'
import type { SecretKey } from './secret-keys.js'

/** First byte of what is stored. Then: length of the key's name, the name, nonce, tag, encrypted text. */
const FORMAT = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** The column has 4000 bytes; a name of a key takes up to 32. */
const MOST_BYTES = 3900

/** Holds the keys; hands out neither keys nor secrets but to who asks. */
export class SecretBox {
  readonly #keys: Map<string, Buffer>
  readonly #first: SecretKey

  /** The first key encrypts, all decrypt. */
  constructor(keys: readonly [SecretKey, ...SecretKey[]]) {
    this.#keys = new Map(keys.map(({ id, key }) => [id, key]))
    this.#first = keys[0]
  }

  /** What to store of a resource's secret; another resource's id decrypts it no more. @throws SecretError SECRET_TOO_LONG. */
  encrypt(resourceId: string, secret: string): Buffer {
    const bytes = Buffer.byteLength(secret)
    if (bytes > MOST_BYTES) throw new SecretError('SECRET_TOO_LONG', { bytes, most: MOST_BYTES })
    const name = Buffer.from(this.#first.id, 'latin1')
    const head = Buffer.concat([Buffer.from([FORMAT, name.length]), name])
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#first.key, nonce)
    cipher.setAAD(boundTo(head, resourceId))
    const encrypted = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
    return Buffer.concat([head, nonce, cipher.getAuthTag(), encrypted])
  }

  /** The secret of a resource. @throws SecretError when it cannot be read. */
  decrypt(resourceId: string, stored: Buffer): string {
    const { head, keyId, rest } = parse(stored)
    const key = this.#keys.get(keyId)
    if (!key) throw new SecretError('SECRET_KEY_UNKNOWN', { key: keyId })
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, rest.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      decipher.setAAD(boundTo(head, resourceId))
      decipher.setAuthTag(rest.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
      return decipher.update(rest.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
    } catch {
      throw new SecretError('SECRET_DAMAGED')
    }
  }

  /** Whether a stored secret is encrypted with another than the first key, and should be encrypted again before that key leaves. */
  isUnderOldKey(stored: Buffer): boolean {
    return parse(stored).keyId !== this.#first.id
  }
}

/** What cannot be changed without decryption failing: format, key and resource. */
function boundTo(head: Buffer, resourceId: string): Buffer {
  return Buffer.concat([head, Buffer.from(resourceId, 'utf8')])
}

function parse(stored: Buffer): { head: Buffer; keyId: string; rest: Buffer } {
  const [format, length = 0] = stored
  if (format !== undefined && format > FORMAT) throw new SecretError('SECRET_FORMAT')
  const end = 2 + length
  if (format !== FORMAT || stored.length < end + NONCE_BYTES + TAG_BYTES) throw new SecretError('SECRET_DAMAGED')
  return { head: stored.subarray(0, end), keyId: stored.toString('latin1', 2, end), rest: stored.subarray(end) }
}
