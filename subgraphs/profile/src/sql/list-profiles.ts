// A page of profile ids, newest first.
import { toId, type Database } from '@segue/database'
import type { Keyset, SqlPage } from '@segue/graphql'
import { profileConditions, type ProfileConditions } from './profile-conditions.js'

/** The order of the list: ids begin with the time they were minted. */
export const NEWEST_PROFILES: Keyset<{ id: string }> = {
  keys: [{ column: 'p.id', kind: 'id', of: (profile) => profile.id }],
  descending: true,
}

/**
 * The ids of a page of `NEWEST_PROFILES`. Index: the primary key, read until the page is full; a filter that few profiles meet reads
 * further. A profile made meanwhile has a higher id than the cursor's and is on no later page.
 */
export async function listProfiles(
  database: Database,
  filter: ProfileConditions,
  page: SqlPage<{ id: string }>,
): Promise<{ id: string }[]> {
  const { sql, parameters } = profileConditions(filter)
  const rows = await database.query<{ id: Buffer }[]>(
    `SELECT p.id FROM profile p FORCE INDEX (PRIMARY)
      WHERE ${[...sql, page.condition].join(' AND ')} ORDER BY ${page.order} LIMIT ?`,
    [...parameters, ...page.values, page.limit],
  )
  return rows.map((row) => ({ id: toId(row.id) }))
}
