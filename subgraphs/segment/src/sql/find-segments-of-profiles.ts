// Which segments profiles are in.
import { toBytes, toId } from '@segue/database'
import type { DataSource } from 'typeorm'
import { findCanonicalIds } from './alias-family.js'

/**
 * Segment ids by profile id, each once, in no order; profiles in none are absent. Two statements however many profiles. Index:
 * segment_membership(profile_id), which carries the segment; the second half goes through profile_alias(profile_id).
 */
export async function findSegmentsOfProfiles(
  database: DataSource,
  profileIds: readonly string[],
): Promise<Map<string, readonly string[]>> {
  const canonical = await findCanonicalIds(database, profileIds)
  const owners = [...new Set(canonical.values())]
  const slots = owners.map(() => '?').join(',')
  // UNION, not UNION ALL: a profile and its alias may both still be members.
  const rows: { profile_id: Buffer; segment_id: Buffer }[] = await database.query(
    `SELECT m.profile_id, m.segment_id FROM segment_membership m WHERE m.profile_id IN (${slots})
     UNION
     SELECT a.profile_id, m.segment_id FROM profile_alias a JOIN segment_membership m ON m.profile_id = a.alias_id
      WHERE a.profile_id IN (${slots})`,
    [...owners, ...owners].map(toBytes),
  )
  const byOwner = new Map<string, string[]>()
  for (const row of rows) {
    const owner = toId(row.profile_id)
    byOwner.set(owner, [...(byOwner.get(owner) ?? []), toId(row.segment_id)])
  }
  return new Map(profileIds.map((id) => [id, byOwner.get(canonical.get(id) ?? id) ?? []]))
}
