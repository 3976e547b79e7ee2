// How many events meet a filter, without reading more than a bound.
import { idsHoldingRows, resolveAliases, toBytes, type Database } from '@segue/database'
import { eventConditions, type EventConditions } from './event-conditions.js'

/** Most events a count looks at: a million entries of an index take a third of a second, a million rows some seconds. */
const MOST_COUNTED = 1_000_000

interface CountRow {
  matching: string | number | null
  counted: string | number
}

/**
 * The number of events that meet the filter among the first `bound` looked at; `exact` says that there are no more. Indexes: behaviour when a
 * type is given, activity's primary key when a profile is, else the primary key from `from` on.
 */
export async function countEvents(
  database: Database,
  filter: EventConditions & { profileId?: string | undefined },
  bound = MOST_COUNTED,
): Promise<{ value: number; exact: boolean }> {
  const [row] = await (filter.profileId === undefined
    ? countAll(database, filter, bound)
    : countOfProfile(database, filter.profileId, filter, bound))
  return { value: Math.min(Number(row?.matching ?? 0), bound), exact: Number(row?.counted ?? 0) <= bound }
}

/** What an index finds is bounded; what it does not is counted among that. */
function countAll(
  database: Database,
  { sourceId, valid, ...found }: EventConditions,
  bound: number,
): Promise<CountRow[]> {
  const inside = eventConditions(found)
  const among = eventConditions({ sourceId, valid })
  const where = inside.sql.length > 0 ? `WHERE ${inside.sql.join(' AND ')}` : ''
  return database.query<CountRow[]>(
    `SELECT SUM(matching) AS matching, COUNT(*) AS counted
       FROM (SELECT (${among.sql.join(' AND ') || 'TRUE'}) AS matching
               FROM event e ${found.type === undefined ? '' : 'FORCE INDEX (behaviour)'} ${where} LIMIT ?) AS bounded`,
    [...among.parameters, ...inside.parameters, bound + 1],
  )
}

async function countOfProfile(
  database: Database,
  profileId: string,
  { from, to, ...rest }: EventConditions,
  bound: number,
): Promise<CountRow[]> {
  const [canonical = profileId] = await resolveAliases(database, [profileId])
  const ids = (await idsHoldingRows(database, [canonical])).get(canonical) ?? []
  const { sql, parameters } = eventConditions(rest)
  return database.query<CountRow[]>(
    `SELECT COUNT(*) AS matching, COUNT(*) AS counted
       FROM (SELECT 1 FROM activity a ${sql.length > 0 ? 'JOIN event e ON e.id = a.ref' : ''}
              WHERE a.profile_id IN (?) AND a.kind = 'event'
                ${from ? 'AND a.at >= ?' : ''} ${to ? 'AND a.at <= ?' : ''}
                ${sql.map((condition) => `AND ${condition}`).join(' ')} LIMIT ?) AS bounded`,
    [ids.map(toBytes), ...(from ? [from] : []), ...(to ? [to] : []), ...parameters, bound + 1],
  )
}
