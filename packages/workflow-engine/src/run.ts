// Runs a compiled workflow on one event: synchronous, without clock or chance, all or nothing.
import type { CompiledNode, CompiledWorkflow } from './compile.js'
import { BadName, NodeCrashed, NodeError, PayloadTooLarge, StepLimit } from './errors.js'
import type { ProfileWriter } from './field-operations.js'
import { roughSize, type JsonObject, type JsonValue } from './json.js'
import type { LogLevel, Run, RunData, RunEvent, Step } from './node.js'
import { isForbiddenName } from './paths.js'
import { ProfileDraft } from './profile-draft.js'

/** What a run works on. */
export interface RunContext {
  event: RunEvent
  profile: ProfileWriter
  session: JsonObject | null
  /** Milliseconds since 1970. */
  now: number
}

export interface RunLimits {
  /** Executions of nodes. */
  steps: number
  /** Bytes, roughly, of all values written to the profile, handed on, answered and logged. */
  bytes: number
}

/** A run of real people takes tens of steps and a few kilobytes; these end what has gone wrong, within a millisecond. */
export const DEFAULT_LIMITS: RunLimits = { steps: 1_000, bytes: 256 * 1024 }

/** One execution of one node. */
export interface RunStep {
  nodeId: string
  /** The port it left through; null when the branch ended in it. */
  port: string | null
}

export interface RunLogEntry {
  nodeId: string
  level: LogLevel
  message: string
}

export interface RunError {
  nodeId: string
  /** One of this package's errors.ts, or of the node's. */
  code: string
  message: string
  /** What was thrown, when it was no `NodeError`: for the caller's log, not for people. */
  cause?: unknown
}

/** What a run did. A failed one changed nothing: no operation was applied, `response` and `ux` are empty. */
export interface RunResult {
  state: 'completed' | 'failed'
  steps: RunStep[]
  log: RunLogEntry[]
  response: JsonObject
  ux: JsonObject[]
  error?: RunError
}

/** A node that is to run, and its input. Together with what is pending this is all the state a run has. */
interface Pending {
  node: CompiledNode
  input: JsonValue
}

/**
 * Runs the workflow. Edges of a port are followed in their order, depth first: a branch runs to its end before the
 * next begins. A node that two branches reach runs for each. The profile's writes are applied when all completed.
 */
export function runWorkflow(
  workflow: CompiledWorkflow,
  context: RunContext,
  limits: RunLimits = DEFAULT_LIMITS,
): RunResult {
  return new WorkflowRun(context, limits).execute(workflow.start)
}

class WorkflowRun {
  readonly #context: RunContext
  readonly #limits: RunLimits
  readonly #profile: ProfileDraft
  readonly #steps: RunStep[] = []
  readonly #log: RunLogEntry[] = []
  readonly #response: JsonObject = {}
  readonly #ux: JsonObject[] = []
  #bytes = 0
  #exhausted = false
  #nodeId = ''

  constructor(context: RunContext, limits: RunLimits) {
    this.#context = context
    this.#limits = limits
    this.#profile = new ProfileDraft(context.profile, this.#spend)
  }

  execute(start: CompiledNode): RunResult {
    const pending: Pending[] = [{ node: start, input: null }]
    try {
      for (let next = pending.pop(); next; next = pending.pop()) this.#follow(next, pending)
    } catch (error) {
      return { state: 'failed', steps: this.#steps, log: this.#log, response: {}, ux: [], error: this.#told(error) }
    }
    this.#profile.commit()
    return { state: 'completed', steps: this.#steps, log: this.#log, response: this.#response, ux: this.#ux }
  }

  /** Runs one node, and puts those behind its port on top of what is pending. */
  #follow({ node, input }: Pending, pending: Pending[]): void {
    this.#nodeId = node.id
    if (this.#steps.length >= this.#limits.steps) this.#exhaust(StepLimit({ limit: this.#limits.steps }))
    const step = this.#runNode(node, input)
    this.#steps.push({ nodeId: node.id, port: step?.port ?? null })
    const targets = step && node.next.get(step.port)
    if (!targets) return
    this.#spend(step.output)
    // The last one pushed runs first.
    for (let index = targets.length - 1; index >= 0; index--) {
      const target = targets[index]
      if (target) pending.push({ node: target, input: step.output })
    }
  }

  #runNode(node: CompiledNode, input: JsonValue): Step | undefined {
    const savepoint = this.#profile.save()
    try {
      const step = node.definition.run(this.#runOf(node, input))
      if (step?.failure) throw step.failure
      return step
    } catch (error) {
      // What a node reports may have a way out; our limits and broken nodes have none.
      if (!(error instanceof NodeError) || this.#exhausted || !node.next.has('error')) throw error
      this.#profile.restore(savepoint)
      return { port: 'error', output: { code: error.code, message: error.message } }
    }
  }

  #runOf(node: CompiledNode, input: JsonValue): Run<never> {
    const { event, session, now } = this.#context
    return {
      // What the node's own schema gave: the compiler put the two together.
      config: node.config as never,
      input,
      event,
      profile: this.#profile,
      session,
      now,
      data: new StepData(this.#profile, this.#context, input),
      respond: this.#respond,
      show: this.#show,
      log: this.#write,
    }
  }

  // Functions, not methods, because nodes take them out of what they get.

  readonly #respond = (key: string, value: JsonValue): void => {
    if (isForbiddenName(key)) throw BadName({ name: key })
    this.#spend(value)
    this.#response[key] = value
  }

  readonly #show = (widget: JsonObject): void => {
    this.#spend(widget)
    this.#ux.push(widget)
  }

  readonly #write = (level: LogLevel, message: string): void => {
    this.#spend(message)
    this.#log.push({ nodeId: this.#nodeId, level, message })
  }

  readonly #spend = (value: JsonValue): void => {
    this.#bytes += roughSize(value, this.#limits.bytes)
    if (this.#bytes > this.#limits.bytes) this.#exhaust(PayloadTooLarge({ limit: this.#limits.bytes }))
  }

  #exhaust(error: NodeError): never {
    this.#exhausted = true
    throw error
  }

  #told(error: unknown): RunError {
    const nodeId = this.#nodeId
    if (error instanceof NodeError) return { nodeId, code: error.code, message: error.message }
    const { code, message } = NodeCrashed({ node: nodeId })
    return { nodeId, code, message, cause: error }
  }
}

/** The data of one step. The profile's document is put together only when a condition or template asks for it. */
class StepData implements RunData {
  readonly [name: string]: unknown
  readonly event: RunEvent
  readonly session: JsonObject | null
  readonly now: number
  readonly input: JsonValue
  readonly #profile: ProfileDraft

  constructor(profile: ProfileDraft, { event, session, now }: RunContext, input: JsonValue) {
    this.#profile = profile
    this.event = event
    this.session = session
    this.now = now
    this.input = input
  }

  get profile(): JsonObject {
    return this.#profile.document
  }
}
