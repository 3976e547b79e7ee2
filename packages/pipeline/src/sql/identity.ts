// Writes of identities.
import { toBytes } from '@segue/database'
import type { Connection } from 'mysql2/promise'
import { surviving, type WorkingIdentity } from '../batch.js'

/**
 * Stores new and changed identities, sorted by key as all writers do. Index: primary key, the only unique one. New ones are inserted plainly: if
 * somebody else was faster the duplicate key makes the batch start over with that owner. Owners of existing ones are locked.
 */
export async function upsertIdentities(tx: Connection, identities: WorkingIdentity[]): Promise<void> {
  const sorted = identities.toSorted((a, b) =>
    a.kind === b.kind ? Buffer.compare(a.hash, b.hash) : a.kind < b.kind ? -1 : 1,
  )
  const fresh = sorted.filter((identity) => identity.isNew)
  const known = sorted.filter((identity) => !identity.isNew)
  const columns =
    '(kind, value_hash, value, profile_id, original_profile_id, source_id, first_seen_at, claimed_at, joins)'
  if (fresh.length > 0) await tx.query(`INSERT INTO profile_identity ${columns} VALUES ?`, [fresh.map(identityRow)])
  if (known.length === 0) return
  await tx.query(
    `INSERT INTO profile_identity ${columns} VALUES ?
     ON DUPLICATE KEY UPDATE profile_id = VALUES(profile_id), first_seen_at = VALUES(first_seen_at), claimed_at = VALUES(claimed_at),
       joins = VALUES(joins)`,
    [known.map(identityRow)],
  )
}

function identityRow(identity: WorkingIdentity): unknown[] {
  const owner = identity.owner ? surviving(identity.owner).id : ''
  return [
    identity.kind,
    identity.hash,
    identity.value,
    toBytes(owner),
    toBytes(identity.originalProfileId ?? owner),
    identity.sourceId,
    new Date(identity.firstSeenAt),
    new Date(identity.claimedAt),
    Math.min(identity.joins, 65535),
  ]
}
