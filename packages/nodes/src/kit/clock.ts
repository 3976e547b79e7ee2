// What clocks on walls show: local times of a time zone as moments, also on days when the clocks are changed.
import { Temporal } from 'temporal-polyfill'

/**
 * The moment (ms since 1970) when a zone's clocks show a local time for the first time. A time that the clocks jump over is
 * the moment of the jump: in Berlin, 02:30 on 29 March 2026 is the moment when 02:00 becomes 03:00.
 */
export function momentOf(local: Temporal.PlainDateTime, timeZone: string): number {
  const earlier = local.toZonedDateTime(timeZone, { disambiguation: 'earlier' })
  if (earlier.toPlainDateTime().equals(local)) return earlier.epochMilliseconds
  // Before the jump, so what comes next is the jump.
  return (earlier.getTimeZoneTransition('next') ?? earlier).epochMilliseconds
}

/** The moment when a zone's clocks show the minute of a day. */
function momentOfDay(day: Temporal.PlainDate, minutes: number, timeZone: string): number {
  return momentOf(day.toPlainDateTime({ hour: Math.floor(minutes / 60), minute: minutes % 60 }), timeZone)
}

/** The date in a zone at a moment. */
function dateAt(moment: number, timeZone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(timeZone).toPlainDate()
}

/** When the clocks show the minute of a day next, after `moment`; a minute that comes twice a day counts once. */
export function nextMomentOfDay(moment: number, minutes: number, timeZone: string): number {
  const today = dateAt(moment, timeZone)
  for (let day = 0; ; day++) {
    const next = momentOfDay(today.add({ days: day }), minutes, timeZone)
    if (next > moment) return next
  }
}

/** Hours on some days of the week, in local time. */
export interface Hours {
  /** ISO: Monday is 1, Sunday 7. Of a window over midnight, the day on which it opens. */
  weekdays: ReadonlySet<number>
  /** Minutes since midnight. One that does not end after its beginning ends on the next day. */
  from: number
  to: number
}

/** `moment` when it lies within the hours, else when they begin next; null when they never do. */
export function nextWithin(moment: number, { weekdays, from, to }: Hours, timeZone: string): number | null {
  const today = dateAt(moment, timeZone)
  // From yesterday, whose window may last beyond midnight; two weeks, as a jump of the clocks may swallow one.
  for (let offset = -1; offset <= 14; offset++) {
    const day = today.add({ days: offset })
    if (!weekdays.has(day.dayOfWeek)) continue
    const opens = momentOfDay(day, from, timeZone)
    const closes = momentOfDay(to > from ? day : day.add({ days: 1 }), to, timeZone)
    if (moment < closes && opens < closes) return Math.max(moment, opens)
  }
  return null
}

/**
 * A moment out of a text: ISO 8601 with a zone or an offset, or a date or date and time without one, which is local.
 * Undefined when the text is none.
 */
export function momentOfText(text: string, timeZone: string): number | undefined {
  if (text.length > 60) return undefined
  try {
    return /(Z|[+-]\d{2}:?\d{2})$/i.test(text.replace(/^\d{4}-\d{2}-\d{2}/, ''))
      ? Temporal.Instant.from(text).epochMilliseconds
      : momentOf(Temporal.PlainDateTime.from(text), timeZone)
  } catch {
    return undefined
  }
}
