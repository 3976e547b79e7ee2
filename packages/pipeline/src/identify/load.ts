// Loads and locks all profiles that a batch may touch: those its identities, ids and sessions lead to.
import type { Connection } from 'mysql2/promise'
import { isId } from '@segue/database'
import { identityKey, type Claim } from './claims.js'
import type { OwnerMemory } from './owner-memory.js'
import { sessionBytes } from '../session-id.js'
import { surviving, type Batch, type WorkingEvent, type WorkingIdentity, type WorkingProfile } from '../batch.js'
import {
  lockProfiles,
  selectAliases,
  selectDecisiveIdentities,
  selectIdentities,
  selectSessionProfiles,
  type IdentityRow,
} from '../sql/identify.js'

/** The events' claims, in the batch's order. */
export type Claims = Map<WorkingEvent, Claim[]>

/** Thrown when profiles keep moving between reading and locking; the batch is tried again. */
export class ProfilesMoved extends Error {
  override readonly name = 'ProfilesMoved'
}

/** Each round locks what the last read named; two rounds do unless somebody merges at that moment. */
const ROUNDS = 6

/**
 * Fills `batch.profiles`, `batch.identities`, `batch.aliases` and returns the sessions' profiles. The profiles that `owners` remembers are locked
 * first, then everything is read; what that names and is not held yet is locked, and all is read again. Nobody moves an identity away from a
 * profile that we hold, so when a reading names no new profile, everything read is true until the commit.
 */
export async function loadProfiles(
  tx: Connection,
  batch: Batch,
  claims: Claims,
  owners: OwnerMemory,
): Promise<Map<string, WorkingProfile>> {
  const wantedIdentities = new Map([...claims.values()].flat().map((claim): [string, Claim] => [claim.key, claim]))
  const sessions = sessionsThatDecide(batch, claims)
  const held = new Map<string, WorkingProfile | null>()
  /** Ids that a row named before they were locked. */
  const wereNamed = new Set<string>()
  const hold = async (ids: string[]): Promise<void> => {
    const rows = await lockProfiles(tx, ids)
    for (const id of ids) held.set(id, rows.get(id) ?? null)
  }

  const likely = likelyIds(batch, claims, owners)
  if (likely.length > 0) await hold(likely)
  for (let round = 0; round < ROUNDS; round++) {
    const identities = await selectIdentities(tx, [...wantedIdentities.values()])
    const sessionProfiles = await selectSessionProfiles(tx, sessions)
    const ids = referencedIds(batch, claims, identities, sessionProfiles)
    const aliases = await selectAliases(tx, ids)
    const canonical = (id: string): string => aliases.get(id) ?? id
    const named = new Set([
      ...[...identities.values()].map((row) => canonical(row.profileId)),
      ...[...sessionProfiles.values()].map(canonical),
    ])
    // An id that was nobody when it was locked may have become somebody since; only a lock that follows the row which names it counts.
    const isMissing = (id: string): boolean =>
      !held.has(id) || (held.get(id) === null && named.has(id) && !wereNamed.has(id))
    const missing = [...new Set(ids.map(canonical))].filter(isMissing).sort()
    if (missing.length === 0) {
      await fill(tx, batch, held, wantedIdentities, identities, aliases)
      return new Map(
        [...sessionProfiles].flatMap(([session, id]): [string, WorkingProfile][] => {
          const profile = held.get(canonical(id))
          return profile ? [[session, profile]] : []
        }),
      )
    }
    for (const id of missing) if (named.has(id)) wereNamed.add(id)
    await hold(missing)
  }
  throw new ProfilesMoved('Profiles kept moving while they were being locked.')
}

/** Sessions whose profile is needed: those of events that say nothing else about their person. */
function sessionsThatDecide(batch: Batch, claims: Claims): Buffer[] {
  const ids = new Set<string>()
  for (const event of batch.events) {
    const { session, profileId, profileLess } = event.envelope
    if (session && !profileId && !profileLess && claims.get(event)?.length === 0) ids.add(session.id)
  }
  return [...ids].map(sessionBytes)
}

