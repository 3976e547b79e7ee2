// Puts the identity kinds and event types that Segue knows into a new database. What people have changed since stays.
import { BUILT_IN_IDENTITY_KINDS, KNOWN_EVENT_TYPES } from '@segue/event-model'
import type { Pool } from 'mysql2/promise'
import { insertEventTypes, insertIdentityKinds } from './sql/built-ins.js'

/** Safe to repeat and to run twice at once: what is there is left as it is. */
export async function installBuiltIns(pool: Pool): Promise<void> {
  await insertIdentityKinds(pool, BUILT_IN_IDENTITY_KINDS)
  await insertEventTypes(pool, KNOWN_EVENT_TYPES)
}
