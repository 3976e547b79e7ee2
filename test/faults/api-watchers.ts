// A client that watches without end, and what it must have been told in the end.
import { setTimeout as pause } from 'node:timers/promises'
import { createClient, graphql, type ApiClient, type MessagePlace } from '@segue/api-client'
import { ClientRecord } from './api-client.js'
import { people, shown, type Person, type SentEvent } from './api-people.js'
import type { Account, Known } from './api-stand.js'

const EVENTS = graphql(`
  subscription Events($filter: EventReceivedFilter) {
    eventReceived(filter: $filter) {
      skipped
      events {
        id
        type
        sourceId
        properties
        profile {
          id
          email
        }
      }
    }
  }
`)
const RUNS = graphql(`
  subscription Runs($workflowId: ID!) {
    workflowRunUpdated(workflowId: $workflowId) {
      skipped
      runs {
        id
        workflowId
        event {
          id
        }
        profile {
          id
          email
        }
      }
    }
  }
`)
const NODES = graphql(`
  subscription Nodes($workflowId: ID!) {
    nodeActivity(workflowId: $workflowId) {
      skipped
      workflow {
        id
      }
      nodes {
        nodeId
        entered
        failed
      }
    }
  }
`)
const PROFILE = graphql(`
  subscription Profile($id: ID!) {
    profileChanged(id: $id) {
      skipped
      profile {
        id
        email
        counters
        traits
      }
    }
  }
`)

/** What a client watches. */
export type Watched =
  { events: { types?: string[]; person?: Person } } | { runsOf: string } | { nodesOf: string } | { profile: Person }

/** Nothing that is committed before it is told of is older than this; a foreign client tries again after it. */
const AGAIN_MS = 1000

export class WatchingClient {
  readonly record: ClientRecord
  /** Ids of events or runs that it was told of, and how often. */
  readonly told = new Map<string, number>()
  /** How often each node was entered and failed. */
  readonly nodes = new Map<string, { entered: number; failed: number }>()
  /** The profile as it was told of last. */
  profile: unknown
  messages = 0
  missed = 0
  skipped = 0
  losses = 0
  /** Of the message that is being looked at. */
  #isPartial = false
  readonly #client: ApiClient

  constructor(
    readonly watched: Watched,
    private readonly known: Known,
    private readonly account: Account | undefined,
    /** By their keys: all that were sent, before they are. */
    private readonly sent: ReadonlyMap<string, SentEvent>,
    { number, url, token }: { number: number; url: string; token: string },
  ) {
    const what = JSON.stringify(watched)
    this.record = new ClientRecord(
      `watching client ${number} (${account?.role ?? 'foreign'}, ${what})`,
      account === undefined,
    )
    this.#client = createClient({ url, token })
  }

