// Lets a run go through days in a moment: a clock that jumps from one due time to the next, a profile in memory.
import { checkExits } from '../exits.js'
import type { JsonObject, JsonValue } from '../json.js'
import type { Cause, RunEvent } from '../node.js'
import { resumeRun } from '../resume-run.js'
import type { RunResult } from '../run-result.js'
import type { Effect, Wait } from '../run-state.js'
import { startRun, type Beginning } from '../start-run.js'
import { Agenda } from './agenda.js'
import { momentAt, type DeliveryAnswer, type ScriptAnswer, type ScriptEntry } from './script.js'
import type { Simulation, SimulationInput } from './simulation.js'
import { World, type SimulatedRun } from './world.js'

/** A journey of years takes hundreds of executions and a few milliseconds; these end what begins itself again and again. */
const MAX_EXECUTIONS = 2_000
const MAX_STEPS = 10_000
/** Wall time: whoever asked for the simulation waits, and so do others of the process. */
const MAX_MILLISECONDS = 3_000

/**
 * Runs a workflow on an event as if the time of its waits went by, with what the script lets happen meanwhile.
 * Deterministic: the same input gives the same simulation. Emitted events arrive at once where they are waited for; a
 * place in a queue over all profiles is free at once.
 */
export function simulateWorkflow(input: SimulationInput): Simulation {
  return new Simulator(input).simulate()
}

class Simulator {
  readonly #given: SimulationInput
  readonly #told: Simulation
  readonly #world: World
  readonly #agenda = new Agenda()
  /** Those that wait, the oldest first. */
  readonly #runs: SimulatedRun[] = []
  /** What the script says of deliveries and nobody has waited for yet. */
  readonly #answers = new Set<ScriptAnswer>()
  #executions = 0
  readonly #began = performance.now()

