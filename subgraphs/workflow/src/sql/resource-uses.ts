// Which deployed workflows use resources.
import { toId, type Database } from '@segue/database'
import { graphSchema } from '@segue/workflow-engine'

export interface ResourceUse {
  workflowId: string
  name: string
  nodeId: string
}

/**
 * The nodes of live versions that use each resource, in the order given. Looks through all live graphs in one statement: some hundreds, which are rarely asked for. JSON is text on MariaDB,
 * parsed on MySQL.
 */
export async function resourceUses(database: Database, resourceIds: readonly string[]): Promise<ResourceUse[][]> {
  const rows = await database.query<{ id: Buffer; name: string; graph: string | object }[]>(
    `SELECT w.id, w.name, v.graph FROM workflow w
       JOIN workflow_version v ON v.workflow_id = w.id AND v.version = w.live_version
      WHERE w.live_version IS NOT NULL ORDER BY w.name, w.id`,
  )
  const uses = new Map<string, ResourceUse[]>(resourceIds.map((id) => [id, []]))
  for (const { id, name, graph } of rows) {
    const parsed = graphSchema.safeParse(typeof graph === 'string' ? JSON.parse(graph) : graph)
    for (const node of parsed.success ? parsed.data.nodes : []) {
      const resource = node.config['resource']
      if (typeof resource === 'string') uses.get(resource)?.push({ workflowId: toId(id), name, nodeId: node.id })
    }
  }
  return resourceIds.map((id) => uses.get(id) ?? [])
}