  /** Watches until `signal` ends it. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#subscribe(signal)
      } catch (error) {
        // It goes on by itself where it may: what ends it is for good, but for those who were never let in.
        if (this.record.failed(error) && this.account) this.record.note(`was ended: ${String(error)}`)
      }
      if (!signal.aborted) await pause(AGAIN_MS)
    }
    await this.#client.close()
  }

  async #subscribe(signal: AbortSignal): Promise<void> {
    const { watched } = this
    const options = <Data>(take: (data: Data) => boolean) => ({
      signal,
      onMessage: (data: Data, place: MessagePlace) => this.#take(data, place, take),
      onLost: () => {
        this.losses += 1
      },
    })
    if ('events' in watched) {
      const { types, person } = watched.events
      const filter = { ...(types ? { types } : {}), ...(person ? { profileId: this.#idOf(person) } : {}) }
      return await this.#client.subscribe(
        EVENTS,
        { filter },
        options(({ eventReceived }) => {
          this.skipped += eventReceived?.skipped ?? 0
          for (const event of eventReceived?.events ?? []) this.#event(event)
          return (eventReceived?.events ?? []).length > 0
        }),
      )
    }
    if ('runsOf' in watched) {
      return await this.#client.subscribe(
        RUNS,
        { workflowId: watched.runsOf },
        options(({ workflowRunUpdated }) => {
          this.skipped += workflowRunUpdated?.skipped ?? 0
          for (const run of workflowRunUpdated?.runs ?? []) this.#run(run, watched.runsOf)
          return (workflowRunUpdated?.runs ?? []).length > 0
        }),
      )
    }
    if ('nodesOf' in watched) {
      return await this.#client.subscribe(
        NODES,
        { workflowId: watched.nodesOf },
        options(({ nodeActivity }) => {
          this.skipped += nodeActivity?.skipped ?? 0
          if (nodeActivity?.workflow && nodeActivity.workflow.id !== watched.nodesOf)
            this.record.note(`was told of workflow ${nodeActivity.workflow.id}`)
          for (const { nodeId, entered, failed } of nodeActivity?.nodes ?? []) {
            const before = this.nodes.get(nodeId) ?? { entered: 0, failed: 0 }
            this.nodes.set(nodeId, { entered: before.entered + entered, failed: before.failed + failed })
          }
          return (nodeActivity?.nodes ?? []).length > 0
        }),
      )
    }
    return await this.#client.subscribe(
      PROFILE,
      { id: this.#idOf(watched.profile) },
      options(({ profileChanged }) => {
        const profile = profileChanged?.profile
        if (!profile) return false
        this.#profile(profile, watched.profile)
        this.profile = profile
        return true
      }),
    )
  }

  #take<Data>(data: Data, { missed, error }: MessagePlace, take: (data: Data) => boolean): void {
    const at = Date.now()
    this.messages += 1
    if (missed) this.missed += 1
    this.#isPartial = error !== undefined
    if (error) this.record.failed(error)
    if (!this.account) this.record.note(`was told ${JSON.stringify(data)}`)
    const isNews = take(data)
    if (isNews && !error) this.record.served.push({ from: at, at })
  }

  #event(event: { id: string; type: string; sourceId: string; properties: object; profile: ToldProfile }): void {
    this.#count(event.id)
    const sent = this.sent.get(String((event.properties as { key?: unknown }).key))
    const { types, person } = 'events' in this.watched ? this.watched.events : {}
    if (!sent || sent.type !== event.type || event.sourceId !== 'shop') {
      this.record.note(`was told of an event that nobody sent: ${JSON.stringify(event)}`)
      return
    }
    if ((types && !types.includes(event.type)) || (person && person !== sent.person))
      this.record.note(`was told of an event that it did not ask for: ${JSON.stringify(event)}`)
    const expected = JSON.stringify(inOrder({ ...sent.properties, contact_email: this.#shown(sent.person.email) }))
    if (JSON.stringify(inOrder(event.properties)) !== expected)
      this.record.note(`was told ${JSON.stringify(event.properties)} instead of ${expected}`)
    this.#profile(event.profile, sent.person)
  }

  #run(run: { id: string; workflowId: string; profile: ToldProfile }, workflowId: string): void {
    this.#count(run.id)
    if (run.workflowId !== workflowId) this.record.note(`was told of a run of another workflow: ${JSON.stringify(run)}`)
    const owner = people.find((person) => this.#idOf(person) === run.profile?.id)
    this.#profile(run.profile, owner)
  }

  /** Null stands for what is away, when there is an error. */
  #profile(profile: ToldProfile, person: Person | undefined): void {
    const email = person && this.#shown(person.email)
    const isRight = profile?.id === (person && this.#idOf(person)) && profile?.email === email
    const isAway =
      this.#isPartial && (!profile || (profile.id === (person && this.#idOf(person)) && profile.email === null))
    if (!isRight && !isAway)
      this.record.note(`was told of ${JSON.stringify(profile)} instead of ${JSON.stringify(person)}`)
  }

  #count(id: string): void {
    this.told.set(id, (this.told.get(id) ?? 0) + 1)
  }

  #idOf(person: Person): string {
    return this.known.profileIds.get(person) ?? ''
  }

  #shown(text: string): string {
    return shown(text, this.account?.personalData ?? false)
  }
}

type ToldProfile = { id: string; email: string | null } | null

function inOrder(object: object): object {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))
}
