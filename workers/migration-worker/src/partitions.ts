// Keeps the partitions of events, runs, activity and the audit: some months ahead, none past the retention.
import type { Connection } from 'mysql2/promise'
import { PARTITIONED_TABLES, monthOf, monthOfPartition, type Month, type Retention } from './months.js'
import { addPartitions, dropPartitions, selectPartitions } from './sql/partition.js'

/** Months ahead: this worker may stand still that long before rows land in the open last partition (where they are safe, only harder to drop). */
const AHEAD = 3

/** What was done, for the log. */
export interface PartitionChanges {
  added: string[]
  dropped: string[]
}

/** Adds what is missing and drops what is past the `retention`'s whole months before `now`. Two at once are kept apart by the caller's lock. */
export async function keepPartitions(
  connection: Connection,
  now: number,
  retention: Retention,
): Promise<PartitionChanges> {
  const changes: PartitionChanges = { added: [], dropped: [] }
  const current = monthOf(now)
  for (const [table, kept] of Object.entries(PARTITIONED_TABLES)) {
    const keep = retention[kept]
    const months = (await selectPartitions(connection, table)).flatMap((name) => monthOfPartition(name) ?? [])
    const missing = monthsToAdd(months, current)
    if (missing.length > 0) await addPartitions(connection, table, missing)
    const expired = keep === undefined ? [] : months.filter((month) => month < current - keep)
    if (expired.length > 0) await dropPartitions(connection, table, expired)
    changes.added.push(...missing.map((month) => `${table} ${month}`))
    changes.dropped.push(...expired.map((month) => `${table} ${month}`))
  }
  return changes
}

/** Partitions can only be added after the last one. The first of a new table holds everything older, too. */
function monthsToAdd(existing: Month[], current: Month): Month[] {
  const first = existing.length === 0 ? current : Math.max(...existing) + 1
  return Array.from({ length: Math.max(0, current + AHEAD - first + 1) }, (_, i) => first + i)
}
