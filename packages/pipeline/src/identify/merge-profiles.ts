// When two profiles may be one person, and what joining them does to the batch.
import { surviving, type Batch, type WorkingProfile } from '../batch.js'
import type { IdentityRules } from '../configuration.js'
import { mergeDocuments } from '../profile-document/merge-documents.js'
import { MERGED_LIMIT } from '../profile-document/room.js'
import type { Claim } from './claims.js'

/** Whether it has an identity that makes it a known person. */
export function isIdentified(profile: WorkingProfile, rules: IdentityRules): boolean {
  return [...profile.identities.keys()].some((kind) => rules.identifying.has(kind))
}

/**
 * Whether two profiles may be joined. Two different values of a one-a-profile kind are two people. Two identified people are joined by a trusted
 * source only, and never by something movable such as a device, which they may merely share. What would grow too large stays apart.
 */
export function mayBeOne(
  a: WorkingProfile,
  b: WorkingProfile,
  unowned: Claim[],
  by: { trusted: boolean; movable: boolean },
  rules: IdentityRules,
): boolean {
  if (a.size + b.size > MERGED_LIMIT) return false
  if ((!by.trusted || by.movable) && isIdentified(a, rules) && isIdentified(b, rules)) return false
  for (const kind of rules.onePerProfile) {
    const values = new Set([...(a.identities.get(kind) ?? []), ...(b.identities.get(kind) ?? [])])
    for (const claim of unowned) if (claim.rule.kind === kind) values.add(claim.key)
    if (values.size > 1) return false
  }
  return true
}

/** Joins two profiles: the older id (ids begin with their time) lives on with both documents, the other becomes its alias. Returns the survivor. */
export function mergeProfiles(batch: Batch, a: WorkingProfile, b: WorkingProfile): WorkingProfile {
  const [winner, loser] = a.id < b.id ? [a, b] : [b, a]
  const { values, stamps } = mergeDocuments(
    { values: winner.document, stamps: winner.stamps },
    { values: loser.document, stamps: loser.stamps },
  )
  winner.document = values
  winner.stamps = stamps
  winner.size += loser.size
  winner.createdAt = Math.min(winner.createdAt, loser.createdAt)
  winner.firstSeenAt = Math.min(winner.firstSeenAt, loser.firstSeenAt)
  winner.lastSeenAt = Math.max(winner.lastSeenAt, loser.lastSeenAt)
  winner.changed = true
  for (const [kind, values] of loser.identities) {
    winner.identities.set(kind, new Set([...(winner.identities.get(kind) ?? []), ...values]))
  }
  loser.mergedInto = winner
  batch.aliases.set(loser.id, winner)
  batch.retired.push(loser.id)
  return surviving(winner)
}
