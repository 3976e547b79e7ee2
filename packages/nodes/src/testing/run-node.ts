// Runs one node between a start and two ends, for the tests beside the nodes.
import {
  applyOperation,
  compileWorkflow,
  parsePath,
  readPath,
  runWorkflow,
  type AnyNode,
  type FieldOperation,
  type JsonObject,
  type ProfileWriter,
  type RunResult,
  type WorkflowProblem,
} from '@segue/workflow-engine'
import { coreNodes } from '../catalogue.js'

/** What the node finds. */
export interface Surroundings {
  profile?: JsonObject
  properties?: JsonObject
  session?: JsonObject
}

/** What came of it. `port` is where the flow left the node. */
export interface Outcome {
  port: string | null | undefined
  profile: JsonObject
  result: RunResult
}

/** The time of every test's run and event: 10 March 2026, 12:30 UTC. */
const NOW = Date.UTC(2026, 2, 10, 12, 30)

/** Runs the node on a profile and a purchase event. Its error port leads somewhere, so errors do not fail the run. */
export function runNode(
  node: AnyNode,
  config: JsonObject,
  { profile = {}, properties = {}, session = {} }: Surroundings = {},
): Outcome {
  const compiled = compileWorkflow(graphAround(node, config), coreNodes)
  if ('problems' in compiled) throw new Error(compiled.problems.map(({ message }) => message).join('\n'))
  const writer = new MemoryProfile(profile)
  const event = { id: 'e1', type: 'purchase', properties, occurredAt: new Date(NOW) }
  const result = runWorkflow(compiled.workflow, { event, profile: writer, session, now: NOW })
  const port = result.steps.find(({ nodeId }) => nodeId === 'tested')?.port
  return { port, profile: writer.document, result }
}

/** What the compiler finds wrong with a configuration of the node. */
export function problemsOf(node: AnyNode, config: JsonObject): WorkflowProblem[] {
  const compiled = compileWorkflow(graphAround(node, config), coreNodes)
  return 'problems' in compiled ? compiled.problems : []
}

function graphAround(node: AnyNode, config: JsonObject) {
  const ports = typeof node.ports === 'function' ? [] : node.ports
  return {
    nodes: [
      { id: 'start', type: 'start' },
      { id: 'tested', type: node.type, config },
      ...ports.map((port) => ({ id: port, type: 'end' })),
    ],
    edges: [
      { from: 'start', port: 'next', to: 'tested' },
      ...ports.map((port) => ({ from: 'tested', port, to: port })),
    ],
  }
}

/** A profile in memory; applies operations as the engine defines them. */
class MemoryProfile implements ProfileWriter {
  document: JsonObject

  constructor(document: JsonObject) {
    this.document = document
  }

  read(path: string) {
    return readPath(this.document, path.split('.'))
  }

  apply(operation: FieldOperation): void {
    const path = parsePath(operation.path)
    if (typeof path === 'string') throw new Error(path)
    this.document = applyOperation(this.document, path, operation)
  }
}
