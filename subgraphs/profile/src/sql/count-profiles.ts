// How many profiles meet a filter, without reading more than a bound.
import type { Database } from '@segue/database'
import { profileConditions, type ProfileConditions } from './profile-conditions.js'

/** Most profiles a count looks at: a million take about a second. */
const MOST_COUNTED = 1_000_000

/**
 * The number of profiles that meet the filter among the first `bound`; `exact` says that there are no more. Indexes: the smallest one when
 * nothing restricts, by_email and by_phone for those two, else the primary key.
 */
export async function countProfiles(
  database: Database,
  filter: ProfileConditions,
  bound = MOST_COUNTED,
): Promise<{ value: number; exact: boolean }> {
  const { sql, parameters } = profileConditions(filter)
  const matches = sql.length > 0 ? sql.join(' AND ') : 'TRUE'
  const [row] = await database.query<{ matching: string | number | null; counted: string | number }[]>(
    `SELECT SUM(matching) AS matching, COUNT(*) AS counted FROM (SELECT (${matches}) AS matching FROM profile p LIMIT ?) AS bounded`,
    [...parameters, bound + 1],
  )
  const exact = Number(row?.counted ?? 0) <= bound
  return { value: Math.min(Number(row?.matching ?? 0), bound), exact }
}
