// Inserts of what ships with Segue; existing rows stay.
import type { EventType, IdentityKind } from '@segue/event-model'
import type { Pool } from 'mysql2/promise'

/** Adds identity kinds that are not there. */
export async function insertIdentityKinds(pool: Pool, kinds: readonly IdentityKind[]): Promise<void> {
  await pool.query(
    `INSERT IGNORE INTO identity_kind (kind, normalization, one_per_profile, may_merge, trusted_only, movable, identifies, strength) VALUES ?`,
    [
      kinds.map((kind) => [
        kind.kind,
        kind.normalization,
        kind.onePerProfile,
        kind.mayMerge,
        kind.trustedOnly,
        kind.movable,
        kind.identifies,
        kind.strength,
      ]),
    ],
  )
}

/** Adds event types that are not there. */
export async function insertEventTypes(pool: Pool, types: readonly EventType[]): Promise<void> {
  const now = new Date()
  await pool.query(
    `INSERT IGNORE INTO event_type (id, name, group_name, description, tags, journey_stage, sample, event_mappings, profile_mappings,
       identities, slots, built_in, created_at, updated_at) VALUES ?`,
    [
      types.map((type) => [
        type.id,
        type.name,
        type.group,
        type.description,
        JSON.stringify(type.tags),
        type.journeyStage,
        JSON.stringify(type.sample),
        JSON.stringify(type.eventMappings),
        JSON.stringify(type.profileMappings),
        JSON.stringify(type.identities),
        JSON.stringify(type.slots),
        true,
        now,
        now,
      ]),
    ],
  )
}
