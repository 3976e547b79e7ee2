// Workflows out of small nodes, and what surrounds their runs, for the tests of this package.
import { z } from 'zod'
import {
  compileWorkflow,
  defineNode,
  MemoryProfile,
  parsePath,
  port,
  type AnyNode,
  type CompiledWorkflow,
  type FieldPath,
  type JsonObject,
  type NodeDefinition,
  type Run,
  type RunContext,
  type RunEvent,
  type Step,
} from '../index.js'

export type Edge = [from: string, port: string, to: string]
type Behaviour = (run: Run<unknown>) => Step | undefined
/** A node of a test: what it does, or also how it is declared. */
export type TestNode = Behaviour | (Partial<NodeDefinition> & { run: Behaviour })

/** Leaves by `next` with what it got. */
export const pass: Behaviour = ({ input }) => port('next', input)

/** Ends its branch, and has no ports. */
export const end: TestNode = { ports: [], run: () => undefined }

export function path(text: string): FieldPath {
  const parsed = parsePath(text)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

/** A workflow of nodes by their ids; those whose ids begin with `start` begin it. Ports: next, other, error. */
export function flow(nodes: Record<string, TestNode>, edges: Edge[], settings: JsonObject = {}): CompiledWorkflow {
  const definitions: AnyNode[] = Object.entries(nodes).map(([id, node]) =>
    defineNode({
      type: id,
      title: id,
      group: 'Test',
      help: '',
      config: z.unknown(),
      ports: ['next', 'other', 'error'],
      ...(id.startsWith('start') ? { begins: true as const } : {}),
      ...(typeof node === 'function' ? { run: node } : node),
    }),
  )
  const graph = {
    nodes: Object.keys(nodes).map((id) => ({ id, type: id })),
    edges: edges.map(([from, port, to]) => ({ from, port, to })),
    settings,
  }
  const compiled = compileWorkflow(graph, definitions)
  if ('problems' in compiled) throw new Error(JSON.stringify(compiled.problems))
  return compiled.workflow
}

export const EVENT: RunEvent = { id: 'e1', type: 'purchase', properties: { price: 5 }, occurredAt: new Date(0) }

/** A context with a profile in memory, numbered ids and nothing remembered. */
export function surroundings(given: Partial<RunContext> & { document?: JsonObject } = {}) {
  const { document = {}, ...rest } = given
  let ids = 0
  const profile = new MemoryProfile(document)
  const context: RunContext = {
    event: EVENT,
    profile,
    session: null,
    now: 1,
    newId: () => `id${++ids}`,
    recall: () => [],
    mayContact: () => ({ allowed: true }),
    timeZone: null,
    ...rest,
  }
  return { profile, context }
}

/** As it comes back from the database. */
export function stored<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value
}
