// Forgets clients' event ids that are past their window.
import type { Connection, ResultSetHeader } from 'mysql2/promise'

/** Rows a statement: short transactions, so event workers never wait for a clean-up. */
const CHUNK = 5000

/** Deletes one chunk of keys claimed before `before` (seconds). Returns how many there were, and whether there may be more. Index: expiry. */
export async function deleteOldEventKeys(
  connection: Connection,
  before: number,
): Promise<{ count: number; more: boolean }> {
  const [result] = await connection.query<ResultSetHeader>('DELETE FROM event_key WHERE claimed_at < ? LIMIT ?', [
    before,
    CHUNK,
  ])
  return { count: result.affectedRows, more: result.affectedRows === CHUNK }
}
