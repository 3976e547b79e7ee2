// Profiles that merged: a membership may still name an id that a merge retired.
import { toBytes, toId } from '@segue/database'
import type { DataSource, EntityManager } from 'typeorm'

/**
 * For each of `ids` the canonical profile: itself, or what a merge made of it. Index: primary key of profile_alias. Aliases name the canonical
 * profile directly, there are no chains.
 */
export async function findCanonicalIds(
  database: DataSource | EntityManager,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const canonical = new Map(ids.map((id) => [id, id]))
  if (ids.length === 0) return canonical
  const rows: { alias_id: Buffer; profile_id: Buffer }[] = await database.query(
    `SELECT alias_id, profile_id FROM profile_alias WHERE alias_id IN (${ids.map(() => '?').join(',')})`,
    ids.map(toBytes),
  )
  for (const row of rows) canonical.set(toId(row.alias_id), toId(row.profile_id))
  return canonical
}

/** Every id that stands for one of the profiles `ids` belong to: canonical ids and all their aliases. Index: profile_alias(profile_id). */
export async function findAliasFamily(database: DataSource | EntityManager, ids: readonly string[]): Promise<string[]> {
  const canonical = [...new Set((await findCanonicalIds(database, ids)).values())]
  if (canonical.length === 0) return []
  const rows: { alias_id: Buffer }[] = await database.query(
    `SELECT alias_id FROM profile_alias WHERE profile_id IN (${canonical.map(() => '?').join(',')})`,
    canonical.map(toBytes),
  )
  return [...canonical, ...rows.map((row) => toId(row.alias_id))]
}
