// Step 2, identify: whom each event is about. Ties events to profiles, attaches identities, merges profiles that turn out to be one person.
import type { Connection } from 'mysql2/promise'
import { isId, toBytes, toId } from '@segue/database'
import {
  eachEvent,
  surviving,
  type Batch,
  type WorkingEvent,
  type WorkingIdentity,
  type WorkingProfile,
} from '../batch.js'
import type { Configuration } from '../configuration.js'
import { sessionBytes } from '../session-id.js'
import { claimsOf, type Claim } from './claims.js'
import { addDecisive, loadProfiles, rememberOwners, type Claims } from './load.js'
import { isIdentified, mayBeOne, mergeProfiles } from './merge-profiles.js'
import type { OwnerMemory } from './owner-memory.js'

/**
 * An identity that tied, untied or failed to tie identified people this often names no person but a kiosk, a call centre or a test
 * address: it is ignored from then on, and says so on each event.
 */
export const JOIN_LIMIT = 20

/**
 * Strengths of what is no identity but names a profile. A trusted source's word goes before all identities; a browser's cookie after the
 * device id, since a shared device moves to the person who uses it now while its cookie still names the former one.
 */
const TRUSTED_ID = 1000
const COOKIE_ID = 10

export async function identify(
  tx: Connection,
  batch: Batch,
  configuration: Configuration,
  owners: OwnerMemory,
): Promise<void> {
  const claims: Claims = new Map()
  eachEvent(batch, (event) => {
    const { type, profileLess } = event.envelope
    claims.set(
      event,
      profileLess ? [] : claimsOf(event, configuration.eventTypes.get(type), configuration.identityKinds),
    )
  })
  const sessions = await loadProfiles(tx, batch, claims, owners)
  eachEvent(batch, (event) => {
    const person = personOf(event, claims.get(event) ?? [], batch, sessions)
    if (!person) return
    event.profile = person
    person.changed = true
    person.firstSeenAt = Math.min(person.firstSeenAt, event.envelope.occurredAt)
    person.lastSeenAt = Math.max(person.lastSeenAt, event.envelope.occurredAt)
  })
  rememberOwners(batch, owners)
}

/** Something that names a profile: an identity with an owner, or an id. */
type Lead = { strength: number } & ({ claim: Claim; identity: WorkingIdentity } | { id: string })

function personOf(
  event: WorkingEvent,
  claims: Claim[],
  batch: Batch,
  sessions: Map<string, WorkingProfile>,
): WorkingProfile | undefined {
  const { envelope } = event
  if (envelope.profileLess) return undefined
  const leads = leadsOf(event, claims, batch)
  const unowned: Claim[] = []
  const refused: Claim[] = []
  let unknownId: string | undefined
  let person: WorkingProfile | undefined
  /** Whose id it states although what else it states is not theirs: better theirs than nobody's. */
  let misfit: WorkingProfile | undefined

  for (const lead of leads) {
    if ('id' in lead) {
      const owner = profileById(batch, lead.id)
      if (!owner) unknownId = lead.id
      else if (!person) {
        if (fits(owner, unowned)) person = owner
        else misfit = owner
      } else if (
        owner !== person &&
        mayBeOne(person, owner, unowned, { trusted: envelope.trusted, movable: false }, batch.rules)
      ) {
        person = mergeProfiles(batch, person, owner)
      }
      continue
    }
    const { claim, identity } = lead
    const owner = identity.owner && surviving(identity.owner)
    if (!owner) unowned.push(claim)
    else if (!person) {
      if (fits(owner, unowned)) person = owner
      else refused.push(claim)
    } else if (owner !== person) {
      const joinsIdentified = isIdentified(owner, batch.rules) && isIdentified(person, batch.rules)
      if (
        claim.rule.mayMerge &&
        mayBeOne(person, owner, unowned, { trusted: envelope.trusted, movable: claim.rule.movable }, batch.rules)
      ) {
        person = mergeProfiles(batch, person, owner)
        if (joinsIdentified) count(identity)
      } else refused.push(claim)
    }
  }

  const session = envelope.session && sessions.get(toId(sessionBytes(envelope.session.id)))
  if (!person && unowned.length === 0 && session) person = surviving(session)
  const newId = unknownId ?? envelope.newProfileId
  if (!person && newId !== undefined) person = profileById(batch, newId) ?? create(batch, newId, envelope.occurredAt)
  person ??= misfit && surviving(misfit)
  if (!person) return undefined

  if (unknownId !== undefined && unknownId !== person.id) {
    batch.aliases.set(unknownId, person)
    batch.retired.push(unknownId)
  }
  for (const claim of unowned) attach(event, person, claim, batch)
  for (const claim of refused) move(event, person, claim, batch)
  for (const claim of claims) touch(event, person, claim, batch)
  return person
}

