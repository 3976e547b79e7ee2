// What surrounds simulated runs: the time, the person, and what is remembered of them. All in memory.
import type { CompiledWorkflow } from '../compiled-workflow.js'
import type { JsonValue } from '../json.js'
import { decideContact } from '../contact-policy.js'
import type { ContactDecision, RunEvent } from '../node.js'
import type { RunContext } from '../run-result.js'
import type { Effect, RunState } from '../run-state.js'
import { isTimeZone } from '../settings.js'
import { reviveEvent } from '../stored-event.js'
import { MemoryProfile } from './memory-profile.js'
import type { SimulatedEvent } from './script.js'
import type { SimulationInput } from './simulation.js'

/** A run in the simulation: the tested one, or a sub-workflow's. */
export interface SimulatedRun {
  /** Null: the tested one. */
  readonly workflowId: string | null
  readonly workflow: CompiledWorkflow
  readonly event: RunEvent | null
  /** Null before its first execution. */
  state: RunState | null
  /** The run, and the wait in it, that its end wakes. */
  readonly parent: { run: SimulatedRun; waitId: string } | null
}

export class World {
  now: number
  readonly profile: MemoryProfile
  /** All events so far, the first ones first. */
  readonly arrived: RunEvent[] = []
  readonly segments: Set<JsonValue>
  readonly #given: SimulationInput
  readonly #memory = new Map<string, readonly number[]>()
  /** When the person was written to, by channel. */
  readonly #contacts = new Map<string, number[]>()
  #ids = 0

  constructor(given: SimulationInput) {
    const { segments } = given.profile
    this.#given = given
    this.now = given.now
    this.profile = new MemoryProfile(given.profile)
    this.segments = new Set(Array.isArray(segments) ? segments : [])
  }

  /** What a run is executed in. The visit it began in is over when it goes on. */
  contextOf(run: SimulatedRun): RunContext {
    const { session = null } = this.#given
    const at = this.now
    return {
      event: run.event,
      profile: this.profile,
      session: run.state ? null : session,
      now: at,
      newId: () => this.#newId(),
      recall: (nodeId, key) => this.#memory.get(memoryKey(run, nodeId, key)) ?? [],
      mayContact: (channel, already) => this.#mayContact(channel, already),
      timeZone: this.#timeZone(),
      keepData: true,
    }
  }

  /** Takes in what nodes keep for the profile, and that it was written to. */
  remember(run: SimulatedRun, effect: Effect): void {
    if (effect.kind === 'remember') this.#memory.set(memoryKey(run, effect.nodeId, effect.key), effect.times)
    if (effect.kind === 'contact')
      this.#contacts.set(effect.channel, [...(this.#contacts.get(effect.channel) ?? []), this.now])
  }

  /** An event with all that it lacks; it happened when it arrives, unless it says otherwise. */
  eventOf({ type, properties = {}, occurredAt, ...rest }: SimulatedEvent, at = this.now): RunEvent {
    const time = new Date(at).toISOString()
    const event = { id: this.#newId(), receivedAt: time, ...rest, type, properties, occurredAt: occurredAt ?? time }
    // Scripts are JSON.
    return reviveEvent(event as Parameters<typeof reviveEvent>[0])
  }

  #mayContact(channel: string, already: number): ContactDecision {
    const policy = this.#given.contactPolicies?.find((each) => each.channel === channel)
    if (!policy) return { allowed: true }
    const times = this.#contacts.get(channel) ?? []
    return decideContact(policy, { times, already, timeZone: this.#timeZone() }, this.now)
  }

  /** What the person stated, else what their last device said; null when neither is known. */
  #timeZone(): string | null {
    for (const path of ['traits.timezone', 'aux.timezone']) {
      const name = this.profile.read(path)
      if (typeof name === 'string' && isTimeZone(name)) return name
    }
    return null
  }

  /** Numbered, so that two simulations of the same have the same ids. */
  #newId(): string {
    return `00000000-0000-7000-8000-${String(++this.#ids).padStart(12, '0')}`
  }
}

function memoryKey({ workflowId }: SimulatedRun, nodeId: string, key: string): string {
  return JSON.stringify([workflowId, nodeId, key])
}
