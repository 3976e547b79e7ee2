// One execution of a run: nodes one after the other until every branch has ended or waits. Synchronous, without clock or
// chance, all or nothing.
import type { CompiledNode, CompiledWorkflow } from './compiled-workflow.js'
import { NodeCrashed, NodeError, NodeGone } from './errors.js'
import type { FieldOperation } from './field-operations.js'
import { Joins } from './joins.js'
import { plainJson, type JsonObject, type JsonValue } from './json.js'
import { Budget, DEFAULT_LIMITS, type RunLimits } from './limits.js'
import { KEEP_WAITING, type Cause, type Leaving, type NewAwaits, type Park, type Step } from './node.js'
import { NodeRun, NodeWake } from './node-run.js'
import type { RunContext, RunError, RunResult } from './run-result.js'
import type { Awaits, FailedPoint, RunState, RunStep, Wait } from './run-state.js'
import { storeEvent } from './stored-event.js'
import { cut, stepsAfter, Trace } from './trace.js'
import { Work } from './work.js'

/** A circle of waits goes round more often than anybody's events are looked back at. */
const MAX_ARRIVED = 200

/** A node that is to run, the one whose branch reached it, and what that handed on. */
export interface Pending {
  node: CompiledNode
  from: string | null
  input: JsonValue
}

/** What a node came to: where the flow leaves it, or its wait; undefined when the branch ends in it. */
type Came = (Leaving & { wait?: undefined }) | { wait: Wait } | undefined

export class Execution {
  readonly #workflow: CompiledWorkflow
  readonly #before: RunState
  readonly #context: RunContext
  readonly #limits: RunLimits
  readonly #budget: Budget
  readonly #work: Work
  readonly #trace = new Trace()
  /** Null when the workflow has none. */
  readonly #joins: Joins | null
  /** What the nodes without ports got. */
  #output: JsonObject | undefined
  /** Branches that are to go on; the last one is the next. */
  readonly #pending: Pending[] = []
  #waits: Wait[]
  /** Events that ended waits. */
  #arrived: string[] | undefined
  readonly #began: Wait[] = []
  readonly #ended: string[] = []
  /** What the node that is at work got. */
  #input: JsonValue = null

  /** `before`: the run before this execution, which stays as it is. */
  constructor(workflow: CompiledWorkflow, before: RunState, context: RunContext, limits?: Partial<RunLimits>) {
    this.#workflow = workflow
    this.#before = before
    this.#context = context
    this.#limits = limits ? { ...DEFAULT_LIMITS, ...limits } : DEFAULT_LIMITS
    this.#budget = new Budget(this.#limits, before.stepCount)
    this.#work = new Work(workflow, before, context, this.#budget)
    this.#joins = workflow.joins.length > 0 ? new Joins(workflow, before) : null
    this.#waits = before.waits
    this.#arrived = before.arrived
    if (before.output) this.#output = { ...before.output }
  }

  /** Begins the run at nodes, in their order. */
  begin(nodes: readonly CompiledNode[]): RunResult {
    this.#push(nodes, null, this.#before.input)
    return this.#run()
  }

  /** Goes on where a branch waits; null when the node goes on waiting. */
  wake(wait: Wait, cause: Cause): RunResult | null {
    this.#waits = this.#waits.filter(({ id }) => id !== wait.id)
    this.#ended.push(wait.id)
    try {
      const node = this.#node(wait.nodeId, wait.input)
      if (node.definition.wake) {
        const came = this.#attempt(node, wait.input, { wait, cause })
        if (came === KEEP_WAITING) {
          if (cause.kind !== 'time') return null
          throw new Error(`${wait.nodeId} goes on waiting when its time has come`)
        }
        if (cause.kind === 'event') this.#arrived = [...(this.#arrived ?? []), cause.event.id].slice(-MAX_ARRIVED)
        this.#follow(node, came, cause.kind)
      } else {
        // It took the place of one that waits: it runs, with what that one got.
        this.#pending.push({ node, from: null, input: wait.input })
      }
    } catch (error) {
      return this.#failed(error)
    }
    return this.#run()
  }

