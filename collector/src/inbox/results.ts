// Synchronous answers: waits for what workflows said, with one query for all who wait.
import type { InboxResult } from '@segue/event-model'
import type { Logger } from '@segue/service'
import type { Pool } from 'mysql2/promise'
import { readResults } from '../sql/read-results.js'

/** How often is looked: a tenth of what a fast worker takes, and a hundred lookups by primary key a second cost nothing. */
const EVERY_MS = 15
/** Most ids a query; those who wait longest go first. */
const MAX_IDS = 2000

export interface Results {
  /** Calls back with the results of all events, or null when they are not all there in time. */
  wait(eventIds: readonly Buffer[], withinMs: number, done: (results: InboxResult[] | null) => void): void
  close(): void
}

interface Waiting {
  eventIds: readonly Buffer[]
  missing: number
  until: number
  done: (results: InboxResult[] | null) => void
}

export function results(pool: Pool, logger: Logger): Results {
  const found = new Map<string, InboxResult>()
  const whose = new Map<string, Waiting>()
  let timer: NodeJS.Timeout | null = null
  let closed = false

  function wait(eventIds: readonly Buffer[], withinMs: number, done: Waiting['done']): void {
    if (closed) return done(null)
    const waiting: Waiting = { eventIds, missing: eventIds.length, until: Date.now() + withinMs, done }
    for (const id of eventIds) whose.set(id.toString('latin1'), waiting)
    timer ??= setTimeout(look, EVERY_MS)
  }

  async function look(): Promise<void> {
    const ids = [...whose.keys()].filter((id) => !found.has(id)).slice(0, MAX_IDS)
    try {
      const rows = await readResults(
        pool,
        ids.map((id) => Buffer.from(id, 'latin1')),
      )
      for (const [id, result] of rows) take(id, result)
    } catch (error) {
      logger.warn({ code: (error as NodeJS.ErrnoException).code }, 'reading results failed')
    }
    const now = Date.now()
    for (const waiting of new Set(whose.values())) if (closed || waiting.until <= now) finish(waiting, null)
    timer = whose.size > 0 ? setTimeout(look, EVERY_MS) : null
  }

  function take(id: string, result: InboxResult): void {
    const waiting = whose.get(id)
    if (!waiting || found.has(id)) return
    found.set(id, result)
    waiting.missing -= 1
    if (waiting.missing > 0) return
    finish(
      waiting,
      waiting.eventIds.flatMap((eventId) => found.get(eventId.toString('latin1')) ?? []),
    )
  }

  function finish(waiting: Waiting, outcome: InboxResult[] | null): void {
    for (const eventId of waiting.eventIds) {
      whose.delete(eventId.toString('latin1'))
      found.delete(eventId.toString('latin1'))
    }
    waiting.done(outcome)
  }

  return {
    wait,
    close() {
      closed = true
      if (timer) clearTimeout(timer)
      for (const waiting of new Set(whose.values())) finish(waiting, null)
    },
  }
}

/** One answer out of the results of a request's events: later ones win, lists are joined. */
export function combine(results: readonly InboxResult[]): InboxResult {
  const combined: InboxResult = { response: {}, ux: [], errors: [], warnings: [] }
  for (const { profileId, sessionId, response, ux, errors, warnings } of results) {
    if (profileId !== undefined) combined.profileId = profileId
    if (sessionId !== undefined) combined.sessionId = sessionId
    Object.assign(combined.response, response)
    combined.ux.push(...ux)
    combined.errors.push(...errors)
    combined.warnings.push(...warnings)
  }
  return combined
}
