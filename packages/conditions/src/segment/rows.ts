// What a condition sees of one event or one session: the names inside of where(), their kinds and their columns.
import type { TypeName } from '../values.js'

/** What behaviour is asked of. */
export type Over = 'events' | 'sessions'

/** A name inside of `where()`. `json` is a document whose fields only the data knows. */
export interface RowField {
  kind: Extract<TypeName, 'string' | 'timestamp' | 'number'> | 'json'
  column: string
}

/** The rows of `events()` and of `sessions()`: names in conditions, and where they lie in the tables `event` and `session`. */
export const ROWS: Readonly<Record<Over, { at: string; fields: Readonly<Record<string, RowField>> }>> = {
  events: {
    at: 'occurredAt',
    fields: {
      type: { kind: 'string', column: 'type' },
      occurredAt: { kind: 'timestamp', column: 'occurred_at' },
      source: { kind: 'string', column: 'source_id' },
      properties: { kind: 'json', column: 'properties' },
      data: { kind: 'json', column: 'data' },
    },
  },
  sessions: {
    at: 'startedAt',
    fields: {
      startedAt: { kind: 'timestamp', column: 'started_at' },
      lastEventAt: { kind: 'timestamp', column: 'last_event_at' },
      source: { kind: 'string', column: 'source_id' },
      events: { kind: 'number', column: 'events' },
      deviceType: { kind: 'string', column: 'device_type' },
      deviceModel: { kind: 'string', column: 'device_model' },
      osName: { kind: 'string', column: 'os_name' },
      osVersion: { kind: 'string', column: 'os_version' },
      browserName: { kind: 'string', column: 'browser_name' },
      browserVersion: { kind: 'string', column: 'browser_version' },
      locale: { kind: 'string', column: 'locale' },
      timezone: { kind: 'string', column: 'timezone' },
    },
  },
}

/** The fields of a profile: those with a column of their own, and the roots of its document. */
export const PROFILE_FIELDS: Readonly<
  Record<string, { kind: 'string' | 'timestamp' | 'list' | 'json'; column: string }>
> = {
  id: { kind: 'string', column: 'id' },
  createdAt: { kind: 'timestamp', column: 'created_at' },
  firstSeenAt: { kind: 'timestamp', column: 'first_seen_at' },
  lastSeenAt: { kind: 'timestamp', column: 'last_seen_at' },
  segments: { kind: 'list', column: '' },
  data: { kind: 'json', column: 'document' },
  traits: { kind: 'json', column: 'document' },
  interests: { kind: 'json', column: 'document' },
  consents: { kind: 'json', column: 'document' },
  counters: { kind: 'json', column: 'document' },
  aux: { kind: 'json', column: 'document' },
}
