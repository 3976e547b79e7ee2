// A workflow that is ready to run: what `compileWorkflow` makes of a graph.
import type { AnyNode } from './node.js'
import type { CompiledSettings } from './settings.js'

/** A node of a compiled workflow. */
export interface CompiledNode {
  readonly id: string
  readonly definition: AnyNode
  readonly config: unknown
  readonly ports: readonly string[]
  /** Where each port leads, in the order of the edges. */
  readonly next: ReadonlyMap<string, readonly CompiledNode[]>
  /** Set when it waits for its branches. */
  readonly join: CompiledJoin | null
}

/** What a node that waits for its branches must know of the ways to it. */
export interface CompiledJoin {
  readonly mode: 'all' | 'any'
  /** The nodes with an edge to it. */
  readonly from: readonly string[]
  /** All nodes from which a way leads to it. */
  readonly before: ReadonlySet<CompiledNode>
}

/** A workflow that is ready to run: immutable, shared by all its runs. Made by `compileWorkflow`. */
export interface CompiledWorkflow {
  /** Where runs begin, in the order of the graph; at least one. */
  readonly starts: readonly CompiledNode[]
  readonly nodes: ReadonlyMap<string, CompiledNode>
  /** Those of its nodes that wait for their branches. */
  readonly joins: readonly CompiledNode[]
  readonly settings: CompiledSettings
  /** Whether what its nodes keep of a profile must be loaded before it runs. */
  readonly remembers: boolean
  /** The channels by which it may write to people. */
  readonly contacts: ReadonlySet<string>
  /** The types of events that its runs may wait for. */
  readonly waitsForEvents: ReadonlySet<string>
}
