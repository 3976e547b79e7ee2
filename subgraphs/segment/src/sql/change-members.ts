// Puts profiles into a segment and takes them out, many in one statement.
import { SegmentMembership, toBytes } from '@segue/database'
import { In, type EntityManager } from 'typeorm'
import { findAliasFamily, findCanonicalIds } from './alias-family.js'

/**
 * Adds profiles, retired ids as their canonical profile; those that are members already stay as they are. Returns how many were added. Index:
 * primary key; two callers that add the same profile meet there and one adds nothing (INSERT IGNORE).
 */
export async function addMembers(
  transaction: EntityManager,
  segmentId: string,
  profileIds: readonly string[],
): Promise<number> {
  // In key order, so that two callers lock rows in the same order.
  const ids = [...new Set((await findCanonicalIds(transaction, profileIds)).values())].sort()
  if (ids.length === 0) return 0
  const segment = toBytes(segmentId)
  const result: { affectedRows: number } = await transaction.query(
    `INSERT IGNORE INTO segment_membership (segment_id, profile_id, original_profile_id, entered_at)
     VALUES ${ids.map(() => '(?, ?, ?, UTC_TIMESTAMP(3))').join(',')}`,
    ids.map(toBytes).flatMap((id) => [segment, id, id]),
  )
  return result.affectedRows
}

/** Removes profiles under every id they have or had. Returns how many rows were removed. Index: primary key. */
export async function removeMembers(
  transaction: EntityManager,
  segmentId: string,
  profileIds: readonly string[],
): Promise<number> {
  const ids = await findAliasFamily(transaction, profileIds)
  if (ids.length === 0) return 0
  const { affected } = await transaction.getRepository(SegmentMembership).delete({ segmentId, profileId: In(ids) })
  return affected ?? 0
}
