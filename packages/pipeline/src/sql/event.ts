// Writes of events, runs and activity: plain multi-row inserts of new rows.
import { wellFormedJson, type EventType, type JsonObject, type SlotColumn } from '@segue/event-model'
import type { Connection } from 'mysql2/promise'
import { surviving, type WorkingEvent } from '../batch.js'
import { readEvent } from '../map.js'
import { sessionBytes } from '../session-id.js'
import { insertRows, type Cell, type InsertStatement } from './insert-rows.js'
import { cut, json } from './rows.js'

const EVENTS: InsertStatement = {
  into: 'event',
  columns: [
    'id',
    'profile_id',
    'original_profile_id',
    'session_id',
    'source_id',
    'type',
    'occurred_at',
    'valid',
    'properties',
    'data',
    'context',
    'tags',
    'problems',
    'number_1',
    'number_2',
    'number_3',
    'text_1',
    'text_2',
  ],
}

const ACTIVITY: InsertStatement = { into: 'activity', columns: ['profile_id', 'at', 'kind', 'ref'] }

/** Stores events. New ids: two workers never insert the same row. */
export async function insertEvents(
  tx: Connection,
  events: WorkingEvent[],
  types: Map<string, EventType>,
): Promise<void> {
  await insertRows(
    tx,
    EVENTS,
    events.map((event) => eventRow(event, types.get(event.envelope.type))),
  )
}

function eventRow(event: WorkingEvent, type: EventType | undefined): Cell[] {
  const { envelope, profile, valid, problems, data } = event
  const slot = (column: SlotColumn): number | string | null => {
    const from = type?.slots[column]
    const value = from === undefined ? undefined : readEvent(event, from)
    if (column.startsWith('number')) return typeof value === 'number' && Number.isFinite(value) ? value : null
    return typeof value === 'string' ? cut(value, 120) : typeof value === 'number' ? String(value) : null
  }
  return [
    event.bytes,
    profile ? surviving(profile).bytes : null,
    profile ? profile.bytes : null,
    envelope.session ? sessionBytes(envelope.session.id) : null,
    envelope.sourceId,
    envelope.type,
    new Date(envelope.occurredAt),
    valid,
    json(envelope.properties),
    json(data),
    json(envelope.context as JsonObject),
    json(envelope.tags),
    problems.length > 0 ? wellFormedJson(JSON.stringify(problems)) : null,
    slot('number_1'),
    slot('number_2'),
    slot('number_3'),
    slot('text_1'),
    slot('text_2'),
  ]
}

export interface ActivityRow {
  profile: Buffer
  at: number
  kind: 'event' | 'run'
  ref: Buffer
}

/** Stores what happened to whom. */
export async function insertActivity(tx: Connection, rows: ActivityRow[]): Promise<void> {
  await insertRows(
    tx,
    ACTIVITY,
    rows.map((row) => [row.profile, new Date(row.at), row.kind, row.ref]),
  )
}
