// Checks a graph and prepares it for running: configurations parsed, edges turned into direct references.
import type { z } from 'zod'
import type { CompiledJoin, CompiledNode, CompiledWorkflow } from './compiled-workflow.js'
import { graphSchema, type GraphEdge, type GraphNode, type WorkflowGraph } from './graph.js'
import type { AnyNode } from './node.js'
import type { WorkflowProblem } from './problems.js'
import { compileSettings, type CompiledSettings } from './settings.js'
import { cycles, findJoin, joinsInCycles, predecessors, unreachable } from './ways.js'

/** A node while it is compiled. */
interface Draft extends CompiledNode {
  readonly next: Map<string, CompiledNode[]>
  join: CompiledJoin | null
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
  if (!parsed.success) return { problems: shapeProblems(parsed.error) }
  const problems: WorkflowProblem[] = []
  const compiled = compileNodes(parsed.data.nodes, nodes, problems)
  connect(parsed.data, compiled, problems)
  const starts = findStarts(parsed.data.nodes, compiled, problems)
  const settings = compileSettings(parsed.data.settings, new Set(parsed.data.nodes.map(({ id }) => id)), problems)
  // Ways are worth following only through a graph that is sound.
  if (problems.length === 0) {
    const earlier = predecessors(compiled)
    for (const node of compiled.values()) node.join = findJoin(node, earlier)
    problems.push(...cycles(starts, compiled), ...joinsInCycles(compiled), ...unreachable(starts, compiled))
  }
  return problems.length === 0 && settings ? { workflow: assemble(starts, compiled, settings) } : { problems }
}

function assemble(
  starts: readonly CompiledNode[],
  nodes: ReadonlyMap<string, CompiledNode>,
  settings: CompiledSettings,
): CompiledWorkflow {
  const all = [...nodes.values()]
  return {
    starts,
    nodes,
    joins: all.filter((node) => node.join),
    settings,
    remembers: all.some(({ definition }) => definition.remembers),
    // Each `config` is what the definition's own schema gave.
    contacts: new Set(all.flatMap(({ definition, config }) => definition.contacts?.(config as never) ?? [])),
    waitsForEvents: new Set(all.flatMap(({ definition, config }) => definition.awaitsEvents?.(config as never) ?? [])),
  }
}

function compileNodes(
  graphNodes: readonly GraphNode[],
  definitions: readonly AnyNode[],
  problems: WorkflowProblem[],
): Map<string, Draft> {
  const byType = new Map(definitions.map((definition) => [definition.type, definition]))
  const compiled = new Map<string, Draft>()
  const seen = new Set<string>()
  for (const { id, type, config } of graphNodes) {
    const definition = byType.get(type)
    if (seen.has(id)) {
      problems.push({ code: 'DUPLICATE_NODE', message: `Two nodes have the id ${id}. Rename one.`, nodeId: id })
    } else if (!definition) {
      problems.push({ code: 'UNKNOWN_NODE_TYPE', message: `There is no node of the type ${type}.`, nodeId: id })
    } else {
      const node = compileNode(id, definition, config, problems)
      if (node) compiled.set(id, node)
    }
    seen.add(id)
  }
  return compiled
}

function compileNode(id: string, definition: AnyNode, config: unknown, problems: WorkflowProblem[]): Draft | undefined {
  const parsed = definition.config.safeParse(config)
  if (!parsed.success) {
    problems.push(...issuesAsProblems(parsed.error, { code: 'BAD_CONFIG', nodeId: id }))
    return undefined
  }
  // `config` is what this definition's own schema gave.
  const ports = typeof definition.ports === 'function' ? definition.ports(parsed.data as never) : definition.ports
  return { id, definition, config: parsed.data, ports, next: new Map(), join: null }
}

function shapeProblems(error: z.ZodError): WorkflowProblem[] {
  return issuesAsProblems(error, { code: 'BAD_GRAPH' }).map((problem) =>
    problem.path?.split('.')[0] === 'settings' ? { ...problem, code: 'BAD_SETTINGS' } : problem,
  )
}

function issuesAsProblems(error: z.ZodError, where: Pick<WorkflowProblem, 'code' | 'nodeId'>): WorkflowProblem[] {
  return error.issues.map((issue) => {
    const path = issue.path.map(String).join('.')
    return { ...where, message: `${path === '' ? '' : `${path}: `}${issue.message}`, ...(path === '' ? {} : { path }) }
  })
}

function connect(graph: WorkflowGraph, compiled: ReadonlyMap<string, Draft>, problems: WorkflowProblem[]): void {
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

function findStarts(
  graphNodes: readonly GraphNode[],
  compiled: ReadonlyMap<string, CompiledNode>,
  problems: WorkflowProblem[],
): CompiledNode[] {
  const starts = [...compiled.values()].filter((node) => node.definition.begins)
  // A start that did not compile has its problem already.
  if (starts.length === 0 && graphNodes.length === compiled.size) {
    problems.push({ code: 'START_MISSING', message: 'Add a start node: it is where runs begin.' })
  }
  return starts
}
