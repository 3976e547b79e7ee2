// Ids of events: UUIDv7 of their receipt, so the newest lie together in every index.
import { randomFillSync } from 'node:crypto'

/** Random bytes are drawn for this many ids at once: a draw costs more than an id. */
const AT_ONCE = 512

/** A generator of event ids, as the 16 bytes the database keeps. */
export function eventIds(): (receivedAt: number) => Buffer {
  const pool = Buffer.alloc(AT_ONCE * 16)
  let used = pool.length
  let last = 0
  let sequence = 0

  return (receivedAt) => {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    const id = Buffer.allocUnsafe(16)
    pool.copy(id, 0, used, used + 16)
    used += 16
    // RFC 9562, 6.2, method 1: a counter in the 12 bits after the time keeps the events of one millisecond in order.
    sequence = receivedAt === last ? (sequence + 1) & 0xfff : 0
    last = receivedAt
    id.writeUIntBE(receivedAt, 0, 6)
    id.writeUInt16BE(0x7000 | sequence, 6)
    id.writeUInt8((id.readUInt8(8) & 0x3f) | 0x80, 8)
    return id
  }
}
