// What nodes do in one execution. All of it is kept in memory until the execution has ended.
import type { CompiledWorkflow } from './compiled-workflow.js'
import { decideConsents } from './consents.js'
import { BadName, NestedTooDeep, TooDeep } from './errors.js'
import { plainJson, type JsonObject, type JsonValue } from './json.js'
import { MAX_DEPTH, type Budget } from './limits.js'
import type { ContactDecision, LogLevel, NewDelivery } from './node.js'
import { isForbiddenName } from './paths.js'
import { ProfileDraft } from './profile-draft.js'
import type { RunContext, RunLogEntry } from './run-result.js'
import type { Decision, DeliveryRequest, Effect, RunState } from './run-state.js'

export class Work {
  readonly context: RunContext
  /** When the run began. */
  readonly startedAt: number
  /** The profile's, else the workflow's. */
  readonly timeZone: string
  readonly profile: ProfileDraft
  readonly effects: Effect[] = []
  readonly log: RunLogEntry[] = []
  readonly response: JsonObject = {}
  readonly ux: JsonObject[] = []
  /** The node that is at work, and what was decided in it. */
  nodeId = ''
  decision: Decision | undefined
  #effectsBefore = 0
  readonly #depth: number
  readonly #budget: Budget
  /** Of the node: the delivery it made last, and the channels by which it says that people are written to. */
  #deliveryId: string | undefined
  #contacted: string[] | undefined

  constructor(workflow: CompiledWorkflow, { startedAt, depth }: RunState, context: RunContext, budget: Budget) {
    this.context = context
    this.startedAt = startedAt
    this.timeZone = context.timeZone ?? workflow.settings.timeZone
    this.#depth = depth
    this.#budget = budget
    this.profile = new ProfileDraft(context.profile, budget)
  }

  /** A node begins to work. */
  begin(nodeId: string): void {
    this.nodeId = nodeId
    this.decision = undefined
    this.#deliveryId = undefined
    this.#contacted = undefined
    this.profile.save()
    this.#effectsBefore = this.effects.length
  }

  /** The node failed: what it wrote and wanted done is forgotten. What it logged and answered stays. */
  undo(): void {
    this.profile.restore()
    this.effects.length = this.#effectsBefore
  }

  /** The node has done its work. */
  settle(): void {
    if (!this.#contacted) return
    const deliveryId = this.#deliveryId
    if (deliveryId === undefined) throw new Error(`${this.nodeId} says that it writes to people, and delivers nothing`)
    for (const channel of this.#contacted) {
      this.effects.push({ kind: 'contact', nodeId: this.nodeId, channel, deliveryId })
    }
  }

  /** A value that is to be stored: counted, and plain JSON. */
  stored<Value extends JsonValue>(value: Value, what: string): Value {
    this.#budget.spend(value)
    const plain = plainJson(value)
    if (plain === undefined) throw NestedTooDeep({ what })
    // Plain JSON of a map is a map.
    return plain as Value
  }

  respond(key: string, value: JsonValue): void {
    if (isForbiddenName(key)) throw BadName({ name: key })
    this.#budget.spend(value)
    this.response[key] = value
  }

  show(widget: JsonObject): void {
    this.#budget.spend(widget)
    this.ux.push(widget)
  }

  write(level: LogLevel, message: string): void {
    this.#budget.spend(message)
    this.log.push({ nodeId: this.nodeId, level, message })
  }

  emit(type: string, properties: JsonObject): void {
    this.#deepen()
    const event = { type, properties: this.stored(properties, 'event') }
    this.effects.push({ kind: 'emit', nodeId: this.nodeId, event })
  }

  start(workflowId: string, input: JsonValue, waitId: string | null): void {
    this.#deepen()
    this.effects.push({ kind: 'start', nodeId: this.nodeId, workflowId, input: this.stored(input, 'input'), waitId })
  }

  deliver(delivery: NewDelivery, waitId: string | null): DeliveryRequest {
    const { transport, resource, requiredConsents } = delivery
    const request = this.stored(delivery.request, 'delivery')
    const made = { id: this.context.newId(), waitId, transport, resource, request, requiredConsents }
    this.#deliveryId = made.id
    this.effects.push({ kind: 'deliver', nodeId: this.nodeId, delivery: made })
    return made
  }

  recall(key: string): readonly number[] {
    for (let index = this.effects.length - 1; index >= 0; index--) {
      const effect = this.effects[index]
      if (effect?.kind === 'remember' && effect.nodeId === this.nodeId && effect.key === key) return effect.times
    }
    return this.context.recall(this.nodeId, key)
  }

  remember(key: string, times: number[], expiresAt: number | null): void {
    this.#budget.spend(times)
    this.effects.push({ kind: 'remember', nodeId: this.nodeId, key, times, expiresAt })
  }

  hasConsents(consents: readonly string[]): boolean {
    if (consents.length === 0) return true
    return this.#decide(decideConsents(this.profile.document, consents, this.context.now))
  }

  mayContact(channel: string): ContactDecision {
    const already = this.effects.filter((effect) => effect.kind === 'contact' && effect.channel === channel).length
    const answer = this.context.mayContact(channel, already)
    this.#decide(
      answer.allowed ? { allowed: true, code: 'MAY_CONTACT', message: `Free: ${channel}.` } : answer.decision,
    )
    return answer
  }

  contacted(channel: string): void {
    this.#contacted = [...(this.#contacted ?? []), channel]
  }

  /** A step keeps what forbade its effect before what allowed it. */
  #decide(decision: Decision): boolean {
    if (this.decision?.allowed !== false) this.decision = decision
    return decision.allowed
  }

  #deepen(): void {
    if (this.#depth >= MAX_DEPTH) throw TooDeep({ limit: MAX_DEPTH })
  }
}
