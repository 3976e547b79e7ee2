// Everything that can be wrong with a workflow before it runs.

export const WORKFLOW_PROBLEM_CODES = {
  BAD_GRAPH: 'The graph has not the shape of one: nodes with id, type, config, and edges with from, port, to.',
  DUPLICATE_NODE: 'Two nodes have the same id.',
  UNKNOWN_NODE_TYPE: 'There is no node of this type.',
  BAD_CONFIG: 'The configuration of a node is wrong; `path` says where.',
  START_MISSING: 'No node begins the workflow.',
  MISSING_NODE: 'An edge comes from or leads to a node that is not there.',
  UNKNOWN_PORT: 'An edge leaves through a port that its node does not have.',
  DUPLICATE_EDGE: 'The same edge is there twice.',
  CYCLE: 'The edges lead in a circle in which no node waits, so a run would never end.',
  JOIN_IN_CYCLE:
    'A node that waits for its branches lies in a circle, so it cannot tell which of them are still to come.',
  UNREACHABLE_NODE: 'No way leads from a start to this node.',
  BAD_SETTINGS: 'A setting of the workflow is wrong; `path` says where.',
  BAD_NODE_MAP: 'The map for runs that follow the live version names a node that is not there.',
} as const

/** One thing that is wrong with a workflow, and where. */
export interface WorkflowProblem {
  code: keyof typeof WORKFLOW_PROBLEM_CODES
  /** What is wrong and what to do, as a sentence. */
  message: string
  /** The node that the page should mark; absent when no single node is meant. */
  nodeId?: string
  port?: string
  /**
   * Where in the node's configuration, such as `fields.0.value`; for BAD_GRAPH, BAD_SETTINGS and BAD_NODE_MAP in the
   * graph, such as `settings.exits.0.condition`.
   */
  path?: string
}
