// The sessions of a batch: from when to when, how many events, whose, on what device.
import type { EnvelopeContext, JsonObject } from '@segue/event-model'
import { surviving, type Batch, type WorkingEvent } from './batch.js'
import { deviceOf, type Device } from './device.js'
import { sessionBytes } from './session-id.js'

export interface WorkingSession extends Device {
  id: Buffer
  profile: Buffer | null
  originalProfile: Buffer | null
  sourceId: string
  startedAt: number
  lastEventAt: number
  events: number
  locale: string | null
  timezone: string | null
  context: JsonObject
}

/** What this batch adds to each session, ordered by id as all writers do. */
export function sessionsOf(batch: Batch): WorkingSession[] {
  const groups = new Map<string, WorkingEvent[]>()
  for (const event of batch.events) {
    const { session } = event.envelope
    if (!session?.save) continue
    const group = groups.get(session.id)
    if (group) group.push(event)
    else groups.set(session.id, [event])
  }
  return [...groups]
    .map(([id, events]) => summarize(sessionBytes(id), events))
    .sort((a, b) => Buffer.compare(a.id, b.id))
}

function summarize(id: Buffer, events: WorkingEvent[]): WorkingSession {
  const inOrder = events.toSorted((a, b) => a.envelope.occurredAt - b.envelope.occurredAt)
  const first = inOrder[0] as WorkingEvent
  const last = inOrder[inOrder.length - 1] as WorkingEvent
  const { context, sourceId, occurredAt } = first.envelope
  return {
    id,
    profile: last.profile ? surviving(last.profile).bytes : null,
    originalProfile: first.profile?.bytes ?? null,
    sourceId,
    startedAt: occurredAt,
    lastEventAt: last.envelope.occurredAt,
    events: events.length,
    locale: context.locale ?? null,
    timezone: context.timezone ?? null,
    context: visitContext(context),
    ...deviceOf(context),
  }
}

/** What stays the same over a visit. */
function visitContext({ screen, campaign, library, page, ip }: EnvelopeContext): JsonObject {
  return {
    ...(screen ? { screen } : {}),
    ...(campaign ? { campaign } : {}),
    ...(library ? { library } : {}),
    ...(page ? { landing: page } : {}),
    ...(ip ? { ip } : {}),
  }
}
