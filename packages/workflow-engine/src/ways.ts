// The ways through a graph: circles, what cannot be reached, and what lies before a node that waits for its branches.
import type { CompiledJoin, CompiledNode } from './compiled-workflow.js'
import type { WorkflowProblem } from './problems.js'

type Nodes = ReadonlyMap<string, CompiledNode>

/** Each edge that leads back to a node on the way to it, with no node that waits between. */
export function cycles(starts: readonly CompiledNode[], nodes: Nodes): WorkflowProblem[] {
  const problems: WorkflowProblem[] = []
  const state = new Map<CompiledNode, 'open' | 'done'>()
  const visit = (node: CompiledNode) => {
    state.set(node, 'open')
    for (const [port, targets] of node.next) {
      for (const target of targets) {
        if (target.definition.waits) continue
        const seen = state.get(target)
        if (seen === undefined) visit(target)
        if (seen !== 'open') continue
        const message = `The edge from ${node.id} leads back to ${target.id} and nothing waits between: a run would never end. Remove it, or put a wait there.`
        problems.push({ code: 'CYCLE', message, nodeId: node.id, port })
      }
    }
    state.set(node, 'done')
  }
  for (const node of [...starts, ...nodes.values()]) if (!node.definition.waits && !state.has(node)) visit(node)
  return problems
}

export function unreachable(starts: readonly CompiledNode[], nodes: Nodes): WorkflowProblem[] {
  const reached = new Set<CompiledNode>(starts)
  // A set may grow while it is gone through.
  for (const node of reached)
    for (const targets of node.next.values()) for (const target of targets) reached.add(target)
  return [...nodes.values()]
    .filter((node) => !reached.has(node))
    .map(({ id }) => ({
      code: 'UNREACHABLE_NODE',
      message: `No way leads from a start to ${id}. Connect or remove it.`,
      nodeId: id,
    }))
}

/** The nodes with an edge to each node. */
export function predecessors(nodes: Nodes): ReadonlyMap<CompiledNode, ReadonlySet<CompiledNode>> {
  const found = new Map([...nodes.values()].map((node) => [node, new Set<CompiledNode>()]))
  for (const node of nodes.values()) {
    for (const targets of node.next.values()) for (const target of targets) found.get(target)?.add(node)
  }
  return found
}

/** What a node that waits for its branches must know; null for other nodes. */
export function findJoin(node: CompiledNode, earlier: ReturnType<typeof predecessors>): CompiledJoin | null {
  // `config` is what this definition's own schema gave.
  const mode = node.definition.joins?.(node.config as never)
  if (!mode) return null
  const from = [...(earlier.get(node) ?? [])]
  const before = new Set(from)
  for (const found of before) for (const one of earlier.get(found) ?? []) before.add(one)
  return { mode, from: from.map(({ id }) => id), before }
}

export function joinsInCycles(nodes: Nodes): WorkflowProblem[] {
  return [...nodes.values()]
    .filter((node) => node.join?.before.has(node))
    .map(({ id }) => ({
      code: 'JOIN_IN_CYCLE',
      message: `${id} waits for its branches, and one of them leads back to it. Let the circle pass it by.`,
      nodeId: id,
    }))
}
