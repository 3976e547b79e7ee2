// The fields that people marked as personal.
import type { Database } from './resolve-aliases.js'

/** All marked paths. A table of some dozens of rows, read whole. */
export async function markedPersonalFields(database: Database): Promise<string[]> {
  const rows = await database.query<{ path: string }[]>('SELECT path FROM personal_field')
  return rows.map((row) => row.path)
}
