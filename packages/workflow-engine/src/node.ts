// The node kit: how a node is declared, what it gets when it runs, and how it says where the flow goes on.
import type { z } from 'zod'
import { NodeError } from './errors.js'
import type { JsonObject, JsonValue } from './json.js'
import type { ProfileDraft } from './profile-draft.js'

/** Levels of a run's log. */
export type LogLevel = 'debug' | 'info' | 'warning' | 'error'

/** The event that a run works on. Timestamps are `Date`s, so that conditions can calculate with them. */
export interface RunEvent {
  id: string
  type: string
  properties: JsonObject
  occurredAt: Date
  /** Whatever else the pipeline knows of the event; conditions and templates can read it. */
  [field: string]: unknown
}

/** What conditions and templates see. `profile` is the document with all writes so far. */
export interface RunData {
  readonly profile: JsonObject
  readonly event: RunEvent
  readonly session: JsonObject | null
  /** Milliseconds since 1970. */
  readonly now: number
  /** What the node before handed on. */
  readonly input: JsonValue
  readonly [name: string]: unknown
}

/** What a node gets when it runs. */
export interface Run<Config> {
  /** The node's configuration, as its schema parsed (and prepared) it. */
  readonly config: Config
  /** What the node before handed on with its port; null at the start. */
  readonly input: JsonValue
  readonly event: RunEvent
  readonly profile: ProfileDraft
  readonly session: JsonObject | null
  /** The time of this run, milliseconds since 1970. Nodes never look at the clock. */
  readonly now: number
  /** For `condition.evaluate(data)`, `template.render(data)` and the like. */
  readonly data: RunData
  /** Puts a value into what a synchronous caller gets back. */
  respond(key: string, value: JsonValue): void
  /** Adds something for the visitor's page to show. */
  show(widget: JsonObject): void
  log(level: LogLevel, message: string): void
}

/** Where the flow goes on after a node, and what it hands on. */
export interface Step {
  readonly port: string
  readonly output: JsonValue
  /** Set when the node failed; the same as throwing it. */
  readonly failure?: NodeError
}

/**
 * Leaves a node through one of its ports, handing `output` on as the next node's `input`. Of a failure, as in
 * `port('error', NotANumber({ … }))`, code and message are handed on, and what the node wrote is forgotten.
 */
export function port(name: string, output?: JsonValue): Step
export function port(name: 'error', failure: NodeError): Step
export function port(name: string, output: JsonValue | NodeError = null): Step {
  return output instanceof NodeError ? { port: name, output: null, failure: output } : { port: name, output }
}

/**
 * A node: a declaration and its behaviour.
 *
 * `run` is synchronous and pure: it depends on its arguments only, and acts through them only. When it throws a
 * `NodeError`, what it wrote to the profile is forgotten and the flow leaves through its `error` port; when no edge
 * leads from there, the run fails.
 */
export interface NodeDefinition<Config = unknown> {
  /** Unique; never changed, workflows are stored with it. Such as `profile.increment`. */
  readonly type: string
  readonly title: string
  /** Under which heading the page lists it. */
  readonly group: string
  /** One or two sentences for the person who builds a workflow. */
  readonly help: string
  /**
   * What the node can be told. Its input is JSON and becomes the form in the page; its output is what `run` gets.
   * Transformations prepare what should not be done again for each run, such as compiling a condition.
   */
  readonly config: z.ZodType<Config>
  /** Its ports, or how they follow from the configuration. A node without ports ends its branch. */
  readonly ports: readonly string[] | ((config: Config) => readonly string[])
  /** Exactly one node of a workflow is one where runs begin. */
  readonly begins?: true
  /** Undefined ends the branch. */
  run(run: Run<Config>): Step | undefined
}

/** Declares a node; the type of `config` follows from its schema. */
export function defineNode<Config>(node: NodeDefinition<Config>): NodeDefinition<Config> {
  return node
}

/** A node of any configuration, as lists of nodes hold it. */
// `never` because a list knows nothing of each node's configuration; the compiler pairs the two again.
export type AnyNode = Omit<NodeDefinition, 'config' | 'ports' | 'run'> & {
  readonly config: z.ZodType
  readonly ports: readonly string[] | ((config: never) => readonly string[])
  run(run: Run<never>): Step | undefined
}
