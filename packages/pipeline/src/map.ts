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
      // A later mapping may write into it; the properties stay as they came.
      putPath(event.data, path, typeof found === 'object' ? structuredClone(found) : found)
    }
  })
}

/** A value of an event by its path: `properties.…`, `data.…`, `context.…`, `traits.…`, or a field such as `type`. */
export function readEvent(event: WorkingEvent, from: string): JsonValue | undefined {
  const path = parsePath(from)
  if (!path) return undefined
  const { envelope } = event
  switch (path[0]) {
    case 'properties':
      return readPath(envelope.properties, path, 1)
    case 'data':
      return event.data ? readPath(event.data, path, 1) : undefined
    case 'traits':
      return envelope.traits ? readPath(envelope.traits, path, 1) : undefined
    case 'context':
      return readPath(envelope.context as JsonObject, path, 1)
    default:
      return readPath(
        { id: envelope.eventId, type: envelope.type, source: envelope.sourceId, tags: envelope.tags ?? [] },
        path,
      )
  }
}

/** An event for conditions and workflows, which calculate with times. */
export function seenEvent({ envelope, data, valid }: WorkingEvent): RunEvent {
  return {
    id: envelope.eventId,
    type: envelope.type,
    source: envelope.sourceId,
    occurredAt: new Date(envelope.occurredAt),
    receivedAt: new Date(envelope.receivedAt),
    valid,
    properties: envelope.properties,
    data: data ?? {},
    traits: envelope.traits ?? {},
    context: envelope.context,
    tags: envelope.tags ?? [],
  }
}