  /** Repeats what a failed execution had done before it failed, and goes on from there. */
  retry(failed: FailedPoint): RunResult {
    // Those of a failed run were deleted.
    this.#began.push(...this.#waits)
    try {
      const node = this.#node(failed.nodeId, failed.input)
      this.#work.profile.replay(failed.operations)
      this.#work.effects.push(...failed.effects)
      for (const { nodeId, from, input } of failed.pending.toReversed()) {
        this.#pending.push({ node: this.#node(nodeId, input), from, input })
      }
      this.#visit(node, failed.input)
    } catch (error) {
      return this.#failed(error, failed)
    }
    return this.#run()
  }

  /** Ends as failed before anything ran. */
  refuse(error: NodeError, nodeId: string): RunResult {
    this.#work.begin(nodeId)
    this.#input = this.#before.input
    return this.#failed(error)
  }

  #run(): RunResult {
    try {
      for (;;) {
        const next = this.#pending.pop()
        if (next) this.#reach(next)
        else if (!this.#passJoin()) break
      }
    } catch (error) {
      return this.#failed(error)
    }
    this.#work.profile.commit()
    return this.#finished()
  }

  /** A branch reaches a node; one that waits for its branches takes it in, and may say nothing yet. */
  #reach({ node, from, input }: Pending): void {
    if (!node.join || !this.#joins) return this.#visit(node, input)
    this.#work.begin(node.id)
    this.#input = input
    const arrived = this.#joins.arrive(node, from ?? node.id, input)
    if (arrived) this.#visit(node, arrived)
  }

  /** Whether, with no branch left to run, a join passes because no waiting branch can reach it. */
  #passJoin(): boolean {
    if (!this.#joins) return false
    const waiting = this.#waits.flatMap(({ nodeId }) => this.#workflow.nodes.get(nodeId) ?? [])
    const free = this.#joins.nextFree(waiting)
    if (free) this.#visit(free.node, free.input)
    return free !== undefined
  }

