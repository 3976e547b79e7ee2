// The header Retry-After (RFC 9110, 10.2.3): seconds, or a date.

/** Whoever asks for more is asked again after a day. */
const MOST_MS = 24 * 60 * 60 * 1000

/** Milliseconds to wait; null when nothing usable is said. Dates are compared with the server's own `date`, when it has one: clocks differ. */
export function retryAfterMs(header: string | undefined, date: string | undefined, now: number): number | null {
  if (header === undefined) return null
  const text = header.trim()
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - (dateMs(date) ?? now)
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), MOST_MS)
}

function dateMs(date: string | undefined): number | undefined {
  const ms = Date.parse(date ?? '')
  return Number.isNaN(ms) ? undefined : ms
}
