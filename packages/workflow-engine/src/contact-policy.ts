// Quiet hours and frequency caps: whether somebody may be written to by a channel now, over all workflows.
import { Temporal } from 'temporal-polyfill'
import type { ContactDecision } from './node.js'

/** What people decided for a channel. */
export interface ContactPolicy {
  channel: string
  /** Local times `HH:MM:SS`; nobody is written to from the one until the other, which may be on the next day. */
  quiet: { from: string; until: string } | null
  /** IANA name, for profiles whose own zone is not known. */
  timeZone: string
  /** At most so many in so many seconds; all of them hold. */
  caps: readonly { most: number; seconds: number }[]
}

/** Whom the decision is about. */
export interface Contacted {
  /** When they were written to by the channel, milliseconds since 1970, in any order. */
  times: readonly number[]
  /** Contacts of this moment that are not among the times yet. */
  already: number
  /** Their own, when it is known. */
  timeZone: string | null
}

export function decideContact(
  { channel, quiet, caps, ...policy }: ContactPolicy,
  { times, already, timeZone }: Contacted,
  now: number,
): ContactDecision {
  const quietUntil = quiet && endOfQuiet(quiet, timeZone ?? policy.timeZone, now)
  if (quietUntil !== null) {
    return refusal('QUIET_HOURS', `Nobody is written to by ${channel} at this time of their day.`, quietUntil)
  }
  for (const { most, seconds } of caps) {
    const recent = times.filter((at) => at > now - seconds * 1000).sort((a, b) => a - b)
    if (recent.length + already < most) continue
    const leaving = recent[recent.length + already - most] ?? now
    const message = `By ${channel} one may be written to ${most} times in ${seconds} seconds.`
    return refusal('FREQUENCY_CAP', message, leaving + seconds * 1000)
  }
  return { allowed: true }
}

function refusal(code: string, message: string, until: number): ContactDecision {
  return { allowed: false, decision: { allowed: false, code, message, until }, until }
}

/** When the quiet hours end that `now` lies in, ms; null when it lies in none. Where clocks are changed, local time counts. */
function endOfQuiet(quiet: { from: string; until: string }, timeZone: string, now: number): number | null {
  const local = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone)
  const [from, until] = [Temporal.PlainTime.from(quiet.from), Temporal.PlainTime.from(quiet.until)]
  const time = local.toPlainTime()
  const sinceFrom = Temporal.PlainTime.compare(time, from) >= 0
  const beforeUntil = Temporal.PlainTime.compare(time, until) < 0
  const overMidnight = Temporal.PlainTime.compare(from, until) > 0
  if (overMidnight ? !sinceFrom && !beforeUntil : !sinceFrom || !beforeUntil) return null
  const day = overMidnight && sinceFrom ? local.toPlainDate().add({ days: 1 }) : local.toPlainDate()
  return day.toZonedDateTime({ timeZone, plainTime: until }).epochMilliseconds
}
