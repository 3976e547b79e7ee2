// Pages of many profiles' sessions in one statement.
import { idsHoldingRows, resolveAliases, toBytes, toId, type Database } from '@segue/database'

/** A session's place in its profile's list. */
export interface SessionPosition {
  startedAt: Date
  id: string
}

/** A page that somebody asks for. */
export interface SessionRequest {
  profileId: string
  limit: number
  /** The newest come first; true: the oldest. */
  oldestFirst: boolean
  /** The last session of the page before, in that order. */
  after?: SessionPosition | undefined
}

/**
 * The page of each request, in the order given, in three statements. Index: session(profile_id, started_at), whose entries end with the
 * id, read only as far as the page goes.
 */
export async function sessionPages(
  database: Database,
  requests: readonly SessionRequest[],
): Promise<SessionPosition[][]> {
  const pages: SessionPosition[][] = requests.map(() => [])
  if (requests.length === 0) return pages
  const profileIds = await resolveAliases(
    database,
    requests.map((request) => request.profileId),
  )
  const holders = await idsHoldingRows(database, profileIds)
  const selects = requests.flatMap((request, index) =>
    (holders.get(profileIds[index] ?? '') ?? []).map((id) => selectPage(request, index, id)),
  )
  const rows = await database.query<{ request: number; started_at: Date; id: Buffer }[]>(
    selects.map((select) => `(${select.sql})`).join('\nUNION ALL\n'),
    selects.flatMap((select) => select.parameters),
  )
  for (const row of rows) pages[Number(row.request)]?.push({ startedAt: row.started_at, id: toId(row.id) })
  return pages.map((page, index) => {
    const { oldestFirst, limit } = requests[index] ?? {}
    return page.sort((a, b) => (oldestFirst ? compare(a, b) : compare(b, a))).slice(0, limit)
  })
}

function selectPage(
  { oldestFirst, after, limit }: SessionRequest,
  index: number,
  profileId: string,
): { sql: string; parameters: unknown[] } {
  const [beyond, direction] = oldestFirst ? ['>', 'ASC'] : ['<', 'DESC']
  const rest = after ? `AND started_at ${beyond}= ? AND (started_at ${beyond} ? OR id ${beyond} ?)` : ''
  return {
    sql: `SELECT ${index} AS request, started_at, id FROM session
           WHERE profile_id = ? ${rest} ORDER BY started_at ${direction}, id ${direction} LIMIT ?`,
    parameters: [toBytes(profileId), ...(after ? [after.startedAt, after.startedAt, toBytes(after.id)] : []), limit],
  }
}

function compare(a: SessionPosition, b: SessionPosition): number {
  return a.startedAt.getTime() - b.startedAt.getTime() || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}
