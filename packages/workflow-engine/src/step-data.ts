// What conditions and templates see.
import type { JsonObject, JsonValue } from './json.js'
import type { RunData, RunEvent } from './node.js'
import type { ProfileDraft } from './profile-draft.js'
import type { RunContext } from './run-result.js'

type Surroundings = Pick<RunContext, 'event' | 'session' | 'now'>

/** The data of one step. The profile's document is put together only when a condition or template asks for it. */
export class StepData implements RunData {
  readonly [name: string]: unknown
  readonly event: RunEvent | null
  readonly session: JsonObject | null
  readonly now: number
  readonly input: JsonValue
  /** The event that woke the node; null when it was something else. */
  readonly arrived: RunEvent | null
  readonly #profile: ProfileDraft

  constructor(
    profile: ProfileDraft,
    { event, session, now }: Surroundings,
    input: JsonValue,
    arrived: RunEvent | null = null,
  ) {
    this.#profile = profile
    this.event = event
    this.session = session
    this.now = now
    this.input = input
    this.arrived = arrived
  }

  get profile(): JsonObject {
    return this.#profile.document
  }
}
