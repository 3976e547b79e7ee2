// A page of event ids, newest first: by receipt, or of one type by when they happened.
import { toId, type Database } from '@segue/database'
import type { Keyset, SqlPage } from '@segue/graphql'
import { eventConditions, type EventConditions } from './event-conditions.js'

/** An event's place in the lists. */
export interface EventPosition {
  at: Date
  id: string
}

/** The order of receipt: ids are UUIDv7. */
export const BY_RECEIPT: Keyset<EventPosition> = {
  keys: [{ column: 'e.id', kind: 'id', of: (event) => event.id }],
  descending: true,
}

/** The order of occurrence. */
export const BY_OCCURRENCE: Keyset<EventPosition> = {
  keys: [
    { column: 'e.occurred_at', kind: 'time', of: (event) => event.at },
    { column: 'e.id', kind: 'id', of: (event) => event.id },
  ],
  descending: true,
}

interface PositionRow {
  occurred_at: Date
  id: Buffer
}

/**
 * A page of `BY_RECEIPT`. Index: the primary key, read until the page is full, partition by partition; a filter that few events meet
 * reads further. Events that arrive meanwhile have higher ids.
 */
export async function listEventsByReceipt(
  database: Database,
  filter: EventConditions,
  page: SqlPage<EventPosition>,
): Promise<EventPosition[]> {
  const { sql, parameters } = eventConditions(filter)
  const rows = await database.query<PositionRow[]>(
    `SELECT e.occurred_at, e.id FROM event e FORCE INDEX (PRIMARY)
      WHERE ${[...sql, page.condition].join(' AND ')} ORDER BY ${page.order} LIMIT ?`,
    [...parameters, ...page.values, page.limit],
  )
  return rows.map(position)
}

/**
 * A page of `BY_OCCURRENCE`, of one type. Index: behaviour(type, occurred_at, ...), whose entries of one moment are not in the order of
 * ids; so the moment where the page ends is found first, along the index, and only what lies between the cursor and it is sorted: the page and
 * the events of its last moment. An event that arrives meanwhile and happened beyond the cursor is on a later page, once.
 */
export async function listEventsOfType(
  database: Database,
  filter: EventConditions & { type: string },
  page: SqlPage<EventPosition>,
): Promise<EventPosition[]> {
  const { sql, parameters } = eventConditions(filter)
  const [direction, within] = page.order.includes('DESC') ? ['DESC', '>='] : ['ASC', '<=']
  const from = `FROM event e FORCE INDEX (behaviour) WHERE ${[...sql, page.condition].join(' AND ')}`
  const [last] = await database.query<PositionRow[]>(
    `SELECT e.occurred_at ${from} ORDER BY e.occurred_at ${direction} LIMIT 1 OFFSET ?`,
    [...parameters, ...page.values, page.limit - 1],
  )
  const rows = await database.query<PositionRow[]>(
    `SELECT e.occurred_at, e.id ${from} ${last ? `AND e.occurred_at ${within} ?` : ''} ORDER BY ${page.order} LIMIT ?`,
    [...parameters, ...page.values, ...(last ? [last.occurred_at] : []), page.limit],
  )
  return rows.map(position)
}

function position(row: PositionRow): EventPosition {
  return { at: row.occurred_at, id: toId(row.id) }
}
