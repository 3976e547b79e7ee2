// Moments as bounds of UUIDv7s, so that a time window is a range of the primary key and prunes partitions.

/** An id may be made a little after the moment that its row says, by a clock that is ahead. */
const LATER_MS = 10 * 60_000
/** Or long before it: what was to be started waited until a worker could. */
const EARLIER_MS = 24 * 3_600_000

/** The lowest id that a row of `from` or later may have. */
export function lowestId(from: Date): Buffer {
  return bytesOf(from.getTime() - EARLIER_MS, 0)
}

/** The highest id that a row before `to` may have. */
export function highestId(to: Date): Buffer {
  return bytesOf(to.getTime() + LATER_MS, 0xff)
}

function bytesOf(milliseconds: number, rest: number): Buffer {
  const bytes = Buffer.alloc(16, rest)
  bytes.writeUIntBE(Math.min(Math.max(milliseconds, 0), 2 ** 48 - 1), 0, 6)
  return bytes
}
