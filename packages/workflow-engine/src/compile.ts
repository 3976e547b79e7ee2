// Checks a graph and prepares it for running: configurations parsed, edges turned into direct references.
import type { z } from 'zod'
import { graphSchema, type GraphEdge, type GraphNode, type WorkflowGraph } from './graph.js'
import type { AnyNode } from './node.js'
import type { WorkflowProblem } from './problems.js'

/** A node of a compiled workflow. */
export interface CompiledNode {
  readonly id: string
  readonly definition: AnyNode
  readonly config: unknown
  readonly ports: readonly string[]
  /** Where each port leads, in the order of the edges. */
  readonly next: Map<string, CompiledNode[]>
}

/** A workflow that is ready to run: immutable, shared by all its runs. Made by `compileWorkflow`. */
export interface CompiledWorkflow {
  readonly start: CompiledNode
}

/**
 * Compiles a graph; callers keep the result for as long as the version is deployed.
 * Gives all problems at once when there are any. Never throws, whatever the graph.
 */
export function compileWorkflow(
  graph: unknown,
  nodes: readonly AnyNode[],
): { workflow: CompiledWorkflow } | { problems: WorkflowProblem[] } {
  const parsed = graphSchema.safeParse(graph)
  if (!parsed.success) return { problems: issuesAsProblems(parsed.error, { code: 'BAD_GRAPH' }) }
  const problems: WorkflowProblem[] = []
  const compiled = compileNodes(parsed.data.nodes, nodes, problems)
  connect(parsed.data, compiled, problems)
  const start = findStart(parsed.data.nodes, compiled, problems)
  // Ways are worth following only through a graph that is sound.
  if (start && problems.length === 0) problems.push(...cycles(start), ...unreachable(start, compiled))
  return start && problems.length === 0 ? { workflow: { start } } : { problems }
}

function compileNodes(
  graphNodes: readonly GraphNode[],
  definitions: readonly AnyNode[],
  problems: WorkflowProblem[],
): Map<string, CompiledNode> {
  const byType = new Map(definitions.map((definition) => [definition.type, definition]))
  const compiled = new Map<string, CompiledNode>()
  for (const { id, type, config } of graphNodes) {
    const definition = byType.get(type)
    if (compiled.has(id)) {
      problems.push({ code: 'DUPLICATE_NODE', message: `Two nodes have the id ${id}. Rename one.`, nodeId: id })
    } else if (!definition) {
      problems.push({ code: 'UNKNOWN_NODE_TYPE', message: `There is no node of the type ${type}.`, nodeId: id })
    } else {
      const node = compileNode(id, definition, config, problems)
      if (node) compiled.set(id, node)
    }
  }
  return compiled
}

function compileNode(
  id: string,
  definition: AnyNode,
  config: unknown,
  problems: WorkflowProblem[],
): CompiledNode | undefined {
  const parsed = definition.config.safeParse(config)
  if (!parsed.success) {
    problems.push(...issuesAsProblems(parsed.error, { code: 'BAD_CONFIG', nodeId: id }))
    return undefined
  }
  // `config` is what this definition's own schema gave.
  const ports = typeof definition.ports === 'function' ? definition.ports(parsed.data as never) : definition.ports
  return { id, definition, config: parsed.data, ports, next: new Map() }
}

function issuesAsProblems(error: z.ZodError, where: Pick<WorkflowProblem, 'code' | 'nodeId'>): WorkflowProblem[] {
  return error.issues.map((issue) => {
    const path = issue.path.map(String).join('.')
    return { ...where, message: `${path === '' ? '' : `${path}: `}${issue.message}`, ...(path === '' ? {} : { path }) }
  })
}

function connect(graph: WorkflowGraph, compiled: Map<string, CompiledNode>, problems: WorkflowProblem[]): void {
  const known = new Set(graph.nodes.map((node) => node.id))
  const seen = new Set<string>()
  for (const edge of graph.edges) {
    const key = JSON.stringify([edge.from, edge.port, edge.to])
    const problem = edgeProblem(edge, known, compiled.get(edge.from), seen.has(key))
    seen.add(key)
    if (problem) {
      problems.push(problem)
      continue
    }
    // A node that did not compile has its problem already.
    const [from, to] = [compiled.get(edge.from), compiled.get(edge.to)]
    if (from && to) from.next.set(edge.port, [...(from.next.get(edge.port) ?? []), to])
  }
}

function edgeProblem(
  { from, port, to }: GraphEdge,
  known: ReadonlySet<string>,
  source: CompiledNode | undefined,
  repeated: boolean,
): WorkflowProblem | undefined {
  if (!known.has(from)) return { code: 'MISSING_NODE', message: `An edge comes from ${from}, which is not there.` }
  if (!known.has(to)) {
    return {
      code: 'MISSING_NODE',
      message: `The edge from ${from} leads to ${to}, which is not there.`,
      nodeId: from,
      port,
    }
  }
  if (source && !source.ports.includes(port)) {
    const ports = source.ports.length > 0 ? `It has ${source.ports.join(', ')}.` : 'It has none.'
    return { code: 'UNKNOWN_PORT', message: `${from} has no port ${port}. ${ports}`, nodeId: from, port }
  }
  if (!repeated) return undefined
  return { code: 'DUPLICATE_EDGE', message: `The edge from ${from} to ${to} is there twice.`, nodeId: from, port }
}

function findStart(
  graphNodes: readonly GraphNode[],
  compiled: Map<string, CompiledNode>,
  problems: WorkflowProblem[],
): CompiledNode | undefined {
  const starts = [...compiled.values()].filter((node) => node.definition.begins)
  for (const { id } of starts.slice(1)) {
    problems.push({ code: 'SEVERAL_STARTS', message: 'A workflow begins at one node. Remove the others.', nodeId: id })
  }
  // A start that did not compile has its problem already.
  if (starts.length === 0 && graphNodes.length === compiled.size) {
    problems.push({ code: 'START_MISSING', message: 'Add a start node: it is where runs begin.' })
  }
  return starts[0]
}

/** Each edge that leads back to a node on the way to it. */
function cycles(start: CompiledNode): WorkflowProblem[] {
  const problems: WorkflowProblem[] = []
  const state = new Map<CompiledNode, 'open' | 'done'>()
  const visit = (node: CompiledNode) => {
    state.set(node, 'open')
    for (const [port, targets] of node.next) {
      for (const target of targets) {
        const seen = state.get(target)
        if (seen === undefined) visit(target)
        if (seen !== 'open') continue
        const message = `The edge from ${node.id} leads back to ${target.id}: a run would never end. Remove it.`
        problems.push({ code: 'CYCLE', message, nodeId: node.id, port })
      }
    }
    state.set(node, 'done')
  }
  visit(start)
  return problems
}

function unreachable(start: CompiledNode, compiled: Map<string, CompiledNode>): WorkflowProblem[] {
  const reached = new Set<CompiledNode>([start])
  // A set may grow while it is gone through.
  for (const node of reached)
    for (const targets of node.next.values()) for (const target of targets) reached.add(target)
  return [...compiled.values()]
    .filter((node) => !reached.has(node))
    .map(({ id }) => ({
      code: 'UNREACHABLE_NODE',
      message: `No way leads from the start to ${id}. Connect or remove it.`,
      nodeId: id,
    }))
}
