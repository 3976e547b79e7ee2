// Sends requests over kept connections, several at once, again and again until the collector has taken them.
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { ReplayError } from './errors.js'
import type { RetailRequest } from './requests.js'

/** Requests on their way at once: enough that they share the collector's group commits, few enough that files keep their order. */
export const IN_FLIGHT = 16
/** Pauses before a request is sent again, growing to the last; a `Retry-After` counts when it is longer. */
const BACKOFF_MS = [100, 500, 1000, 2000, 5000]
/** A `Retry-After` longer than this is a mistake. */
const LONGEST_PAUSE_MS = 60_000
/** After so long without any answer nobody is there. A collector that has answered before is given longer: it restarts. */
const PATIENCE_MS = { beforeFirstAnswer: 15_000, afterwards: 10 * 60_000 }

/** Who gets the events. */
export interface Receiver {
  /** Of the collector, as http://127.0.0.1:8080. */
  url: string
  /** Id of a trusted event source of channel `tracker`. */
  source: string
  /** Its write key; undefined when it has none. */
  writeKey?: string | undefined
}

/** What became of a request. */
export type Outcome = { accepted: true } | { accepted: false; status: number; message: string }

export interface Sender {
  /** Resolves when the collector has stored the events, or has refused them for good. Throws `ReplayError`; rejects when aborted. */
  send(request: RetailRequest): Promise<Outcome>
  close(): Promise<void>
}

/** `say` hears when it has to wait. */
export function createSender(
  { url, source, writeKey }: Receiver,
  signal: AbortSignal,
  say: (line: string) => void,
): Sender {
  const pool = new Pool(url, { connections: IN_FLIGHT, headersTimeout: 30_000, bodyTimeout: 30_000 })
  const headers = {
    'content-type': 'application/json',
    ...(writeKey ? { authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}` } : {}),
  }
  let answeredAt = Date.now()
  let answered = false
  let complained = 0

  async function attempt(body: string): Promise<Outcome | { retryAfterMs: number; reason: string }> {
    try {
      const response = await pool.request({
        method: 'POST',
        path: '/track',
        headers,
        body,
        signal,
      })
      const text = await response.body.text()
      const { statusCode: status } = response
      if (status === 200) {
        answeredAt = Date.now()
        answered = true
        return { accepted: true }
      }
      if (status === 429 || status >= 500) {
        if (status === 429) answeredAt = Date.now()
        return { retryAfterMs: retryAfter(response.headers['retry-after']), reason: `it answered ${status}` }
      }
      answeredAt = Date.now()
      return { accepted: false, status, message: messageOf(text) }
    } catch (error) {
      if (signal.aborted) throw error
      return { retryAfterMs: 0, reason: error instanceof Error ? error.message : String(error) }
    }
  }

  function complain(reason: string): void {
    const silent = Date.now() - answeredAt
    if (silent > (answered ? PATIENCE_MS.afterwards : PATIENCE_MS.beforeFirstAnswer))
      throw new ReplayError(
        'COLLECTOR_UNREACHABLE',
        `The collector at ${url} takes no events (${reason}). Start it, or name another with --url; the same command then goes on.`,
      )
    if (Date.now() - complained < 5000) return
    complained = Date.now()
    say(`The collector takes no events now (${reason}); trying again.`)
  }

  return {
    async send({ person, events }) {
      const body = JSON.stringify({ source: { id: source }, profile: { identities: [person] }, events })
      for (let failures = 0; ; failures++) {
        const outcome = await attempt(body)
        if ('accepted' in outcome) {
          if (!outcome.accepted && outcome.status === 401) throw refused(source, outcome.message)
          return outcome
        }
        complain(outcome.reason)
        const backoff = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 1000
        await pause(Math.max(outcome.retryAfterMs, backoff), undefined, { signal })
      }
    },
    close: () => pool.destroy(),
  }
}

/** Seconds or a date (RFC 9110, 10.2.3) as ms from now. */
function retryAfter(header: string | string[] | undefined): number {
  if (typeof header !== 'string') return 0
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.min(LONGEST_PAUSE_MS, Math.max(0, ms)) : 0
}

function refused(source: string, message: string): ReplayError {
  return new ReplayError(
    'SOURCE_REFUSED',
    `The collector does not know a trusted tracker source "${source}": ${message} Create it, or name another with --source and its write key with --key.`,
  )
}

function messageOf(text: string): string {
  try {
    const message = (JSON.parse(text) as { error?: { message?: unknown } }).error?.message
    if (typeof message === 'string') return message
  } catch {
    // Not ours; shown as it is.
  }
  return text.slice(0, 200)
}
