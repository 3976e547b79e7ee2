// Reads and locks of the identify step. Every statement takes the whole batch.
import { toBytes, toId } from '@segue/database'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import type { WorkingProfile } from '../batch.js'

export interface IdentityRow {
  profileId: string
  original: Buffer
  sourceId: string
  firstSeenAt: number
  claimedAt: number
  joins: number
}

/** Identities by kind and hash, keyed `kind:hash`. Index: primary key. A plain read: owners are read again once their profiles are locked. */
export async function selectIdentities(
  tx: Connection,
  wanted: { rule: { kind: string }; hash: Buffer; key: string }[],
): Promise<Map<string, IdentityRow>> {
  if (wanted.length === 0) return new Map()
  const byKind = new Map<string, Buffer[]>()
  for (const { rule, hash } of wanted) {
    const hashes = byKind.get(rule.kind)
    if (hashes) hashes.push(hash)
    else byKind.set(rule.kind, [hash])
  }
  const [rows] = await tx.query<RowDataPacket[]>(
    `SELECT kind, value_hash, profile_id, original_profile_id, source_id, first_seen_at, claimed_at, joins
     FROM profile_identity
     WHERE ${[...byKind].map(() => '(kind = ? AND value_hash IN (?))').join(' OR ')}`,
    [...byKind].flat(),
  )
  return new Map(
    rows.map((row): [string, IdentityRow] => [
      `${row['kind']}:${row['value_hash'].toString('latin1')}`,
      {
        profileId: toId(row['profile_id']),
        original: row['original_profile_id'],
        sourceId: row['source_id'],
        firstSeenAt: row['first_seen_at'].getTime(),
        claimedAt: row['claimed_at'].getTime(),
        joins: row['joins'],
      },
    ]),
  )
}

/** Alias → canonical id for those of `ids` that are aliases. Index: primary key. */
export async function selectAliases(tx: Connection, ids: string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const [rows] = await tx.query<RowDataPacket[]>(
    'SELECT alias_id, profile_id FROM profile_alias WHERE alias_id IN (?)',
    [ids.map(toBytes)],
  )
  return new Map(rows.map((row): [string, string] => [toId(row['alias_id']), toId(row['profile_id'])]))
}

/** Profiles of sessions, keyed by session id. Index: primary key. */
export async function selectSessionProfiles(tx: Connection, sessions: Buffer[]): Promise<Map<string, string>> {
  if (sessions.length === 0) return new Map()
  const [rows] = await tx.query<RowDataPacket[]>(
    'SELECT id, profile_id FROM session WHERE id IN (?) AND profile_id IS NOT NULL',
    [sessions],
  )
  return new Map(rows.map((row): [string, string] => [toId(row['id']), toId(row['profile_id'])]))
}

/**
 * Locks profiles until the commit and reads them. Ordered by id, as every worker does, so two batches with the same people wait instead of
 * deadlocking. Ids that are no profile lock nothing (READ COMMITTED has no gap locks).
 */
export async function lockProfiles(tx: Connection, ids: string[]): Promise<Map<string, WorkingProfile>> {
  const [rows] = await tx.query<RowDataPacket[]>(
    `SELECT id, created_at, first_seen_at, last_seen_at, version, document, stamps
     FROM profile WHERE id IN (?) ORDER BY id FOR UPDATE`,
    [ids.map(toBytes)],
  )
  return new Map(
    rows.map((row): [string, WorkingProfile] => {
      const id = toId(row['id'])
      return [
        id,
        {
          id,
          bytes: row['id'],
          isNew: false,
          changed: false,
          createdAt: row['created_at'].getTime(),
          firstSeenAt: row['first_seen_at'].getTime(),
          lastSeenAt: row['last_seen_at'].getTime(),
          version: Number(row['version']),
          document: JSON.parse(row['document']),
          stamps: JSON.parse(row['stamps']),
          size: row['document'].length + row['stamps'].length,
          identities: new Map(),
        },
      ]
    }),
  )
}

/** The identities of locked profiles that decide about merges. Index: of_profile, which holds the primary key too: no row is read. */
export async function selectDecisiveIdentities(
  tx: Connection,
  profiles: string[],
  kinds: string[],
): Promise<{ profileId: string; kind: string; hash: Buffer }[]> {
  if (profiles.length === 0 || kinds.length === 0) return []
  const [rows] = await tx.query<RowDataPacket[]>(
    'SELECT profile_id, kind, value_hash FROM profile_identity FORCE INDEX (of_profile) WHERE profile_id IN (?) AND kind IN (?)',
    [profiles.map(toBytes), kinds],
  )
  return rows.map((row) => ({ profileId: toId(row['profile_id']), kind: row['kind'], hash: row['value_hash'] }))
}
