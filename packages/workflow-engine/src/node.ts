// The node kit: how a node is declared, what it gets when it runs, and how it says where the flow goes on.
import type { z } from 'zod'
import { NodeError } from './errors.js'
import type { JsonObject, JsonValue } from './json.js'
import type { ProfileDraft } from './profile-draft.js'
import type { Awaits, Decision, DeliveryRequest } from './run-state.js'

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
  /** The event that started the run; null when none did. While a wait for an event is woken, `arrived` is that one. */
  readonly event: RunEvent | null
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
  /** What the node before handed on with its port; what the run was started with at the start, null when with nothing. */
  readonly input: JsonValue
  /** The event that started the run; null when none did. */
  readonly event: RunEvent | null
  readonly profile: ProfileDraft
  readonly session: JsonObject | null
  /** The time of this execution, milliseconds since 1970. Nodes never look at the clock. */
  readonly now: number
  /** When the run began. */
  readonly startedAt: number
  /** For `condition.evaluate(data)`, `template.render(data)` and the like. */
  readonly data: RunData
  /** The node's own id, for what is to be the same for each run of it. */
  readonly nodeId: string
  /** IANA name of the profile's time zone, else of the workflow's. */
  readonly timeZone: string
  /** Puts a value into what a synchronous caller gets back. */
  respond(key: string, value: JsonValue): void
  /** Adds something for the visitor's page to show. */
  show(widget: JsonObject): void
  log(level: LogLevel, message: string): void
  /** Puts an event about this profile into the inbox. @throws NodeError TOO_DEEP for events that cause themselves. */
  emit(type: string, properties: JsonObject): void
  /** Begins a run of another workflow that nobody waits for; see `park` for one that is waited for. */
  start(workflowId: string, input: JsonValue): void
  /** Hands something to the delivery worker that nobody waits for; see `park`. Ids are given by the engine. */
  deliver(delivery: NewDelivery): void
  /** Times this node kept for the profile under a key, earliest first; with what this run kept. */
  recall(key: string): readonly number[]
  /** Keeps times for the profile until `expiresAt` (null: forever), instead of those before. */
  remember(key: string, times: number[], expiresAt: number | null): void
  /** Whether the profile has all of these consents now. Keeps the decision with the step when not. */
  hasConsents(consents: readonly string[]): boolean
  /** Whether the profile may be written to by a channel now. Keeps the decision with the step when not. Tell by `contacted` when it is. */
  mayContact(channel: string): ContactDecision
  /** The profile is written to by the delivery that this node makes now. */
  contacted(channel: string): void
}

/** A delivery as a node makes it. */
export type NewDelivery = Omit<DeliveryRequest, 'id' | 'waitId'>

/** `until`: try again then (quiet hours, or a cap that leaves room later). */
export type ContactDecision = { allowed: true } | { allowed: false; decision: Decision; until: number | null }

/** Why a node that waited is woken. */
export type Cause =
  /** Its time has come; also when an operator did not want to wait. */
  | { kind: 'time' }
  | { kind: 'event'; event: RunEvent }
  | { kind: 'segment' }
  | { kind: 'answer'; delivered: true; response: JsonValue }
  | { kind: 'answer'; delivered: false; error: { code: string; message: string }; response: JsonValue }
  /** The run of a sub-workflow ended. `output`: what its end nodes got, by their names. */
  | { kind: 'run'; state: 'completed' | 'failed' | 'cancelled'; output: JsonValue }

/** What a node gets when it is woken. `data.arrived` is the event that woke it. */
export interface Wake<Config> extends Run<Config> {
  readonly cause: Cause
  readonly memo: JsonValue
  /** Since when it waits, and until when at most. */
  readonly since: number
  readonly until: number | null
}

/** Where the flow goes on after a node, and what it hands on; or that it waits. */
export type Step = Leaving | Parking

export interface Leaving {
  readonly port: string
  readonly output: JsonValue
  /** Set when the node failed; the same as throwing it. */
  readonly failure?: NodeError
  readonly park?: undefined
}

/** The branch waits in the node, which is woken by `wake`. */
export interface Parking {
  readonly park: Park
}

export interface Park {
  /** When the wait ends by itself (cause `time`); null: never. */
  until: number | null
  awaits: NewAwaits
  /** JSON that `wake` gets back. */
  memo?: JsonValue
}

/** What ends a wait, as a node says it: for a delivery what is delivered, for a sub-workflow what it gets. */
export type NewAwaits =
  | Exclude<Awaits, { kind: 'delivery' } | { kind: 'run' }>
  | { kind: 'delivery'; delivery: NewDelivery }
  | { kind: 'run'; workflowId: string; input: JsonValue }

/**
 * Leaves a node through one of its ports, handing `output` on as the next node's `input`. Of a failure, as in
 * `port('error', NotANumber({ … }))`, code and message are handed on, and what the node wrote is forgotten.
 */
export function port(name: string, output?: JsonValue): Leaving
export function port(name: 'error', failure: NodeError): Leaving
export function port(name: string, output: JsonValue | NodeError = null): Leaving {
  return output instanceof NodeError ? { port: name, output: null, failure: output } : { port: name, output }
}

/** Lets the branch wait in this node. The run's other branches go on; when all wait, the run is stored. */
export function park(park: Park): Parking {
  return { park }
}

/** What `wake` gives when this was not what it waits for: the wait goes on as if nothing had been. */
export const KEEP_WAITING = 'keep-waiting'

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
  /** Runs begin here. A workflow has one or several. */
  readonly begins?: true
  /** Waits for its branches: the input is a map from the id of each node before it that arrived to what that handed on. */
  readonly joins?: (config: Config) => 'all' | 'any'
  /** It may park; a circle of edges must lead through such a node. */
  readonly waits?: true
  /** It uses `recall`: what is kept of the profile must be loaded before. */
  readonly remembers?: true
  /** The channel that `mayContact` is asked about; null: none. */
  readonly contacts?: (config: Config) => string | null
  /** The type of the events that it may wait for. */
  readonly awaitsEvents?: (config: Config) => string
  /** Undefined ends the branch. */
  run(run: Run<Config>): Step | undefined
  /** Where the flow goes on when a wait ends; undefined ends the branch. Must be there when `waits`. */
  wake?(wake: Wake<Config>): Step | typeof KEEP_WAITING | undefined
}

/** Declares a node; the type of `config` follows from its schema. */
export function defineNode<Config>(node: NodeDefinition<Config>): NodeDefinition<Config> {
  return node
}

/** A node of any configuration, as lists of nodes hold it. */
// `never` because a list knows nothing of each node's configuration; the compiler pairs the two again.
export type AnyNode = Omit<
  NodeDefinition,
  'config' | 'ports' | 'joins' | 'contacts' | 'awaitsEvents' | 'run' | 'wake'
> & {
  readonly config: z.ZodType
  readonly ports: readonly string[] | ((config: never) => readonly string[])
  readonly joins?: (config: never) => 'all' | 'any'
  readonly contacts?: (config: never) => string | null
  readonly awaitsEvents?: (config: never) => string
  run(run: Run<never>): Step | undefined
  wake?(wake: Wake<never>): Step | typeof KEEP_WAITING | undefined
}
