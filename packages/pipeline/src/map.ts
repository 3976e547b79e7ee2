// Step 3, map: copies what the event type declares, from properties into the event's typed documents.
import type { JsonObject, JsonValue } from '@segue/event-model'
import type { RunEvent } from '@segue/workflow-engine'
import { eachEvent, type Batch, type WorkingEvent } from './batch.js'
import type { Configuration } from './configuration.js'
import { parsePath, putPath, readPath } from './paths.js'

export function map(batch: Batch, { eventTypes }: Configuration): void {
  eachEvent(batch, (event) => {
    for (const { to, from, value } of eventTypes.get(event.envelope.type)?.eventMappings ?? []) {
      const found = from === undefined ? value : readEvent(event, from)
      const path = to.startsWith('data.') ? parsePath(to.slice('data.'.length)) : null
      if (found === undefined || found === null || !path) continue
      event.data ??= {}
      putPath(event.data, path, found)
    }
  })
}

/** A value of an event by its path: `properties.…`, `data.…`, `context.…`, `traits.…`, or a field such as `type`. */
export function readEvent(event: WorkingEvent, from: string): JsonValue | undefined {
  const path = parsePath(from)
  return path ? readPath(eventView(event), path) : undefined
}

/** What mappings and slots see of an event. */
function eventView({ envelope, data, valid }: WorkingEvent): JsonObject {
  return {
    id: envelope.eventId,
    type: envelope.type,
    source: envelope.sourceId,
    occurredAt: envelope.occurredAt,
    receivedAt: envelope.receivedAt,
    valid,
    properties: envelope.properties,
    data: data ?? {},
    traits: envelope.traits ?? {},
    context: envelope.context as JsonObject,
    tags: envelope.tags ?? [],
  }
}

/** The same for conditions and workflows, which calculate with times. */
export function seenEvent(event: WorkingEvent): RunEvent {
  const { occurredAt, receivedAt } = event.envelope
  return {
    ...eventView(event),
    id: event.envelope.eventId,
    type: event.envelope.type,
    properties: event.envelope.properties,
    occurredAt: new Date(occurredAt),
    receivedAt: new Date(receivedAt),
  }
}
