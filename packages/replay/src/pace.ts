// Keeps a rate: so many events a second, evenly.
import { setTimeout as pause } from 'node:timers/promises'

/** Resolves when `events` more may be sent. */
export type Pace = (events: number, signal: AbortSignal) => Promise<void>

/** At most `perSecond` events a second on average; a run that was held up does not catch up by more than a second's worth. */
export function paceOf(perSecond: number): Pace {
  if (perSecond === Infinity) return async () => undefined
  let due = performance.now()
  return async (events, signal) => {
    due = Math.max(due, performance.now() - 1000)
    const wait = due - performance.now()
    due += (events / perSecond) * 1000
    if (wait > 0) await pause(wait, undefined, { signal })
  }
}
