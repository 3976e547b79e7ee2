// Timestamps and durations in conditions: reading them from text, and their parts in a time zone.
import { Duration, toValue, type Value } from './values.js'

const UNIT_MS: Record<string, number> = {
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 1e-3,
  ns: 1e-6,
}

/** Reads "30d" or "-1h30m" (Go's durations, and days and weeks of 24 hours); null when the text is none. */
export function parseDuration(text: string): Duration | null {
  if (text.length > 100 || !/^[+-]?(\d+(\.\d+)?(ns|us|ms|s|m|h|d|w))+$/.test(text)) return null
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|ms|s|m|h|d|w)/g)) {
    total += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0)
  }
  return new Duration(text.startsWith('-') ? -total : total)
}

const CLOCK = 'T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?(Z|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])'
const YEAR = '[1-9][0-9]{3}'
const LEAP_YEAR = '([1-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)'

/**
 * Texts that are timestamps, as a pattern that JavaScript and both databases read alike: dates that exist, from the year 1000.
 * It decides, in memory and in SQL, what a timestamp is, because their own readers differ on 30 February.
 */
export const TIMESTAMP_PATTERN = `^(${[
  `${YEAR}-(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])`,
  `${YEAR}-(0[469]|11)-(0[1-9]|[12][0-9]|30)`,
  `${YEAR}-02-(0[1-9]|1[0-9]|2[0-8])`,
  `${LEAP_YEAR}-02-29`,
].join('|')})(${CLOCK})?`

const TIMESTAMP = new RegExp(`${TIMESTAMP_PATTERN}$`)

/** Reads an ISO 8601 timestamp with a zone, or a date, which means midnight UTC; null when the text is none. */
export function parseTimestamp(text: string): Value {
  if (!TIMESTAMP.test(text)) return null
  // "+0530" is ISO 8601 too, but only the form with a colon is JavaScript's.
  return toValue(new Date(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2').replace(/(\.\d{3})\d+/, '$1')))
}

/** What a time zone's clock shows at a timestamp, as a `Date` whose UTC parts are those of the clock. */
export function clockReader(zone: string): ((at: Date) => Date) | undefined {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    return undefined
  }
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
    const [year, month, day] = [part('year'), part('month') - 1, part('day')]
    return new Date(Date.UTC(year, month, day, part('hour'), part('minute'), part('second'), at.getUTCMilliseconds()))
  }
}

interface TimePart {
  help: string
  /** Reads the part of a `Date` in UTC. */
  read(clock: Date): number
  /** The same name on a duration: the whole of it in this unit. */
  ofDuration?(ms: number): number
}

/** CEL's parts of a timestamp, with its counting: months, days of week and year, and day of month count from 0. */
export const TIME_PARTS: Record<string, TimePart> = {
  getFullYear: { help: 'The year.', read: (clock) => clock.getUTCFullYear() },
  getMonth: { help: 'The month, from 0.', read: (clock) => clock.getUTCMonth() },
  getDate: { help: 'The day of the month, from 1.', read: (clock) => clock.getUTCDate() },
  getDayOfMonth: { help: 'The day of the month, from 0.', read: (clock) => clock.getUTCDate() - 1 },
  getDayOfWeek: { help: 'The day of the week; Sunday is 0.', read: (clock) => clock.getUTCDay() },
  getDayOfYear: {
    help: 'The day of the year, from 0.',
    read: (clock) => Math.floor((clock.getTime() - Date.UTC(clock.getUTCFullYear(), 0, 1)) / 86_400_000),
  },
  getHours: {
    help: 'The hour, 0 to 23; of a duration, all its hours.',
    read: (clock) => clock.getUTCHours(),
    ofDuration: (ms) => Math.trunc(ms / 3_600_000),
  },
  getMinutes: {
    help: 'The minute; of a duration, all its minutes.',
    read: (clock) => clock.getUTCMinutes(),
    ofDuration: (ms) => Math.trunc(ms / 60_000),
  },
  getSeconds: {
    help: 'The second; of a duration, all its seconds.',
    read: (clock) => clock.getUTCSeconds(),
    ofDuration: (ms) => Math.trunc(ms / 1_000),
  },
  getMilliseconds: {
    help: 'The millisecond; of a duration, all its milliseconds.',
    read: (clock) => clock.getUTCMilliseconds(),
    ofDuration: (ms) => Math.trunc(ms),
  },
}