/** The profiles a batch will most likely touch, sorted: those remembered, and the new ids of people nobody has heard of. */
function likelyIds(batch: Batch, claims: Claims, owners: OwnerMemory): string[] {
  const ids = new Set<string>()
  for (const event of batch.events) {
    const { profileId, newProfileId } = event.envelope
    const stated = profileId?.toLowerCase()
    let known = stated !== undefined
    if (stated !== undefined && isId(stated)) ids.add(owners.recall(stated) ?? stated)
    for (const { key } of claims.get(event) ?? []) {
      const owner = owners.recall(key)
      if (owner === undefined) continue
      ids.add(owner)
      known = true
    }
    if (!known && newProfileId !== undefined) ids.add(newProfileId)
  }
  return [...ids].sort()
}

/** Keeps what a batch found for the next one. The batch may still be rolled back: guesses may be wrong. */
export function rememberOwners(batch: Batch, owners: OwnerMemory): void {
  for (const [key, { owner }] of batch.identities) if (owner) owners.remember(key, surviving(owner).id)
  for (const [alias, profile] of batch.aliases) owners.remember(alias, surviving(profile).id)
}

function referencedIds(
  batch: Batch,
  claims: Claims,
  identities: Map<string, IdentityRow>,
  sessionProfiles: Map<string, string>,
): string[] {
  const ids = new Set<string>()
  for (const row of identities.values()) ids.add(row.profileId)
  for (const id of sessionProfiles.values()) ids.add(id)
  for (const event of batch.events) {
    const { profileId, newProfileId } = event.envelope
    if (profileId && isId(profileId)) ids.add(profileId.toLowerCase())
    // Its new id can exist already only when the event was replayed after it had been processed in part of a former life.
    else if (newProfileId && !claims.get(event)?.some((claim) => identities.has(claim.key))) ids.add(newProfileId)
  }
  return [...ids]
}

async function fill(
  tx: Connection,
  batch: Batch,
  held: Map<string, WorkingProfile | null>,
  claims: Map<string, Claim>,
  rows: Map<string, IdentityRow>,
  aliases: Map<string, string>,
): Promise<void> {
  for (const [id, profile] of held) if (profile) batch.profiles.set(id, profile)
  for (const [alias, id] of aliases) {
    const profile = batch.profiles.get(id)
    if (profile) batch.aliases.set(alias, profile)
  }
  for (const [key, { rule, hash, value }] of claims)
    batch.identities.set(key, workingIdentity(rule.kind, hash, value, rows.get(key), batch, aliases))

  const decisive = new Set([...batch.rules.onePerProfile, ...batch.rules.identifying])
  for (const { profileId, kind, hash } of await selectDecisiveIdentities(
    tx,
    [...batch.profiles.keys()],
    [...decisive],
  )) {
    const profile = batch.profiles.get(profileId)
    if (profile) addDecisive(profile, kind, identityKey(kind, hash))
  }
}

function workingIdentity(
  kind: string,
  hash: Buffer,
  value: string,
  row: IdentityRow | undefined,
  batch: Batch,
  aliases: Map<string, string>,
): WorkingIdentity {
  const owner = row && batch.profiles.get(aliases.get(row.profileId) ?? row.profileId)
  return {
    kind,
    hash,
    value,
    ...(owner ? { owner } : {}),
    ...(row ? { original: row.original } : {}),
    sourceId: row?.sourceId ?? '',
    firstSeenAt: row?.firstSeenAt ?? Infinity,
    claimedAt: row?.claimedAt ?? -Infinity,
    joins: row?.joins ?? 0,
    isNew: row === undefined,
    changed: false,
  }
}

/** Notes that a profile has a value of a kind that decides about merges. */
export function addDecisive(profile: WorkingProfile, kind: string, key: string): void {
  const values = profile.identities.get(kind)
  if (values) values.add(key)
  else profile.identities.set(kind, new Set([key]))
}
