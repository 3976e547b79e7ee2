// Events as they are stored with a run: plain JSON, times as ISO 8601 texts.
import { plainJson } from './json.js'
import type { Cause, RunEvent } from './node.js'
import type { StoredEvent } from './run-state.js'

/** The times of an event that conditions calculate with. */
const TIMES = ['occurredAt', 'receivedAt'] as const

/** An event as JSON. One that is nested too deeply to be written keeps its id, type and time. */
export function storeEvent(event: RunEvent): StoredEvent {
  const { id, type, occurredAt } = event
  // Dates become texts, so it is always another object than the event.
  const plain = plainJson(event) ?? { id, type, properties: {}, occurredAt: occurredAt.toISOString() }
  return plain as StoredEvent
}

/** The event again: its own times are `Date`s. What is one already stays as it is. */
export function reviveEvent(stored: StoredEvent | RunEvent): RunEvent {
  const revived: Record<string, unknown> = { ...stored }
  for (const name of TIMES) {
    const time = revived[name]
    if (typeof time === 'string') revived[name] = new Date(time)
  }
  return revived as RunEvent
}

/** A cause out of JSON: its event as runs know events. */
export function reviveCause(cause: Cause): Cause {
  return cause.kind === 'event' ? { kind: 'event', event: reviveEvent(cause.event) } : cause
}
