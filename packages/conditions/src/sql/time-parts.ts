// The parts of a timestamp in SQL, in UTC and in time zones. Zones come from JavaScript: databases often have none installed.
import { clockReader } from '../time.js'
import { double, join, sql, type Sql } from './fragment.js'

const HOUR = 3_600_000
/** The changes of a zone's clock that a statement knows; events and profiles of today lie within. */
const FROM = Date.UTC(1950, 0, 1)
const TO = Date.UTC(2100, 0, 1)

const DAY = (ms: Sql): Sql => sql`FLOOR(${ms} / 86400000e0)`
const DATE = (ms: Sql): Sql => sql`(CAST('1970-01-01' AS DATE) + INTERVAL ${DAY(ms)} DAY)`

/** Of the clock's milliseconds since 1970. CEL counts from 0, and Sunday is 0. */
const PARTS: Record<string, (ms: Sql) => Sql> = {
  getFullYear: (ms) => sql`YEAR(${DATE(ms)})`,
  getMonth: (ms) => sql`(MONTH(${DATE(ms)}) - 1)`,
  getDate: (ms) => sql`DAYOFMONTH(${DATE(ms)})`,
  getDayOfMonth: (ms) => sql`(DAYOFMONTH(${DATE(ms)}) - 1)`,
  getDayOfYear: (ms) => sql`(DAYOFYEAR(${DATE(ms)}) - 1)`,
  // 1 January 1970 was a Thursday.
  getDayOfWeek: (ms) => sql`(${DAY(ms)} + 4 - 7 * FLOOR((${DAY(ms)} + 4) / 7e0))`,
  getHours: (ms) => sql`(FLOOR(${ms} / 3600000e0) - 24 * ${DAY(ms)})`,
  getMinutes: (ms) => sql`(FLOOR(${ms} / 60000e0) - 60 * FLOOR(${ms} / 3600000e0))`,
  getSeconds: (ms) => sql`(FLOOR(${ms} / 1000e0) - 60 * FLOOR(${ms} / 60000e0))`,
  getMilliseconds: (ms) => sql`(${ms} - 1000 * FLOOR(${ms} / 1000e0))`,
}

const WHOLE: Record<string, number> = { getHours: HOUR, getMinutes: 60_000, getSeconds: 1_000, getMilliseconds: 1 }

/** A part of a timestamp in a zone (UTC without one), or a duration as a whole number of a unit; NULL for parts that there are not. */
export function timePart(part: string, kind: 'timestamp' | 'duration', ms: Sql, zone: string | undefined): Sql {
  if (kind === 'duration') {
    const unit = Object.hasOwn(WHOLE, part) ? WHOLE[part] : undefined
    return unit === undefined ? sql`NULL` : sql`TRUNCATE(${ms} / ${double(unit)}, 0)`
  }
  const read = PARTS[part]
  return read ? read(zone === undefined ? ms : sql`(${ms} + ${offsetAt(ms, zone)})`) : sql`NULL`
}

/** What a zone's clock is ahead of UTC at a time. INTERVAL() finds the last change before it by halving. */
function offsetAt(ms: Sql, zone: string): Sql {
  const { first, changes } = clockOf(zone)
  if (changes.length === 0) return double(first)
  const times = join(
    changes.map((change) => double(change.at)),
    ', ',
  )
  const offsets = join([first, ...changes.map((change) => change.offset)].map(double), ', ')
  return sql`(ELT(INTERVAL(${ms}, ${times}) + 1, ${offsets}) + 0e0)`
}

interface Clock {
  first: number
  changes: { at: number; offset: number }[]
}

/** Clocks that were asked for: finding one takes some 50 ms. There are some hundred zones, so it stays small. */
const CLOCKS = new Map<string, Clock>()

function clockOf(zone: string): Clock {
  const known = CLOCKS.get(zone) ?? findChanges(zone)
  CLOCKS.set(zone, known)
  return known
}

/** Finds when a zone's clock changes: a week at a time, then by halving. */
function findChanges(zone: string): Clock {
  const read = clockReader(zone)
  const offset = (at: number): number => (read ? read(new Date(at)).getTime() - at : 0)
  const changes: Clock['changes'] = []
  const first = offset(FROM)
  let current = first
  const WEEK = 7 * 24 * HOUR
  for (let at = FROM; at < TO; at += WEEK) {
    if (offset(at + WEEK) === current) continue
    let [low, high] = [at, at + WEEK]
    while (high - low > 1000) {
      const middle = Math.floor((low + high) / 2000) * 1000
      if (offset(middle) === current) low = middle
      else high = middle
    }
    current = offset(high)
    changes.push({ at: high, offset: current })
  }
  return { first, changes }
}
