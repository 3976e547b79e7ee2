// A page of the profiles in a segment.
import { toBytes, toId } from '@segue/database'
import { sqlPage, type Connection, type ConnectionArgs, type Keyset } from '@segue/graphql'
import type { DataSource } from 'typeorm'

export interface Member {
  /** The canonical profile. */
  id: string
  enteredAt: Date
  /** The id in the row, by which pages are cut: a merge that moves the row while somebody pages leaves the others where they are. */
  rowId: string
}

const BY_ROW: Keyset<Member> = { keys: [{ column: 'm.profile_id', kind: 'id', of: (member) => member.rowId }] }

/**
 * Members by id. Index: primary key of segment_membership. A row that names a retired id shows its canonical profile, unless that, or an
 * earlier alias of it, is a member itself; the sub-queries run only for such rows.
 */
export async function findMembers(
  database: DataSource,
  segmentId: string,
  args: ConnectionArgs,
): Promise<Connection<Member>> {
  const page = sqlPage(BY_ROW, args)
  const rows: { row_id: Buffer; profile_id: Buffer; entered_at: Date }[] = await database.query(
    `SELECT m.profile_id AS row_id, COALESCE(a.profile_id, m.profile_id) AS profile_id, m.entered_at
       FROM segment_membership m LEFT JOIN profile_alias a ON a.alias_id = m.profile_id
      WHERE m.segment_id = ? AND ${page.condition}
        AND (a.alias_id IS NULL OR (
          NOT EXISTS (SELECT 1 FROM segment_membership c WHERE c.segment_id = m.segment_id AND c.profile_id = a.profile_id)
          AND NOT EXISTS (SELECT 1 FROM profile_alias b JOIN segment_membership d ON d.profile_id = b.alias_id
                           WHERE b.profile_id = a.profile_id AND b.alias_id < a.alias_id AND d.segment_id = m.segment_id)))
      ORDER BY ${page.order} LIMIT ${page.limit}`,
    [toBytes(segmentId), ...page.values],
  )
  return page.connection(
    rows.map((row) => ({ id: toId(row.profile_id), enteredAt: row.entered_at, rowId: toId(row.row_id) })),
  )
}
