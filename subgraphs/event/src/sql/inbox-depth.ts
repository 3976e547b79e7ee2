// How many events wait in each partition of the inbox, and since when.
import type { Database } from '@segue/database'
import { INBOX_PARTITIONS } from '@segue/event-model'

/** Most rows counted a partition: enough to see that the workers fall behind; all partitions together take a third of a second at most. */
const MOST_COUNTED = 20_000

export interface PartitionDepth {
  partition: number
  /** Rows that wait, at most `MOST_COUNTED`. */
  waiting: number
  /** Whether `waiting` is all of them. */
  exact: boolean
  /** When the oldest that waits was received; null when none does. */
  oldestReceivedAt: Date | null
}

/** All partitions in one statement. Index: the primary key, whose order within a partition is that of receipt. */
export async function inboxDepth(database: Database): Promise<PartitionDepth[]> {
  const partitions = Array.from({ length: INBOX_PARTITIONS }, (_, partition) => partition)
  const rows = await database.query<{ partition_no: number; waiting: string | number; oldest: Date | null }[]>(
    partitions
      .map(
        (partition) =>
          `SELECT ${partition} AS partition_no,
                  (SELECT COUNT(*) FROM (SELECT 1 FROM inbox WHERE partition_no = ${partition} LIMIT ${MOST_COUNTED + 1}) AS bounded) AS waiting,
                  (SELECT received_at FROM inbox WHERE partition_no = ${partition} ORDER BY id LIMIT 1) AS oldest`,
      )
      .join(' UNION ALL '),
  )
  return rows.map(({ partition_no, waiting, oldest }) => ({
    partition: Number(partition_no),
    waiting: Math.min(Number(waiting), MOST_COUNTED),
    exact: Number(waiting) <= MOST_COUNTED,
    oldestReceivedAt: oldest,
  }))
}