function leadsOf(event: WorkingEvent, claims: Claim[], batch: Batch): Lead[] {
  const { profileId, trusted } = event.envelope
  const leads: Lead[] = []
  for (const claim of claims) {
    const identity = batch.identities.get(claim.key)
    if (!identity) continue
    if (identity.joins < JOIN_LIMIT) leads.push({ strength: claim.rule.strength, claim, identity })
    else
      event.problems.push({
        code: 'IDENTITY_SHARED',
        message: `Too many people share this ${claim.rule.kind}; it was ignored.`,
      })
  }
  if (profileId && isId(profileId))
    leads.push({ strength: trusted ? TRUSTED_ID : COOKIE_ID, id: profileId.toLowerCase() })
  return leads.sort((a, b) => b.strength - a.strength)
}

function profileById(batch: Batch, id: string): WorkingProfile | undefined {
  const profile = batch.profiles.get(id) ?? batch.aliases.get(id)
  return profile && surviving(profile)
}

function create(batch: Batch, id: string, occurredAt: number): WorkingProfile {
  const profile: WorkingProfile = {
    id,
    bytes: toBytes(id),
    isNew: true,
    changed: true,
    createdAt: batch.now,
    firstSeenAt: occurredAt,
    lastSeenAt: occurredAt,
    version: 0,
    document: {},
    stamps: {},
    size: 0,
    identities: new Map(),
  }
  batch.profiles.set(id, profile)
  return profile
}

/** Whether the event's still unowned claims could be this profile's: no second value of a one-a-profile kind. */
function fits(profile: WorkingProfile, unowned: Claim[]): boolean {
  return unowned.every(({ rule, key }) => {
    const values = rule.onePerProfile ? profile.identities.get(rule.kind) : undefined
    return !values || values.size === 0 || values.has(key)
  })
}

function attach(event: WorkingEvent, person: WorkingProfile, claim: Claim, batch: Batch): void {
  const identity = batch.identities.get(claim.key)
  if (!identity || identity.owner) return
  if (!fits(person, [claim])) {
    event.problems.push(conflict(claim.rule.kind))
    return
  }
  identity.owner = person
  identity.original ??= person.bytes
  identity.sourceId = event.envelope.sourceId
  identity.changed = true
  decide(person, claim)
}

/** A claim that belongs to somebody else: a shared device goes to the person who uses it now, anything else stays where it is. */
function move(event: WorkingEvent, person: WorkingProfile, claim: Claim, batch: Batch): void {
  const identity = batch.identities.get(claim.key)
  if (!identity || (identity.owner && surviving(identity.owner) === person)) return
  if (!claim.rule.movable) {
    event.problems.push(conflict(claim.rule.kind))
    return
  }
  if (event.envelope.occurredAt < identity.claimedAt) return
  identity.owner = person
  count(identity)
}

function conflict(kind: string): { code: string; message: string } {
  return {
    code: 'IDENTITY_CONFLICT',
    message: `This ${kind} belongs to another person; the event was kept with the stronger identity.`,
  }
}

function count(identity: WorkingIdentity): void {
  identity.joins += 1
  identity.changed = true
}

function decide(person: WorkingProfile, { rule, key }: Claim): void {
  if (rule.onePerProfile || rule.identifies) addDecisive(person, rule.kind, key)
}

/** Notes an identity as the person's, and keeps when a movable one was last stated by its owner: a later statement by somebody else moves it, an earlier one does not. */
function touch(event: WorkingEvent, person: WorkingProfile, claim: Claim, batch: Batch): void {
  const { occurredAt } = event.envelope
  const identity = batch.identities.get(claim.key)
  if (!identity?.owner || surviving(identity.owner) !== person) return
  event.known.push({ kind: claim.rule.kind, value: claim.value })
  if (occurredAt < identity.firstSeenAt) {
    identity.firstSeenAt = occurredAt
    identity.changed = true
  }
  // Nobody moves an identity away from an anonymous profile, they are joined: its time need not be kept.
  const matters = claim.rule.movable && isIdentified(person, batch.rules)
  if (occurredAt > identity.claimedAt && (matters || identity.isNew)) {
    identity.claimedAt = occurredAt
    identity.changed = true
  }
}
