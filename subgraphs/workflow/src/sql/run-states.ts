// What runs go on from: of those that wait, and of those that failed.
import { toBytes, toId, type Database } from '@segue/database'
import type { RunState } from '@segue/workflow-engine'

/** The states of runs, those that have one. Primary key. */
export async function runStates(database: Database, runIds: readonly string[]): Promise<Map<string, RunState>> {
  if (runIds.length === 0) return new Map()
  const rows = await database.query<{ run_id: Buffer; body: Buffer }[]>(
    'SELECT run_id, body FROM run_state WHERE run_id IN (?)',
    [runIds.map(toBytes)],
  )
  return new Map(rows.map(({ run_id, body }) => [toId(run_id), JSON.parse(body.toString()) as RunState]))
}
