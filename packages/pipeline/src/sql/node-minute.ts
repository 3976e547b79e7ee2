// Counts of what nodes and runs did, by minute.
import type { Connection } from 'mysql2/promise'
import { insertRows, type Cell, type InsertStatement } from './insert-rows.js'

export interface MinuteCount {
  workflowId: Buffer
  version: number
  nodeId: string
  entered: number
  failed: number
}

const COUNTS: InsertStatement = {
  into: 'node_minute',
  columns: ['workflow_id', 'minute', 'version', 'node_id', 'shard', 'entered', 'failed'],
  then: 'ON DUPLICATE KEY UPDATE entered = entered + VALUES(entered), failed = failed + VALUES(failed)',
}

/**
 * Adds counts to the minute of `now`. Index: primary key, the only unique one, in whose order the rows are written; two that write at once have
 * different shards nearly always, else the second waits for the first's commit.
 */
export async function addCounts(tx: Connection, counts: MinuteCount[], now: number, shard: number): Promise<void> {
  const minute = new Date(now - (now % 60_000))
  const sorted = counts.toSorted(
    (a, b) => Buffer.compare(a.workflowId, b.workflowId) || a.version - b.version || (a.nodeId < b.nodeId ? -1 : 1),
  )
  await insertRows(
    tx,
    COUNTS,
    sorted.map((row): Cell[] => [row.workflowId, minute, row.version, row.nodeId, shard, row.entered, row.failed]),
  )
}
