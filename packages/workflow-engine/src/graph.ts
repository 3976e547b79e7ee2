// A workflow as it is stored and edited: nodes and the edges between their ports.
import { z } from 'zod'

/** Larger workflows cannot be read by people; split them. */
const MAX_NODES = 500
const MAX_EDGES = 2_000

const name = z.string().min(1).max(100)

export const graphSchema = z.object({
  nodes: z
    .array(
      z.object({
        id: name,
        type: name,
        /** As the node's own schema wants it. */
        config: z.record(z.string(), z.unknown()).default({}),
        /** Where the page draws it; nothing else depends on it. */
        position: z.object({ x: z.number(), y: z.number() }).optional(),
      }),
    )
    .max(MAX_NODES),
  edges: z.array(z.object({ from: name, port: name, to: name })).max(MAX_EDGES),
})

/** A parsed graph. */
export type WorkflowGraph = z.output<typeof graphSchema>
export type GraphNode = WorkflowGraph['nodes'][number]
export type GraphEdge = WorkflowGraph['edges'][number]
