// How many profiles are in segments.
import { toBytes, toId } from '@segue/database'
import type { DataSource } from 'typeorm'

/**
 * Profiles by segment id; empty segments are absent. A profile whose retired id is still a member counts once. Index: primary key of
 * segment_membership by segment, then the primary key of profile_alias for each member: about 100 ms for 100,000 members.
 */
export async function countMembers(database: DataSource, segmentIds: readonly string[]): Promise<Map<string, number>> {
  const rows: { segment_id: Buffer; members: string | number }[] = await database.query(
    `SELECT m.segment_id, COUNT(DISTINCT COALESCE(a.profile_id, m.profile_id)) AS members
       FROM segment_membership m LEFT JOIN profile_alias a ON a.alias_id = m.profile_id
      WHERE m.segment_id IN (${segmentIds.map(() => '?').join(',')})
      GROUP BY m.segment_id`,
    segmentIds.map(toBytes),
  )
  return new Map(rows.map((row) => [toId(row.segment_id), Number(row.members)]))
}
