// Forgets mutations that clients gave an id, once they are past their time.
import type { Connection, ResultSetHeader } from 'mysql2/promise'

/** Rows a statement: some have a workflow's graph in them, so fewer than of small rows. */
const CHUNK = 500

/** Deletes one chunk of mutations older than `hours`. Returns whether there may be more. Index: expiry. One that is claimed anew meanwhile stays: it is young then. */
export async function deleteOldMutationRequests(connection: Connection, hours: number): Promise<boolean> {
  const [result] = await connection.query<ResultSetHeader>(
    'DELETE FROM mutation_request WHERE created_at < UTC_TIMESTAMP(3) - INTERVAL ? HOUR LIMIT ?',
    [hours, CHUNK],
  )
  return result.affectedRows === CHUNK
}
