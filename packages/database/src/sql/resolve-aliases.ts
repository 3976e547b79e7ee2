// Merged profiles: the canonical id behind an alias, and the aliases whose rows a merge has not moved yet.
import { toBytes, toId } from '../identifier.js'

/** What runs a statement: a TypeORM data source, or the entity manager of a transaction. */
export interface Database {
  query<Rows>(sql: string, parameters?: unknown[]): Promise<Rows>
}

interface AliasRow {
  alias_id: Buffer
  profile_id: Buffer
}

/**
 * The canonical id of each profile id, in the order given; an id that is no alias is its own. Merges keep `profile_alias` flat (an alias
 * never points at another), so one look-up by primary key is enough.
 */
export async function resolveAliases(database: Database, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await database.query<AliasRow[]>(
    'SELECT alias_id, profile_id FROM profile_alias WHERE alias_id IN (?)',
    [ids.map(toBytes)],
  )
  const canonical = new Map(rows.map((row) => [toId(row.alias_id), toId(row.profile_id)]))
  return ids.map((id) => canonical.get(id.toLowerCase()) ?? id.toLowerCase())
}

/**
 * For each canonical profile id all ids under which its events, runs and activity may lie: itself and the aliases that are still being
 * moved. Index: profile_alias(profile_id), then profile_move's primary key; nearly always empty. Ask this before the rows: a
 * move that ends in between has then put them under the canonical id, which is asked too.
 */
export async function idsHoldingRows(
  database: Database,
  profileIds: readonly string[],
): Promise<Map<string, string[]>> {
  const ids = new Map(profileIds.map((id) => [id, [id]]))
  if (ids.size === 0) return ids
  const rows = await database.query<AliasRow[]>(
    `SELECT a.alias_id, a.profile_id
       FROM profile_alias a JOIN profile_move m ON m.alias_id = a.alias_id
      WHERE a.profile_id IN (?)`,
    [[...ids.keys()].map(toBytes)],
  )
  for (const row of rows) ids.get(toId(row.profile_id))?.push(toId(row.alias_id))
  return ids
}
