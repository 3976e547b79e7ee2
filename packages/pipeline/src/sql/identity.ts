// Writes of identities.
import type { Connection } from 'mysql2/promise'
import { surviving, type WorkingIdentity, type WorkingProfile } from '../batch.js'
import { insertRows, type Cell, type InsertStatement } from './insert-rows.js'

const NEW_IDENTITIES: InsertStatement = {
  into: 'profile_identity',
  columns: [
    'kind',
    'value_hash',
    'value',
    'profile_id',
    'original_profile_id',
    'source_id',
    'first_seen_at',
    'claimed_at',
    'joins',
  ],
}

const KNOWN_IDENTITIES: InsertStatement = {
  ...NEW_IDENTITIES,
  then: `ON DUPLICATE KEY UPDATE profile_id = VALUES(profile_id), first_seen_at = VALUES(first_seen_at), claimed_at = VALUES(claimed_at),
    joins = VALUES(joins)`,
}

/**
 * Stores new and changed identities, sorted by key as all writers do. Index: primary key, the only unique one. New ones are inserted plainly: if
 * somebody else was faster the duplicate key makes the batch start over with that owner. Owners of existing ones are locked.
 */
export async function upsertIdentities(
  tx: Connection,
  identities: (WorkingIdentity & { owner: WorkingProfile })[],
): Promise<void> {
  const sorted = identities.toSorted((a, b) =>
    a.kind === b.kind ? Buffer.compare(a.hash, b.hash) : a.kind < b.kind ? -1 : 1,
  )
  const fresh = sorted.filter((identity) => identity.isNew)
  const known = sorted.filter((identity) => !identity.isNew)
  await insertRows(tx, NEW_IDENTITIES, fresh.map(identityRow))
  await insertRows(tx, KNOWN_IDENTITIES, known.map(identityRow))
}

function identityRow(identity: WorkingIdentity & { owner: WorkingProfile }): Cell[] {
  const owner = surviving(identity.owner).bytes
  return [
    identity.kind,
    identity.hash,
    identity.value,
    owner,
    identity.original ?? owner,
    identity.sourceId,
    new Date(identity.firstSeenAt),
    new Date(identity.claimedAt),
    Math.min(identity.joins, 65535),
  ]
}