  #visit(node: CompiledNode, input: JsonValue): void {
    const came = this.#attempt(node, input)
    if (came !== KEEP_WAITING) this.#follow(node, came)
  }

  /** Lets a node work. What fails has a way out when its `error` port is wired; our limits and broken nodes have none. */
  #attempt(node: CompiledNode, input: JsonValue, woken?: { wait: Wait; cause: Cause }): Came | typeof KEEP_WAITING {
    this.#input = input
    this.#work.begin(node.id)
    try {
      this.#budget.step()
      const step = woken
        ? node.definition.wake?.(new NodeWake(this.#work, node, woken.wait, woken.cause))
        : node.definition.run(new NodeRun(this.#work, node, input))
      return this.#taken(node, input, step)
    } catch (error) {
      this.#work.undo()
      if (!(error instanceof NodeError) || this.#budget.exhausted || !node.next.has('error')) throw error
      const output = { code: error.code, message: error.message }
      this.#budget.spend(output)
      return { port: 'error', output }
    }
  }

  /** Takes what a node says. */
  #taken(
    node: CompiledNode,
    input: JsonValue,
    step: Step | typeof KEEP_WAITING | undefined,
  ): Came | typeof KEEP_WAITING {
    if (step === KEEP_WAITING) return step
    if (step?.park) {
      const wait = this.#park(node, input, step.park)
      this.#work.settle()
      return { wait }
    }
    if (step?.failure) throw step.failure
    if (step) this.#budget.spend(step.output)
    this.#work.settle()
    return step
  }

  #park(node: CompiledNode, input: JsonValue, { until, awaits, memo = null }: Park): Wait {
    if (!node.definition.waits) throw new Error(`${node.definition.type} waits, and does not say so in its definition`)
    this.#budget.wait(this.#waits.length)
    const id = this.#context.newId()
    return {
      id,
      nodeId: node.id,
      input: this.#work.stored(input, 'input'),
      since: this.#context.now,
      until,
      awaits: this.#awaited(awaits, id),
      memo: this.#work.stored(memo, 'memo'),
    }
  }

  /** Begins what is waited for. */
  #awaited(awaits: NewAwaits, waitId: string): Awaits {
    switch (awaits.kind) {
      case 'delivery':
        return { kind: 'delivery', deliveryId: this.#work.deliver(awaits.delivery, waitId).id }
      case 'run':
        this.#work.start(awaits.workflowId, awaits.input, waitId)
        return { kind: 'run', workflowId: awaits.workflowId }
      default:
        return awaits
    }
  }

  /** Keeps the step, and puts the nodes behind its port on top of what is to run. */
  #follow(node: CompiledNode, came: Came, woken?: Cause['kind']): void {
    const step: RunStep = { nodeId: node.id, port: null, at: this.#context.now }
    if (woken) step.woken = woken
    if (this.#work.decision) step.decision = this.#work.decision
    if (!came) {
      this.#trace.add(step, this.#input, undefined)
      if (node.ports.length === 0) (this.#output ??= {})[node.id] = plainJson(this.#input) ?? cut(this.#input)
      return
    }
    if (came.wait) {
      step.waits = true
      this.#trace.add(step, this.#input, undefined)
      this.#waits = [...this.#waits, came.wait]
      this.#began.push(came.wait)
      return
    }
    step.port = came.port
    this.#trace.add(step, this.#input, came.output)
    const targets = node.next.get(came.port)
    if (targets) this.#push(targets, node.id, came.output)
  }

  /** Puts nodes on top of what is to run. */
  #push(nodes: readonly CompiledNode[], from: string | null, input: JsonValue): void {
    // The last one pushed runs first.
    for (let index = nodes.length - 1; index >= 0; index--) {
      const node = nodes[index]
      if (node) this.#pending.push({ node, from, input })
    }
  }

  #finished(): RunResult {
    const state = this.#waits.length > 0 ? 'waiting' : 'completed'
    const { effects, log, response, ux } = this.#work
    const run = this.#after(state)
    const steps = this.#trace.steps
    const output = run.output ?? {}
    return { state, run, steps, log, response, ux, effects, began: this.#began, ended: this.#ended, output }
  }

  #failed(error: unknown, failed: FailedPoint = this.#failedPoint()): RunResult {
    return {
      state: 'failed',
      run: { ...this.#after('failed'), failed },
      steps: this.#trace.steps,
      log: this.#work.log,
      response: {},
      ux: [],
      effects: [],
      began: [],
      // Those of a run that had failed before were deleted then.
      ended: this.#before.failed ? [] : this.#before.waits.map(({ id }) => id),
      output: {},
      error: this.#told(error),
    }
  }

  /** The run after this execution. */
  #after(state: RunResult['state']): RunState {
    const { startedAt, event, input, parent, depth, steps, stepCount } = this.#before
    const stored = state !== 'completed'
    const keepData = stored || this.#workflow.settings.keepData || this.#context.keepData === true
    if (keepData) this.#trace.keepData()
    const run: RunState = {
      v: 1,
      startedAt,
      event: event ?? (stored && this.#context.event ? storeEvent(this.#context.event) : null),
      input,
      depth,
      steps: stepsAfter(steps, this.#trace.steps, keepData),
      stepCount: stepCount + this.#trace.steps.length,
      waits: this.#waits,
      joins: this.#joins ? this.#joins.arrivals() : this.#before.joins,
      passed: this.#joins ? this.#joins.passed() : this.#before.passed,
    }
    if (parent) run.parent = parent
    if (this.#output) run.output = this.#output
    if (this.#arrived) run.arrived = this.#arrived
    return run
  }

  #failedPoint(): FailedPoint {
    return {
      nodeId: this.#work.nodeId,
      input: plainJson(this.#input) ?? null,
      pending: this.#pending
        .toReversed()
        .map(({ node, from, input }) => ({ nodeId: node.id, from, input: plainJson(input) ?? null })),
      operations: this.#work.profile.operations.map(storable),
      effects: this.#work.effects,
    }
  }

  #told(error: unknown): RunError {
    const { nodeId } = this.#work
    const input = cut(this.#input)
    if (error instanceof NodeError) return { nodeId, code: error.code, message: error.message, input }
    const { code, message } = NodeCrashed({ node: nodeId })
    return { nodeId, code, message, input, cause: error }
  }

  /** A node by its id, which gets `input`. @throws NodeError NODE_GONE */
  #node(id: string, input: JsonValue): CompiledNode {
    this.#work.begin(id)
    this.#input = input
    const node = this.#workflow.nodes.get(id)
    if (!node) throw NodeGone({ node: id })
    return node
  }
}

/** An operation as plain JSON: nodes may have written times. */
function storable(operation: FieldOperation): FieldOperation {
  if (operation.op === 'delete' || operation.op === 'increment') return operation
  return { ...operation, value: plainJson(operation.value) ?? null }
}
