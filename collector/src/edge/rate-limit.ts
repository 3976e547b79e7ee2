// A token bucket for each source: events a second, on average, with bursts.
import { Refusal } from '../errors.js'

/** A bucket holds this many seconds' worth: a page that opens sends several requests at once. */
const BURST_SECONDS = 2

export interface RateLimit {
  /**
   * Takes `events` out of a source's bucket or throws `TOO_FAST`. A bucket may go below zero: a batch passes whole as long as
   * anything is left, and is paid for by those after it.
   */
  take(sourceId: string, events: number, perSecond: number): void
}

export function rateLimit(now: () => number = Date.now): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>()
  return {
    take(sourceId, events, perSecond) {
      const time = now()
      const most = Math.max(1, perSecond * BURST_SECONDS)
      let bucket = buckets.get(sourceId)
      if (!bucket) {
        bucket = { tokens: most, at: time }
        buckets.set(sourceId, bucket)
      }
      bucket.tokens = Math.min(most, bucket.tokens + ((time - bucket.at) * perSecond) / 1000)
      bucket.at = time
      if (bucket.tokens < 1)
        throw new Refusal('TOO_FAST', { seconds: Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond)) })
      bucket.tokens -= events
    },
  }
}
