// Runs one node between a start and ends, for the tests beside the nodes; wakes it when it waits.
import {
  applyOperation,
  compileWorkflow,
  parsePath,
  readPath,
  resumeRun,
  startRun,
  type AnyNode,
  type Cause,
  type CompiledWorkflow,
  type ContactDecision,
  type FieldOperation,
  type JsonObject,
  type JsonValue,
  type ProfileWriter,
  type RunContext,
  type RunEvent,
  type RunResult,
  type Wait,
  type WorkflowProblem,
} from '@segue/workflow-engine'
import { coreNodes } from '../catalogue.js'

/** The time of every test's run and event, when it is not told another: 10 March 2026, a Tuesday, 12:30 UTC. */
export const NOW = Date.UTC(2026, 2, 10, 12, 30)

const PROFILE_ID = '0199a000-0000-7000-8000-000000000001'

/** What the node finds. */
export interface Surroundings {
  profile?: JsonObject
  properties?: JsonObject
  /** Null: the run has none. */
  event?: RunEvent | null
  session?: JsonObject
  input?: JsonValue
  now?: number
  timeZone?: string
  /** What the node has kept for the profile before, by key. */
  kept?: Record<string, number[]>
  contact?: ContactDecision
  /** Null: the run is about nobody. */
  profileId?: string | null
}

/** What came of it. */
export interface Outcome {
  /** Where the flow left the node; null when it ended or waits in it. */
  port: string | null | undefined
  /** What it handed on. */
  output: JsonValue | undefined
  profile: JsonObject
  result: RunResult
  /** Where the run waits. */
  wait: Wait | undefined
  /** Goes on with it; null when it keeps waiting. What is not told again is as it was. */
  wake(cause: Cause, surroundings?: Surroundings): Outcome | null
}

/** Runs the node on a profile and a purchase event. Its error port leads somewhere, so errors do not fail the run. */
export function runNode(node: AnyNode, config: JsonObject, surroundings: Surroundings = {}): Outcome {
  const compiled = compileWorkflow(graphAround(node, config), coreNodes)
  if ('problems' in compiled) throw new Error(compiled.problems.map(({ message }) => message).join('\n'))
  return new TestRun(compiled.workflow, surroundings).start()
}

/** What the compiler finds wrong with a configuration of the node. */
export function problemsOf(node: AnyNode, config: JsonObject): WorkflowProblem[] {
  const compiled = compileWorkflow(graphAround(node, config), coreNodes)
  return 'problems' in compiled ? compiled.problems : []
}

function graphAround(node: AnyNode, config: JsonObject) {
  const ports = portsOf(node, config)
  return {
    nodes: [
      { id: 'start', type: 'start' },
      { id: 'tested', type: node.type, config },
      ...ports.map((port) => ({ id: `behind ${port}`, type: 'end' })),
    ],
    edges: [
      { from: 'start', port: 'next', to: 'tested' },
      ...ports.map((port) => ({ from: 'tested', port, to: `behind ${port}` })),
    ],
  }
}

function portsOf({ config: schema, ports }: AnyNode, config: JsonObject): readonly string[] {
  if (typeof ports !== 'function') return ports
  const parsed = schema.safeParse(config)
  return parsed.success ? ports(parsed.data as never) : []
}

/** What an execution is given, for tests with graphs of their own. */
export function testContext(surroundings: Surroundings): RunContext {
  return contextOf(surroundings, new MemoryProfile(surroundings.profile ?? {}, idOf(surroundings)), new Map())
}

function idOf({ profileId }: Surroundings): string | undefined {
  return profileId === undefined ? PROFILE_ID : (profileId ?? undefined)
}

function eventOf({ event, properties = {}, now = NOW }: Surroundings): RunEvent | null {
  return event === undefined ? { id: 'e1', type: 'purchase', properties, occurredAt: new Date(now) } : event
}

function contextOf(
  surroundings: Surroundings,
  profile: ProfileWriter,
  kept: ReadonlyMap<string, readonly number[]>,
): RunContext {
  const { session = {}, now = NOW, timeZone = null, contact = { allowed: true } } = surroundings
  let ids = 0
  return {
    event: eventOf(surroundings),
    profile,
    session,
    now,
    // Like a UUIDv7: of its time, and another one each time.
    newId: () => `0199a000-${now.toString(16).slice(-4)}-7000-9000-${String(++ids).padStart(12, '0')}`,
    recall: (_nodeId, key) => kept.get(key) ?? [],
    mayContact: () => contact,
    timeZone,
  }
}

/** A run, and what it has left behind in the world around it. */
class TestRun {
  readonly #workflow: CompiledWorkflow
  readonly #writer: MemoryProfile
  readonly #kept: Map<string, readonly number[]>
  #surroundings: Surroundings

  constructor(workflow: CompiledWorkflow, surroundings: Surroundings) {
    this.#workflow = workflow
    this.#surroundings = surroundings
    this.#writer = new MemoryProfile(surroundings.profile ?? {}, idOf(surroundings))
    this.#kept = new Map(Object.entries(surroundings.kept ?? {}))
  }

  start(): Outcome {
    const { input = null } = this.#surroundings
    return this.#outcome(startRun(this.#workflow, { input, depth: 0 }, this.#context()))
  }

  #context(): RunContext {
    return contextOf(this.#surroundings, this.#writer, this.#kept)
  }

  #outcome(result: RunResult): Outcome {
    for (const effect of result.effects) if (effect.kind === 'remember') this.#kept.set(effect.key, effect.times)
    const port = result.steps.find(({ nodeId }) => nodeId === 'tested')?.port
    const wait = result.run.waits[0]
    return {
      port,
      output: result.output[`behind ${port}`],
      profile: this.#writer.document,
      result,
      wait,
      wake: (cause, surroundings = {}) => {
        if (!wait) throw new Error('The run does not wait.')
        // The event that began the run stays what it was.
        this.#surroundings = { event: eventOf(this.#surroundings), ...this.#surroundings, ...surroundings }
        if (surroundings.profile) this.#writer.document = surroundings.profile
        // As it is stored in between.
        const stored = JSON.parse(JSON.stringify(result.run)) as RunResult['run']
        const resumed = resumeRun(this.#workflow, stored, wait.id, cause, this.#context())
        return resumed && this.#outcome(resumed)
      },
    }
  }
}

/** A profile in memory; applies operations as the engine defines them. */
class MemoryProfile implements ProfileWriter {
  document: JsonObject
  readonly #id: string | undefined

  constructor(document: JsonObject, id: string | undefined) {
    this.document = document
    this.#id = id
  }

  read(path: string) {
    return path === 'id' ? this.#id : readPath(this.document, path.split('.'))
  }

  apply(operation: FieldOperation): void {
    const path = parsePath(operation.path)
    if (typeof path === 'string') throw new Error(path)
    this.document = applyOperation(this.document, path, operation)
  }
}
