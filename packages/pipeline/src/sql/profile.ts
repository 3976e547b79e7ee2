// Writes of profiles and of what a merge leaves behind.
import { toBytes } from '@segue/database'
import type { Connection } from 'mysql2/promise'
import type { WorkingProfile } from '../batch.js'
import { insertRows, type Cell, type InsertStatement } from './insert-rows.js'
import { cut, json } from './rows.js'

export interface ProfileRow {
  profile: WorkingProfile
  identified: boolean
  displayName: string | null
  email: string | null
  phone: string | null
}

const NEW_PROFILES: InsertStatement = {
  into: 'profile',
  columns: [
    'id',
    'created_at',
    'updated_at',
    'first_seen_at',
    'last_seen_at',
    'version',
    'identified',
    'display_name',
    'email',
    'phone',
    'document',
    'stamps',
  ],
}

const KNOWN_PROFILES: InsertStatement = {
  ...NEW_PROFILES,
  then: `ON DUPLICATE KEY UPDATE ${NEW_PROFILES.columns
    .slice(1)
    .map((column) => `${column} = VALUES(${column})`)
    .join(', ')}`,
}

/** Stores new profiles. Plain: an id that somebody else stored meanwhile makes the batch start over. */
export async function insertProfiles(tx: Connection, rows: ProfileRow[], now: number): Promise<void> {
  await insertRows(
    tx,
    NEW_PROFILES,
    rows.map((row) => values(row, now)),
  )
}

/** Writes profiles that this transaction holds locked. Index: primary key, the only unique one; all rows exist. */
export async function updateProfiles(tx: Connection, rows: ProfileRow[], now: number): Promise<void> {
  await insertRows(
    tx,
    KNOWN_PROFILES,
    rows.map((row) => values(row, now)),
  )
}

function values({ profile, identified, displayName, email, phone }: ProfileRow, now: number): Cell[] {
  return [
    profile.bytes,
    new Date(profile.createdAt),
    new Date(now),
    new Date(profile.firstSeenAt),
    new Date(profile.lastSeenAt),
    profile.version + 1,
    identified,
    cut(displayName, 190),
    cut(email, 190),
    cut(phone, 32),
    json(profile.document),
    json(profile.stamps),
  ]
}

/** An id that now answers with another profile. `wasStored`: it was a profile with rows of its own. */
export interface Retired {
  alias: string
  profile: Buffer
  wasStored: boolean
}

/**
 * Writes aliases, points the retired profiles' own aliases and identities to the canonical one, takes their rows away and notes that their
 * history is to be moved. All of these profiles are locked by the caller, so nobody else writes them.
 */
export async function retireProfiles(tx: Connection, retired: Retired[], now: number): Promise<void> {
  if (retired.length === 0) return
  await tx.query('INSERT INTO profile_alias (alias_id, profile_id, created_at) VALUES ?', [
    retired.map(({ alias, profile }) => [toBytes(alias), profile, new Date(now)]),
  ])
  const stored = retired.filter((one) => one.wasStored).map((one) => toBytes(one.alias))
  if (stored.length === 0) return
  await tx.query(
    `UPDATE profile_alias older JOIN profile_alias newer ON newer.alias_id = older.profile_id
     SET older.profile_id = newer.profile_id WHERE newer.alias_id IN (?)`,
    [stored],
  )
  await tx.query(
    `UPDATE profile_identity i JOIN profile_alias a ON a.alias_id = i.profile_id
     SET i.profile_id = a.profile_id WHERE a.alias_id IN (?)`,
    [stored],
  )
  await tx.query('INSERT INTO profile_move (alias_id, created_at) VALUES ?', [
    stored.map((alias) => [alias, new Date(now)]),
  ])
  await tx.query('DELETE FROM profile WHERE id IN (?)', [stored])
}
