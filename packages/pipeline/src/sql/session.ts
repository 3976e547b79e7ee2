// Writes of sessions.
import type { Connection } from 'mysql2/promise'
import type { WorkingSession } from '../sessions.js'
import { insertRows, type InsertStatement } from './insert-rows.js'
import { cut, json } from './rows.js'

/** Columns that describe the visit: those of its earliest event count, whichever arrives first. */
const DESCRIBING = [
  'device_type',
  'device_model',
  'os_name',
  'os_version',
  'browser_name',
  'browser_version',
  'locale',
  'timezone',
  'context',
]

/** MySQL assigns from left to right: what compares times stands before they change. */
const SESSIONS: InsertStatement = {
  into: 'session',
  columns: [
    'id',
    'profile_id',
    'original_profile_id',
    'source_id',
    'started_at',
    'last_event_at',
    'events',
    ...DESCRIBING,
  ],
  then: `ON DUPLICATE KEY UPDATE
    profile_id = IF(VALUES(last_event_at) >= last_event_at, COALESCE(VALUES(profile_id), profile_id), COALESCE(profile_id, VALUES(profile_id))),
    original_profile_id = IF(VALUES(started_at) < started_at, COALESCE(VALUES(original_profile_id), original_profile_id),
      COALESCE(original_profile_id, VALUES(original_profile_id))),
    ${DESCRIBING.map((column) => `${column} = IF(VALUES(started_at) < started_at, VALUES(${column}), ${column})`).join(',\n    ')},
    events = events + VALUES(events),
    started_at = LEAST(started_at, VALUES(started_at)),
    last_event_at = GREATEST(last_event_at, VALUES(last_event_at))`,
}

/**
 * Adds to sessions, making those that are new. Index: primary key, the only unique one. Every assignment gives the same result in any order of
 * batches, so two workers may add to one session.
 */
export async function upsertSessions(tx: Connection, sessions: WorkingSession[]): Promise<void> {
  await insertRows(
    tx,
    SESSIONS,
    sessions.map((session) => [
      session.id,
      session.profile,
      session.originalProfile,
      session.sourceId,
      new Date(session.startedAt),
      new Date(session.lastEventAt),
      session.events,
      cut(session.deviceType, 32),
      cut(session.deviceModel, 120),
      cut(session.osName, 64),
      cut(session.osVersion, 32),
      cut(session.browserName, 64),
      cut(session.browserVersion, 32),
      cut(session.locale, 35),
      cut(session.timezone, 64),
      json(session.context),
    ]),
  )
}
