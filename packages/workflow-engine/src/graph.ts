// A workflow as it is stored and edited: nodes, the edges between their ports, and settings.
import { z } from 'zod'
import { isForbiddenName } from './paths.js'
import { settingsSchema } from './settings.js'

/** Larger workflows cannot be read by people; split them. */
const MAX_NODES = 500
const MAX_EDGES = 2_000

const name = z.string().min(1).max(100)

export const graphSchema = z.object({
  nodes: z
    .array(
      z.object({
        id: name.refine((id) => !isForbiddenName(id), 'This cannot be the name of a node.'),
        type: name,
        /** As the node's own schema wants it. */
        config: z.record(z.string(), z.unknown()).default({}),
        /** Where the page draws it; nothing else depends on it. */
        position: z.object({ x: z.number(), y: z.number() }).optional(),
      }),
    )
    .max(MAX_NODES),
  edges: z.array(z.object({ from: name, port: name, to: name })).max(MAX_EDGES),
  settings: settingsSchema.prefault({}),
})

/** A parsed graph. */
export type WorkflowGraph = z.output<typeof graphSchema>
export type GraphNode = WorkflowGraph['nodes'][number]
export type GraphEdge = WorkflowGraph['edges'][number]
