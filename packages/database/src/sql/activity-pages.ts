// Pages of many profiles' activity in one statement: what timelines, events of profiles and runs of profiles are read from.
import { toBytes, toId } from '../identifier.js'
import { idsHoldingRows, resolveAliases, type Database } from './resolve-aliases.js'

/** One thing that happened to a profile. */
export interface ActivityEntry {
  at: Date
  kind: 'event' | 'run'
  /** The event's or the run's id. */
  ref: string
}

/** A page that somebody asks for. */
export interface ActivityRequest {
  /** A profile's id, or an alias. */
  profileId: string
  /** How many entries; ask for one more than the page holds to learn whether another follows. */
  limit: number
  /** Only this kind; absent: both. */
  kind?: 'event' | 'run' | undefined
  /** Only from this moment on. */
  from?: Date | undefined
  /** Only up to this moment. */
  to?: Date | undefined
  /** Only events like this. */
  event?: { type?: string | undefined; sourceId?: string | undefined; valid?: boolean | undefined } | undefined
  /** The newest come first; true: the oldest. */
  oldestFirst?: boolean | undefined
  /** The last entry of the page before, in that order. */
  after?: ActivityEntry | undefined
}

interface ActivityRow {
  request: number
  at: Date
  kind: 'event' | 'run'
  ref: Buffer
}

/**
 * The page of each request, in the order given: three statements however many are asked. Index: activity's primary key, read backwards
 * and only as far as the page goes, once for each profile (LATERAL would say the same, but MariaDB has none). What arrives meanwhile sorts by
 * its own time, so a page never repeats an entry.
 */
export async function activityPages(
  database: Database,
  requests: readonly ActivityRequest[],
): Promise<ActivityEntry[][]> {
  const pages: ActivityEntry[][] = requests.map(() => [])
  if (requests.length === 0) return pages
  const profileIds = await resolveAliases(
    database,
    requests.map((request) => request.profileId),
  )
  const holders = await idsHoldingRows(database, profileIds)
  const selects = requests.flatMap((request, index) =>
    (holders.get(profileIds[index] ?? '') ?? []).map((id) => selectPage(request, index, id)),
  )
  const rows = await database.query<ActivityRow[]>(
    selects.map((select) => `(${select.sql})`).join('\nUNION ALL\n'),
    selects.flatMap((select) => select.parameters),
  )
  for (const { request, at, kind, ref } of rows) pages[Number(request)]?.push({ at, kind, ref: toId(ref) })
  return pages.map((page, index) => {
    const { oldestFirst, limit } = requests[index] ?? {}
    return page.sort((a, b) => (oldestFirst ? compare(a, b) : compare(b, a))).slice(0, limit)
  })
}

/** One profile's page under one of its ids, in the order of the primary key or backwards. */
function selectPage(
  { kind, from, to, event = {}, oldestFirst, after, limit }: ActivityRequest,
  index: number,
  profileId: string,
): { sql: string; parameters: unknown[] } {
  const joins: string[] = []
  const conditions = ['a.profile_id = ?']
  const parameters: unknown[] = [toBytes(profileId)]
  const only = (condition: string, ...values: unknown[]): void => {
    conditions.push(condition)
    parameters.push(...values)
  }
  if (kind) only('a.kind = ?', kind)
  if (from) only('a.at >= ?', from)
  if (to) only('a.at <= ?', to)
  if (event.type !== undefined) only('e.type = ?', event.type)
  if (event.sourceId !== undefined) only('e.source_id = ?', event.sourceId)
  if (event.valid !== undefined) only('e.valid = ?', event.valid)
  if (Object.values(event).some((value) => value !== undefined)) joins.push('JOIN event e ON e.id = a.ref')
  const [beyond, direction] = oldestFirst ? ['>', 'ASC'] : ['<', 'DESC']
  if (after) {
    // `at <=` is what the index can use; the rest decides among the entries of that very moment.
    only(`a.at ${beyond}= ? AND (a.at ${beyond} ? OR a.kind ${beyond} ? OR (a.kind = ? AND a.ref ${beyond} ?))`)
    parameters.push(after.at, after.at, after.kind, after.kind, toBytes(after.ref))
  }
  return {
    sql: `SELECT ${index} AS request, a.at, a.kind, a.ref FROM activity a ${joins.join(' ')}
           WHERE ${conditions.join(' AND ')}
           ORDER BY a.at ${direction}, a.kind ${direction}, a.ref ${direction} LIMIT ?`,
    parameters: [...parameters, limit],
  }
}

/** The primary key's order. */
function compare(a: ActivityEntry, b: ActivityEntry): number {
  return a.at.getTime() - b.at.getTime() || order(a.kind, b.kind) || order(a.ref, b.ref)
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
