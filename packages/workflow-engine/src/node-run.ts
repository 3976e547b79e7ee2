// What a node gets when it runs or is woken. Getters, because most nodes use little of it, and take functions out of it.
import type { CompiledNode } from './compiled-workflow.js'
import type { JsonValue } from './json.js'
import type { Cause, Run, RunEvent, Wake } from './node.js'
import type { Wait } from './run-state.js'
import { StepData } from './step-data.js'
import type { Work } from './work.js'

export class NodeRun implements Run<never> {
  readonly config: never
  readonly input: JsonValue
  readonly data: StepData
  readonly nodeId: string
  readonly #work: Work

  constructor(work: Work, node: CompiledNode, input: JsonValue, arrived: RunEvent | null = null) {
    // What the node's own schema gave: the compiler put the two together.
    this.config = node.config as never
    this.input = input
    this.data = new StepData(work.profile, work.context, input, arrived)
    this.nodeId = node.id
    this.#work = work
  }

  get event() {
    return this.#work.context.event
  }

  get profile() {
    return this.#work.profile
  }

  get session() {
    return this.#work.context.session
  }

  get now() {
    return this.#work.context.now
  }

  get startedAt() {
    return this.#work.startedAt
  }

  get timeZone() {
    return this.#work.timeZone
  }

  get respond(): Run<never>['respond'] {
    return (key, value) => this.#work.respond(key, value)
  }

  get show(): Run<never>['show'] {
    return (widget) => this.#work.show(widget)
  }

  get log(): Run<never>['log'] {
    return (level, message) => this.#work.write(level, message)
  }

  get emit(): Run<never>['emit'] {
    return (type, properties) => this.#work.emit(type, properties)
  }

  get start(): Run<never>['start'] {
    return (workflowId, input) => this.#work.start(workflowId, input, null)
  }

  get deliver(): Run<never>['deliver'] {
    return (delivery) => void this.#work.deliver(delivery, null)
  }

  get recall(): Run<never>['recall'] {
    return (key) => this.#work.recall(key)
  }

  get remember(): Run<never>['remember'] {
    return (key, times, expiresAt) => this.#work.remember(key, times, expiresAt)
  }

  get hasConsents(): Run<never>['hasConsents'] {
    return (consents) => this.#work.hasConsents(consents)
  }

  get mayContact(): Run<never>['mayContact'] {
    return (channel) => this.#work.mayContact(channel)
  }

  get contacted(): Run<never>['contacted'] {
    return (channel) => this.#work.contacted(channel)
  }
}

export class NodeWake extends NodeRun implements Wake<never> {
  readonly cause: Cause
  readonly memo: JsonValue
  readonly since: number
  readonly until: number | null

  constructor(work: Work, node: CompiledNode, wait: Wait, cause: Cause) {
    super(work, node, wait.input, cause.kind === 'event' ? cause.event : null)
    this.cause = cause
    this.memo = wait.memo
    this.since = wait.since
    this.until = wait.until
  }
}