  constructor(given: SimulationInput) {
    this.#given = given
    this.#world = new World(given)
    this.#told = {
      state: 'waiting',
      exit: null,
      error: null,
      startedAt: given.now,
      endedAt: given.now,
      steps: [],
      effects: [],
      log: [],
      response: {},
      ux: [],
      profile: given.profile,
      output: {},
      waits: [],
      notes: [],
    }
  }

  simulate(): Simulation {
    const { script = [], now, until } = this.#given
    for (const entry of script) {
      if ('deliver' in entry) this.#answers.add(entry)
      else if (momentAt(entry.at, now) < now) this.#happen(entry)
    }
    this.#agenda.plan(now, () => this.#begin())
    for (const entry of script) {
      const at = momentAt(entry.at, now)
      if (!('deliver' in entry) && at >= now) this.#agenda.plan(at, () => this.#happen(entry))
    }
    this.#go(until === undefined ? Infinity : momentAt(until, now))
    for (const { at, deliver } of this.#answers) {
      this.#told.notes.push(`At ${at} nothing waited for the delivery of ${deliver.node}.`)
    }
    this.#told.profile = this.#world.profile.document
    this.#told.waits = this.#runs.find(({ workflowId }) => workflowId === null)?.state?.waits ?? []
    return this.#told
  }

  #go(until: number): void {
    for (;;) {
      const timer = this.#nextTimer()
      const at = Math.min(this.#agenda.next, timer?.at ?? Infinity)
      if (at === Infinity || at > until) return
      // A wait may begin with its time already over.
      this.#world.now = Math.max(at, this.#world.now)
      // An event that comes at the moment of a timeout comes before it.
      if (this.#agenda.next <= at) this.#agenda.take()?.()
      else if (timer) this.#wake(timer.run, timer.wait, { kind: 'time' })
      const stop = this.#stop()
      if (stop) return void this.#told.notes.push(stop)
    }
  }

  /** Why the simulation goes no further; undefined when it does. */
  #stop(): string | undefined {
    const many = this.#executions > MAX_EXECUTIONS || this.#told.steps.length > MAX_STEPS
    if (!many && performance.now() - this.#began < MAX_MILLISECONDS) return undefined
    const amount = `${this.#executions} executions and ${this.#told.steps.length} steps`
    return `Stopped after ${amount}: the workflow goes on and on, or is too much work.`
  }

  /** The wait whose time comes next. */
  #nextTimer(): { at: number; run: SimulatedRun; wait: Wait } | undefined {
    let next: { at: number; run: SimulatedRun; wait: Wait } | undefined
    for (const run of this.#runs) {
      for (const wait of run.state?.waits ?? []) {
        if (wait.until !== null && (!next || wait.until < next.at)) next = { at: wait.until, run, wait }
      }
    }
    return next
  }

  #begin(): void {
    const { workflow, event: given, input = null, startNode = null } = this.#given
    const event = given && this.#world.eventOf(given)
    if (event) this.#world.arrived.push(event)
    this.#start({ workflowId: null, workflow, event, state: null, parent: null }, { input, depth: 0, startNode })
  }

  #happen(entry: Exclude<ScriptEntry, ScriptAnswer>): void {
    if ('event' in entry) this.#arrive(this.#world.eventOf(entry.event, momentAt(entry.at, this.#given.now)))
    else if ('profile' in entry) this.#change(entry.profile)
    else this.#enter(entry.enterSegment)
  }

  #arrive(event: RunEvent): void {
    this.#world.arrived.push(event)
    for (const run of [...this.#runs]) {
      if (this.#exits(run, event)) continue
      for (const wait of run.state?.waits ?? []) {
        const { awaits } = wait
        if (awaits.kind === 'event' && awaits.eventType === event.type)
          this.#resume(run, wait, { kind: 'event', event })
      }
    }
  }

  #change(fields: JsonObject): void {
    for (const [path, value] of Object.entries(fields)) this.#world.profile.apply({ op: 'set', path, value })
    for (const run of [...this.#runs]) this.#exits(run, null)
  }

  #enter(segmentId: string): void {
    this.#world.segments.add(segmentId)
    for (const run of [...this.#runs]) {
      for (const wait of run.state?.waits ?? []) {
        const { awaits } = wait
        if (awaits.kind === 'segment' && awaits.segmentId === segmentId) this.#wake(run, wait, { kind: 'segment' })
      }
    }
  }

  #start(run: SimulatedRun, beginning: Beginning): void {
    this.#runs.push(run)
    this.#take(run, startRun(run.workflow, beginning, this.#world.contextOf(run)))
  }

  #wake(run: SimulatedRun, wait: Wait, cause: Cause): void {
    if (this.#isWaiting(run, wait) && !this.#exits(run, null)) this.#resume(run, wait, cause)
  }

  /** Whether the run went on. */
  #resume(run: SimulatedRun, wait: Wait, cause: Cause): boolean {
    if (!run.state || !this.#isWaiting(run, wait)) return false
    const result = resumeRun(run.workflow, run.state, wait.id, cause, this.#world.contextOf(run))
    if (result) this.#take(run, result)
    return result !== null
  }

  #isWaiting(run: SimulatedRun, { id }: Wait): boolean {
    return this.#runs.includes(run) && (run.state?.waits.some((wait) => wait.id === id) ?? false)
  }

  #exits(run: SimulatedRun, arrived: RunEvent | null): boolean {
    const exit = run.state && checkExits(run.workflow, run.state, { ...this.#world.contextOf(run), arrived })
    if (!exit) return false
    if (run.workflowId === null) Object.assign(this.#told, { state: 'exited', exit, endedAt: this.#world.now })
    this.#leave(run, exit.goal ? 'completed' : 'cancelled', {})
    return true
  }

  /** Takes over what an execution did. */
  #take(run: SimulatedRun, result: RunResult): void {
    this.#executions++
    const { workflowId } = run
    const at = this.#world.now
    run.state = result.run
    this.#told.steps.push(...result.steps.map((step) => ({ ...step, workflowId })))
    this.#told.log.push(...result.log.map((entry) => ({ ...entry, at, workflowId })))
    this.#told.effects.push(...result.effects.map((effect) => ({ at, workflowId, effect })))
    Object.assign(this.#told.response, result.response)
    this.#told.ux.push(...result.ux)
    for (const effect of result.effects) this.#takeEffect(run, effect)
    for (const wait of result.began) this.#await(run, wait)
    if (workflowId === null) {
      const { state, output, error = null } = result
      Object.assign(this.#told, { state, output, error, endedAt: at })
    }
    if (result.state !== 'waiting') this.#leave(run, result.state, result.output)
  }

  #takeEffect(run: SimulatedRun, effect: Effect): void {
    this.#world.remember(run, effect)
    if (effect.kind === 'emit') {
      const event = this.#world.eventOf(effect.event)
      this.#agenda.plan(this.#world.now, () => this.#arrive(event))
    } else if (effect.kind === 'start') {
      const { workflowId, input, waitId } = effect
      const parent = waitId === null ? null : { run, waitId }
      const depth = (run.state?.depth ?? 0) + 1
      this.#agenda.plan(this.#world.now, () => this.#startOther(workflowId, input, depth, parent))
    }
  }

  #startOther(workflowId: string, input: JsonValue, depth: number, parent: SimulatedRun['parent']): void {
    const workflow = this.#given.workflows?.get(workflowId)
    if (workflow) this.#start({ workflowId, workflow, event: null, state: null, parent }, { input, depth })
    else this.#tellParent(parent, 'completed', {})
  }

  /** A wait begins: what may end it is planned. */
  #await(run: SimulatedRun, wait: Wait): void {
    const { awaits } = wait
    const { now, segments, arrived } = this.#world
    switch (awaits.kind) {
      case 'delivery': {
        const { at, answer } = this.#answerOf(wait.nodeId)
        this.#agenda.plan(at, () => this.#wake(run, wait, causeOf(answer)))
        return
      }
      case 'segment':
        if (segments.has(awaits.segmentId)) this.#agenda.plan(now, () => this.#wake(run, wait, { kind: 'segment' }))
        return
      case 'slot':
        this.#agenda.plan(now, () => this.#wake(run, wait, { kind: 'time' }))
        return
      case 'event': {
        const since = awaits.lookBackTo
        if (since === null) return
        const seen = arrived.filter(
          ({ type, occurredAt }) => type === awaits.eventType && occurredAt.getTime() >= since,
        )
        const isNew = ({ id }: RunEvent) => !run.state?.arrived?.includes(id)
        this.#agenda.plan(now, () =>
          seen.some((event) => isNew(event) && this.#resume(run, wait, { kind: 'event', event })),
        )
        return
      }
      case 'time':
      case 'run':
    }
  }

  /** What the script says of a node's delivery from now on, else what holds for all of them. */
  #answerOf(nodeId: string): { at: number; answer: DeliveryAnswer } {
    const { now } = this.#world
    for (const entry of this.#answers) {
      const at = momentAt(entry.at, this.#given.now)
      if (entry.deliver.node !== nodeId || at < now) continue
      this.#answers.delete(entry)
      return { at, answer: entry.deliver }
    }
    const { deliveries = {} } = this.#given
    return { at: now, answer: (Object.hasOwn(deliveries, nodeId) ? deliveries[nodeId] : undefined) ?? {} }
  }

  #leave(run: SimulatedRun, state: 'completed' | 'failed' | 'cancelled', output: JsonObject): void {
    this.#runs.splice(this.#runs.indexOf(run), 1)
    this.#tellParent(run.parent, state, output)
  }

  #tellParent(parent: SimulatedRun['parent'], state: 'completed' | 'failed' | 'cancelled', output: JsonObject): void {
    const wait = parent?.run.state?.waits.find(({ id }) => id === parent.waitId)
    if (!parent || !wait) return
    this.#agenda.plan(this.#world.now, () => this.#wake(parent.run, wait, { kind: 'run', state, output }))
  }
}

function causeOf({ response, error }: DeliveryAnswer): Cause {
  return error
    ? { kind: 'answer', delivered: false, error, response: response ?? null }
    : { kind: 'answer', delivered: true, response: response ?? { status: 200 } }
}
