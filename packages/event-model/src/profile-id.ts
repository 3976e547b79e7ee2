// Profile ids the collector mints: UUIDv8 with a keyed check, so it knows statelessly which ids it gave out.
import { hash, randomFillSync, timingSafeEqual } from 'node:crypto'

/**
 * Layout of the 128 bits (RFC 9562, version 8): 48 time in ms, 4 version, 12 random, 2 variant, 30 random, 32 check.
 * 42 random bits a millisecond keep two collectors from meeting (at 5,000 a second once in about ten years); whoever guesses
 * an existing id has to guess time, randomness and check together.
 */
export interface ProfileIds {
  /** A new id; ids of one process sort by time. */
  mint(now?: number): string
  /** Whether this id was minted with the same key. Accepts upper case. */
  isMinted(id: string): boolean
}

/** So many ids that were found to be minted are remembered: a visitor sends several events in a row, and each states the id. */
const REMEMBERED = 20_000

/** Profile ids keyed with `key` (32 bytes or more). All collectors of an environment share it; losing it makes known visitors new. */
export function profileIds(key: Buffer): ProfileIds {
  if (key.length < 32) throw new Error('The profile id key must have at least 32 bytes.')
  const remembered = new Set<string>()
  const pool = Buffer.alloc(6 * 512)
  let used = pool.length
  // The key and, behind it, the first twelve bytes of the id in question.
  const keyed = Buffer.concat([key, Buffer.alloc(12)])

  /**
   * SHA-256 over key and id, cut to 32 bits. As the message has one length and most of the hash is not shown, there is nothing to extend, and it
   * takes a quarter of an HMAC's time, which each request of a known visitor pays.
   */
  const check = (id: Buffer): Buffer => {
    id.copy(keyed, key.length, 0, 12)
    return hash('sha256', keyed, 'buffer').subarray(0, 4)
  }

  return {
    mint(now = Date.now()) {
      if (used === pool.length) {
        randomFillSync(pool)
        used = 0
      }
      const id = Buffer.alloc(16)
      id.writeUIntBE(now, 0, 6)
      pool.copy(id, 6, used, used + 6)
      used += 6
      id.writeUInt8((id.readUInt8(6) & 0x0f) | 0x80, 6)
      id.writeUInt8((id.readUInt8(8) & 0x3f) | 0x80, 8)
      check(id).copy(id, 12)
      return format(id)
    },
    isMinted(id) {
      if (remembered.has(id)) return true
      if (!/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i.test(id)) return false
      const bytes = Buffer.from(id.replaceAll('-', ''), 'hex')
      if (!timingSafeEqual(bytes.subarray(12), check(bytes))) return false
      if (remembered.size >= REMEMBERED) remembered.clear()
      remembered.add(id)
      return true
    },
  }
}

function format(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
