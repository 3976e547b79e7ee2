// What nodes and runs did, added up by steps of time.
import { toBytes, type Database } from '@segue/database'

export const STEPS = ['MINUTE', 'HOUR', 'DAY'] as const
export type ActivityStep = (typeof STEPS)[number]

/** Rows of a workflow: steps times nodes times versions. What is more is for a shorter time or longer steps. */
export const MOST_ROWS = 20_000

export interface ActivityRequest {
  workflowId: string
  from: Date
  to: Date
  version: number | null
  /** null: all of the time as one. */
  every: ActivityStep | null
}

export interface ActivityRow {
  at: Date
  version: number
  /** A node, or `@…` of the runs. */
  nodeId: string
  entered: number
  failed: number
}

/** How steps begin, in UTC; whole minutes are what is kept. */
const BEGINNINGS: Record<ActivityStep, string> = {
  MINUTE: 'minute',
  HOUR: `DATE_FORMAT(minute, '%Y-%m-%d %H:00:00')`,
  DAY: `DATE_FORMAT(minute, '%Y-%m-%d 00:00:00')`,
}

/**
 * The counts of many workflows, at most `limit` rows of each. Index: the primary key, a range of each workflow's minutes. A minute is counted when it begins within the time.
 */
export async function nodeCounts(
  database: Database,
  requests: readonly ActivityRequest[],
  limit: number,
): Promise<ActivityRow[][]> {
  const found: ActivityRow[][] = requests.map(() => [])
  if (requests.length === 0) return found
  const rows = await database.query<
    { request: number; at: Date | string; version: number; node_id: string; entered: string; failed: string }[]
  >(
    requests
      .map(({ every, version }, index) => {
        const at = every === null ? 'MIN(minute)' : BEGINNINGS[every]
        return `(SELECT ${index} AS request, CAST(${at} AS DATETIME) AS at, version, node_id, SUM(entered) AS entered, SUM(failed) AS failed
           FROM node_minute WHERE workflow_id = ? AND minute >= ? AND minute < ? ${version === null ? '' : 'AND version = ?'}
          GROUP BY ${every === null ? '' : 'at, '}version, node_id LIMIT ?)`
      })
      .join('\nUNION ALL\n'),
    requests.flatMap(({ workflowId, from, to, version }) => [
      toBytes(workflowId),
      from,
      to,
      ...(version === null ? [] : [version]),
      limit,
    ]),
  )
  for (const { request, at, version, node_id, entered, failed } of rows) {
    found[Number(request)]?.push({
      at: new Date(at),
      version: Number(version),
      nodeId: node_id,
      entered: Number(entered),
      failed: Number(failed),
    })
  }
  return found
}
