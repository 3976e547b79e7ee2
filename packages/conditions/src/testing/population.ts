// Profiles with their events, sessions and segments, in memory and in a database at once: what both sides of a comparison look at.
import type { Connection } from 'mysql2/promise'
import type { SegmentData, SegmentEvent } from '../segment/segment-condition.js'

/** A profile as it is stored. `merged` holds what still lies under a profile that was merged into it. */
export interface Person {
  id: string
  createdAt: number
  firstSeenAt: number
  lastSeenAt: number
  document: Record<string, unknown>
  events: SegmentEvent[]
  sessions: Record<string, unknown>[]
  /** Ids of segments. */
  segments: string[]
  merged?: { id: string; events: SegmentEvent[]; sessions: Record<string, unknown>[]; segments: string[] }
}

/** What the in-memory evaluation of a person is given. */
export function dataOf(person: Person, now: number): SegmentData {
  const { id, document, merged } = person
  return {
    profile: {
      id,
      createdAt: new Date(person.createdAt),
      firstSeenAt: new Date(person.firstSeenAt),
      lastSeenAt: new Date(person.lastSeenAt),
      ...document,
    },
    events: [...person.events, ...(merged?.events ?? [])],
    sessions: [...person.sessions, ...(merged?.sessions ?? [])],
    segments: [...new Set([...person.segments, ...(merged?.segments ?? [])])],
    now,
  }
}

/** Stores people; `slots` are those of their events' types. */
export async function store(
  connection: Connection,
  people: readonly Person[],
  slots: ReadonlyMap<string, Readonly<Record<string, string>>>,
): Promise<void> {
  const insert = async (table: string, columns: string, rows: unknown[][]): Promise<void> => {
    if (rows.length > 0) await connection.query(`INSERT INTO ${table} (${columns}) VALUES ?`, [rows])
  }
  const owners = people.flatMap((person) => [
    { ...person, owner: person.id },
    ...(person.merged ? [{ ...person.merged, owner: person.merged.id }] : []),
  ])
  await insert(
    'profile',
    'id, created_at, updated_at, first_seen_at, last_seen_at, version, identified, document, stamps',
    people.map(({ id, createdAt, firstSeenAt, lastSeenAt, document }) => [
      uuid(id),
      time(createdAt),
      time(createdAt),
      time(firstSeenAt),
      time(lastSeenAt),
      1,
      1,
      JSON.stringify(document),
      '{}',
    ]),
  )
  const merges = people.flatMap(({ id, merged }) => (merged ? [[uuid(merged.id), uuid(id), time(0)]] : []))
  await insert('profile_alias', 'alias_id, profile_id, created_at', merges)
  await insert(
    'profile_move',
    'alias_id, created_at',
    merges.map(([alias, , at]) => [alias, at]),
  )
  const events = owners.flatMap(({ owner, events: all }) => all.map((event) => ({ owner, event })))
  await insert(
    'event',
    'id, profile_id, source_id, type, occurred_at, properties, data, context, number_1, number_2, number_3',
    events.map(({ owner, event }) => [
      uuid(event.id),
      uuid(owner),
      event.source,
      event.type,
      time(Number(event.occurredAt)),
      JSON.stringify(event.properties),
      event.data === null ? null : JSON.stringify(event.data),
      '{}',
      ...['number_1', 'number_2', 'number_3'].map((slot) => slotValue(event, slots.get(event.type)?.[slot])),
    ]),
  )
  await insert(
    'activity',
    'profile_id, at, kind, ref',
    events.map(({ owner, event }) => [uuid(owner), time(Number(event.occurredAt)), 'event', uuid(event.id)]),
  )
  await insert(
    'session',
    'id, profile_id, source_id, started_at, last_event_at, events, device_type, locale, context',
    owners.flatMap(({ owner, sessions }) =>
      sessions.map((session) => [
        uuid(String(session['id'])),
        uuid(owner),
        session['source'],
        time(Number(session['startedAt'])),
        time(Number(session['lastEventAt'])),
        session['events'],
        session['deviceType'],
        session['locale'],
        '{}',
      ]),
    ),
  )
  await insert(
    'segment_membership',
    'segment_id, profile_id, original_profile_id, entered_at',
    owners.flatMap(({ owner, segments }) =>
      segments.map((segment) => [uuid(segment), uuid(owner), uuid(owner), time(0)]),
    ),
  )
}

function slotValue(event: SegmentEvent, path: string | undefined): number | null {
  let value: unknown = event
  for (const key of path?.split('.') ?? [''])
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
  return typeof value === 'number' ? value : null
}

function uuid(text: string): Buffer {
  return Buffer.from(text.replaceAll('-', ''), 'hex')
}

function time(ms: number): string {
  return new Date(ms).toISOString().slice(0, 23).replace('T', ' ')
}

/**
 * The profile ids of a statement's answer, sorted. They are written into a table first, as a worker does: strict databases make
 * errors of what they only warn of when they read, and no id may come twice.
 */
export async function idsOf(
  connection: Connection,
  { sql, parameters }: { sql: string; parameters: unknown[] },
): Promise<string[]> {
  await connection.query('CREATE TEMPORARY TABLE IF NOT EXISTS found (profile_id BINARY(16) NOT NULL PRIMARY KEY)')
  await connection.query('DELETE FROM found')
  await connection.query(`INSERT INTO found SELECT profile_id FROM (${sql}) x`, parameters)
  const [rows] = await connection.query({ sql: 'SELECT profile_id FROM found', rowsAsArray: true })
  return (rows as [Buffer][])
    .map(([id]) => id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'))
    .sort()
}
