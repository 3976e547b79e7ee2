// From a value that somebody states to the identities it may be.
import { IdentityKindRow, ProfileIdentity } from '@segue/database'
import { normalizeIdentity } from '@segue/event-model'
import { createHash } from 'node:crypto'
import type { DataSource } from 'typeorm'
import { UnknownIdentityKind } from '../errors.js'

const KIND = /^[\x20-\x7e]{1,32}$/

/** An identity's key in the database. */
export interface IdentityKey {
  kind: string
  hash: Buffer
}

/** The text as an identity of each kind; kinds of which it can be none are left out. */
export async function identitiesOf(database: DataSource, text: string): Promise<IdentityKey[]> {
  const kinds = await database.getRepository(IdentityKindRow).find()
  return kinds.flatMap(({ kind, normalization }) => {
    const value = normalizeIdentity(normalization, text)
    return value === null ? [] : [{ kind, hash: hashOf(value) }]
  })
}

/**
 * The id of the profile that is known by this value; null when nobody is, or when the value is one that identifies nobody. Throws
 * UNKNOWN_IDENTITY_KIND.
 */
export async function findProfileId(database: DataSource, kind: string, value: string): Promise<string | null> {
  // Kinds are ASCII, and the database does not compare them with anything else.
  const rules = KIND.test(kind) ? await database.getRepository(IdentityKindRow).findOneBy({ kind }) : null
  if (!rules) throw UnknownIdentityKind({ kind: kind.slice(0, 60) }, ['kind'])
  const normalized = normalizeIdentity(rules.normalization, value)
  if (normalized === null) return null
  const identity = await database
    .getRepository(ProfileIdentity)
    .findOneBy({ kind: rules.kind, valueHash: hashOf(normalized) })
  return identity?.profileId ?? null
}

function hashOf(value: string): Buffer {
  return createHash('sha256').update(value).digest()
}
