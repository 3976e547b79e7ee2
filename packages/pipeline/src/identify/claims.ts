// The identities an event states, normalized, deduplicated and ordered from the strongest kind to the weakest.
import { hash as digest } from 'node:crypto'
import { normalizeIdentity, type Envelope, type EventType, type IdentityKind } from '@segue/event-model'
import type { Problem, WorkingEvent } from '../batch.js'
import { parsePath, readPath } from '../paths.js'

/** A usable claim: "the person of this event is known as `value`". */
export interface Claim {
  rule: IdentityKind
  /** Key into the batch's identities: kind and hash. */
  key: string
  hash: Buffer
  value: string
}

/** Traits that every Segment-compatible client names alike and that identify a person. */
const TRAIT_KINDS = ['email', 'phone'] as const

/** Collects claims from the envelope, from known traits and from the properties that the event type declares as identities. */
export function claimsOf(event: WorkingEvent, type: EventType | undefined, kinds: Map<string, IdentityKind>): Claim[] {
  const claims = new Map<string, Claim>()
  for (const { kind, value } of stated(event.envelope, type)) {
    const rule = kinds.get(kind)
    const result = rule
      ? claim(rule, value, event.envelope.trusted)
      : { code: 'IDENTITY_UNKNOWN_KIND', message: `There is no identity kind ${kind}.` }
    if ('code' in result) event.problems.push(result)
    else claims.set(result.key, result)
  }
  return [...claims.values()].sort((a, b) => b.rule.strength - a.rule.strength)
}

function claim(rule: IdentityKind, raw: string, trusted: boolean): Claim | Problem {
  const { kind } = rule
  if (rule.trustedOnly && !trusted) {
    return {
      code: 'IDENTITY_NOT_TRUSTED',
      message: `An identity of kind ${kind} is believed from trusted sources only; it was ignored.`,
    }
  }
  const value = normalizeIdentity(rule.normalization, raw)
  if (value === null)
    return { code: 'IDENTITY_JUNK', message: `The value of identity ${kind} identifies nobody; it was ignored.` }
  const hash = digest('sha256', value, 'buffer')
  return { rule, value, hash, key: identityKey(kind, hash) }
}

export function identityKey(kind: string, hash: Buffer): string {
  return `${kind}:${hash.toString('latin1')}`
}

function stated(
  { identities, traits, properties }: Envelope,
  type: EventType | undefined,
): { kind: string; value: string }[] {
  const found = [...identities]
  for (const kind of TRAIT_KINDS) {
    const value = traits?.[kind]
    if (typeof value === 'string') found.push({ kind, value })
  }
  for (const { kind, from } of type?.identities ?? []) {
    const path = parsePath(from)
    const value = path && readPath({ properties }, path)
    if (typeof value === 'string') found.push({ kind, value })
    else if (typeof value === 'number') found.push({ kind, value: String(value) })
  }
  return found
}
