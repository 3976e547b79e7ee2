// Times that clients state: parsing, and the correction of clocks that go wrong.
import type { JsonValue } from '@segue/event-model'

/** Differences below this are the way through the net, not a wrong clock. */
const TOLERANCE_MS = 1000

/** A time as ms since 1970: ISO 8601 (without zone: UTC) or a number of ms. Null for anything else and for times before 1970. */
export function parseTime(value: JsonValue | undefined): number | null {
  const time = typeof value === 'number' ? value : typeof value === 'string' ? parseText(value) : NaN
  // 8.64e15 is the end of JavaScript's time; the database's ends with the year 9999.
  return time > 0 && time < Date.UTC(9999, 0) ? Math.floor(time) : null
}

const WITHOUT_ZONE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/

function parseText(text: string): number {
  if (text.length > 40 || !/^\d{4}-\d\d/.test(text)) return NaN
  return Date.parse(WITHOUT_ZONE.test(text) ? `${text.replace(' ', 'T')}Z` : text)
}

/** The `x-timestamp` header of browser clients: seconds or ms since 1970, or ISO 8601. */
export function parseSentAt(header: string | undefined): number | null {
  if (!header) return null
  if (!/^\d{10,13}(\.\d+)?$/.test(header)) return parseTime(header)
  const number = Number(header)
  return number < 1e11 ? number * 1000 : number
}

/** Zones are whole quarters of an hour from each other, at most 14 hours from UTC. */
const QUARTER_MS = 900_000
const FARTHEST_ZONE_MS = 14 * 3_600_000
/** From building a request to sending it. */
const SENDING_MS = 60_000

/**
 * `sentAt` of a client that adds its time zone to `x-timestamp`, as a tracker in use does (visitors in New York would seem to have
 * clocks that are five hours fast). `local`, which the same clock stated in the body a moment before, gives it away.
 */
export function withoutZone(sentAt: number | null, local: number | null): number | null {
  if (sentAt === null || local === null) return sentAt
  const zone = Math.round((sentAt - local) / QUARTER_MS) * QUARTER_MS
  const isZone = Math.abs(zone) <= FARTHEST_ZONE_MS && Math.abs(sentAt - zone - local) < SENDING_MS
  return isZone ? sentAt - zone : sentAt
}

/**
 * When an event happened by our clock: `time - (sentAt - receivedAt)`, never later than its receipt. Without a stated time it happened
 * when it was received.
 */
export function occurredAt(time: number | null, sentAt: number | null, receivedAt: number): number {
  if (time === null) return receivedAt
  const error = sentAt === null ? 0 : sentAt - receivedAt
  const corrected = Math.abs(error) < TOLERANCE_MS ? time : time - error
  return corrected > 0 ? Math.min(corrected, receivedAt) : Math.min(time, receivedAt)
}
