// Pages of the profiles in segments.
import { toBytes, toId, type Database } from '@segue/database'
import type { Keyset, SqlPage } from '@segue/graphql'

export interface Member {
  /** The canonical profile. */
  id: string
  enteredAt: Date
  /** The id in the row, by which pages are cut: a merge that moves the row while somebody pages leaves the others where they are. */
  rowId: string
}

/** The order of a segment's members. */
export const BY_ROW: Keyset<Member> = { keys: [{ column: 'm.profile_id', kind: 'id', of: (member) => member.rowId }] }

/** Which members of a segment somebody asks for: a page of `BY_ROW`. */
export interface MemberPageRequest {
  segmentId: string
  page: Pick<SqlPage<Member>, 'condition' | 'values' | 'order' | 'limit'>
}

/**
 * The members of each page, by id, in one statement. Index: primary key of segment_membership, read until the page is full. A row that names a retired id
 * shows its canonical profile, unless that, or an earlier alias of it, is a member itself; the sub-queries run only for such rows.
 */
export async function memberPages(database: Database, requests: readonly MemberPageRequest[]): Promise<Member[][]> {
  const pages: Member[][] = requests.map(() => [])
  const rows = await database.query<{ request: number; row_id: Buffer; profile_id: Buffer; entered_at: Date }[]>(
    requests
      .map(
        ({ page }, index) =>
          `(SELECT ${index} AS request, m.profile_id AS row_id, COALESCE(a.profile_id, m.profile_id) AS profile_id, m.entered_at
              FROM segment_membership m LEFT JOIN profile_alias a ON a.alias_id = m.profile_id
             WHERE m.segment_id = ? AND ${page.condition}
               AND (a.alias_id IS NULL OR (
                 NOT EXISTS (SELECT 1 FROM segment_membership c WHERE c.segment_id = m.segment_id AND c.profile_id = a.profile_id)
                 AND NOT EXISTS (SELECT 1 FROM profile_alias b JOIN segment_membership d ON d.profile_id = b.alias_id
                                  WHERE b.profile_id = a.profile_id AND b.alias_id < a.alias_id AND d.segment_id = m.segment_id)))
             ORDER BY ${page.order} LIMIT ?)`,
      )
      .join('\nUNION ALL\n'),
    requests.flatMap(({ segmentId, page }) => [toBytes(segmentId), ...page.values, page.limit]),
  )
  for (const { request, row_id, profile_id, entered_at } of rows) {
    pages[Number(request)]?.push({ id: toId(profile_id), enteredAt: entered_at, rowId: toId(row_id) })
  }
  return pages
}
