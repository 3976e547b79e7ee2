// Pages of many workflows' runs in one statement.
import { toBytes, toId, type Database } from '@segue/database'
import type { SqlPage } from '@segue/graphql'

/** Which runs of a workflow somebody asks for. */
export interface RunPageRequest {
  workflowId: string
  state: string | null
  version: number | null
  /** A page in the order of ids. */
  page: Pick<SqlPage<{ id: string }>, 'condition' | 'values' | 'order' | 'limit'>
}

/** The ids of each page, in the order given. Index: workflow_run(workflow_id, id), read until the page is full. */
export async function runPages(database: Database, requests: readonly RunPageRequest[]): Promise<{ id: string }[][]> {
  const pages: { id: string }[][] = requests.map(() => [])
  if (requests.length === 0) return pages
  const rows = await database.query<{ request: number; id: Buffer }[]>(
    requests
      .map(
        ({ state, version, page }, index) =>
          `(SELECT ${index} AS request, id FROM workflow_run FORCE INDEX (of_workflow)
             WHERE workflow_id = ? AND ${page.condition} ${state === null ? '' : 'AND state = ?'} ${version === null ? '' : 'AND version = ?'}
             ORDER BY ${page.order} LIMIT ?)`,
      )
      .join('\nUNION ALL\n'),
    requests.flatMap(({ workflowId, state, version, page }) => [
      toBytes(workflowId),
      ...page.values,
      ...(state === null ? [] : [state]),
      ...(version === null ? [] : [version]),
      page.limit,
    ]),
  )
  for (const { request, id } of rows) pages[Number(request)]?.push({ id: toId(id) })
  return pages
}
