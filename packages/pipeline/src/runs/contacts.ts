// When the profiles of a batch were written to, for quiet hours and caps that hold over all workflows.
import type { KnownId } from '@segue/database'
import { decideContact, type ContactDecision, type ContactPolicy } from '@segue/workflow-engine'

/** What was stored, with what the batch itself adds. */
export class Contacts {
  readonly #times = new Map<KnownId, Map<string, number[]>>()

  constructor(
    private readonly policies: ReadonlyMap<string, ContactPolicy>,
    private readonly now: number,
  ) {}

  add(profile: KnownId, channel: string, at: number): void {
    let channels = this.#times.get(profile)
    if (!channels) this.#times.set(profile, (channels = new Map()))
    const times = channels.get(channel)
    if (times) times.push(at)
    else channels.set(channel, [at])
  }

  /** Whether the profile may be written to now, `already` contacts after those that are known. `timeZone`: its own, when known. */
  may(profile: KnownId, channel: string, already: number, timeZone: string | null): ContactDecision {
    const policy = this.policies.get(channel)
    if (!policy) return { allowed: true }
    const times = this.#times.get(profile)?.get(channel) ?? []
    return decideContact(policy, { times, already, timeZone }, this.now)
  }
}
