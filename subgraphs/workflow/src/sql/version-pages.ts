// The latest versions of many workflows in one statement.
import { toBytes, toId, type Database, type WorkflowVersion } from '@segue/database'

/** Which versions of a workflow somebody asks for, the latest first. */
export interface VersionRequest {
  workflowId: string
  limit: number
  /** Only versions before this one. */
  before?: number | undefined
}

interface VersionRow {
  request: number
  workflow_id: Buffer
  version: number
  /** Text on MariaDB, parsed on MySQL. */
  graph: string | WorkflowVersion['graph']
  created_at: Date
  created_by: Buffer | null
}

/** The versions of each request, in the order given. Index: the primary key, read backwards and only as far as the page goes. */
export async function versionPages(
  database: Database,
  requests: readonly VersionRequest[],
): Promise<WorkflowVersion[][]> {
  const pages: WorkflowVersion[][] = requests.map(() => [])
  if (requests.length === 0) return pages
  const rows = await database.query<VersionRow[]>(
    requests
      .map(
        ({ before }, index) =>
          `(SELECT ${index} AS request, workflow_id, version, graph, created_at, created_by FROM workflow_version
             WHERE workflow_id = ? ${before === undefined ? '' : 'AND version < ?'} ORDER BY version DESC LIMIT ?)`,
      )
      .join('\nUNION ALL\n'),
    requests.flatMap(({ workflowId, before, limit }) => [
      toBytes(workflowId),
      ...(before === undefined ? [] : [before]),
      limit,
    ]),
  )
  for (const row of rows) {
    pages[Number(row.request)]?.push({
      workflowId: toId(row.workflow_id),
      version: row.version,
      graph: typeof row.graph === 'string' ? JSON.parse(row.graph) : row.graph,
      createdAt: row.created_at,
      createdBy: row.created_by && toId(row.created_by),
    })
  }
  return pages.map((page) => page.sort((a, b) => b.version - a.version))
}
