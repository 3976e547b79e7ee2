// A client that asks without end, and knows what it must be answered.
import { setTimeout as pause } from 'node:timers/promises'
import { ApiError, createClient, graphql, type ApiClient } from '@segue/api-client'
import { ClientRecord, differences } from './api-client.js'
import { people, SETTLED_PEOPLE, shown } from './api-people.js'
import { segmentOf, type Account, type Known } from './api-stand.js'
import { random, type Random } from './random.js'
import { WORKFLOWS } from './workflows.js'

/** Between an answer and the next question. */
const PAUSE_MS = 1500
/** Longer than a gateway waits for a subgraph, and than the client's attempts take: what takes as long hangs. */
const HANGS_MS = 45_000

/** Of all five subgraphs, each reached from others. */
const PERSON = graphql(`
  query Person($id: ID!, $segment: ID!, $workflow: ID!) {
    me {
      id
      email
      role
    }
    profile(id: $id) {
      id
      email
      segments {
        id
        name
      }
      events(first: 50) {
        edges {
          node {
            id
            type
            source {
              id
            }
            profile {
              id
              email
            }
          }
        }
      }
      runs(first: 50) {
        edges {
          node {
            id
            workflow {
              id
              name
            }
            event {
              id
            }
          }
        }
      }
    }
    segment(id: $segment) {
      id
      name
      profileCount
    }
    workflow(id: $workflow) {
      id
      name
    }
  }
`)

const THINGS = graphql(`
  query Things($one: ID!, $other: ID!, $event: ID!, $run: ID!, $busy: ID!) {
    me {
      id
    }
    one: profile(id: $one) {
      id
      email
      segments {
        id
        name
      }
    }
    other: profile(id: $other) {
      id
      email
    }
    event(id: $event) {
      id
      type
      properties
      profile {
        id
        email
      }
    }
    workflowRun(id: $run) {
      id
      event {
        id
      }
      profile {
        id
      }
    }
    busy: events(first: 5, filter: { profileId: $busy }) {
      edges {
        node {
          properties
          profile {
            id
            email
          }
        }
      }
    }
  }
`)

export class AskingClient {
  readonly record: ClientRecord
  /** ms that the slowest question took. */
  slowest = 0
  readonly #chance: Random
  readonly #client: ApiClient

  constructor(
    private readonly known: Known,
    private readonly account: Account | undefined,
    { number, url, token }: { number: number; url: string; token: string },
  ) {
    this.record = new ClientRecord(`asking client ${number} (${account?.role ?? 'foreign'})`, account === undefined)
    this.#chance = random(100 + number)
    this.#client = createClient({ url, token })
  }

  /** Asks until `signal` ends it. */
  async run(signal: AbortSignal): Promise<void> {
    // Not all at once.
    await pause(3 * PAUSE_MS * this.#chance.next())
    while (!signal.aborted) {
      const from = Date.now()
      const [ask, expected] = this.#chance.next() < 0.5 ? this.#person() : this.#things()
      let [data, isPartial]: [unknown, boolean] = [undefined, false]
      try {
        data = await ask()
      } catch (error) {
        isPartial = true
        data = error instanceof ApiError ? error.data : undefined
        this.record.failed(error)
      }
      const at = Date.now()
      this.slowest = Math.max(this.slowest, at - from)
      const wrong = data === undefined ? [] : differences(data, expected(data), isPartial)
      wrong.forEach((each) => this.record.note(each))
      if (this.account === undefined && data !== undefined) this.record.note(`was answered ${JSON.stringify(data)}`)
      if (!isPartial && wrong.length === 0) this.record.served.push({ from, at })
      await pause(PAUSE_MS * (0.5 + this.#chance.next()))
    }
    await this.#client.close()
  }

  #person(): Question {
    const person = this.#chance.pick(people.slice(0, SETTLED_PEOPLE))
    const workflow = this.#chance.pick(WORKFLOWS)
    const segment = segmentOf(this.#chance.pick(people.slice(0, SETTLED_PEOPLE)))
    const id = this.#idOf(person)
    const profile = { id, email: this.#shown(person.email) }
    const events = this.known.events.filter((event) => event.person === person)
    return [
      () =>
        this.#client.request(
          PERSON,
          { id, segment: segment.id, workflow: workflow.id },
          { signal: AbortSignal.timeout(HANGS_MS) },
        ),
      () => ({
        me: { id: this.account?.id, email: this.account?.email, role: this.account?.role },
        profile: {
          ...profile,
          segments: [segmentOf(person)],
          events: {
            edges: events.map((event) => ({
              node: { id: event.id, type: event.type, source: { id: 'shop' }, profile },
            })),
          },
          runs: {
            edges: events.flatMap((event) =>
              event.runs.map((run) => ({
                node: {
                  id: run.id,
                  workflow: {
                    id: run.workflowId,
                    name: WORKFLOWS.find((each) => each.id === run.workflowId)?.name,
                  },
                  event: { id: event.id },
                },
              })),
            ),
          },
        },
        segment: { ...segment, profileCount: SETTLED_PEOPLE / 2 },
        workflow: { id: workflow.id, name: workflow.name },
      }),
    ]
  }

  #things(): Question {
    const [one, other] = [this.#chance.pick(people), this.#chance.pick(people)]
    const busy = this.#chance.pick(people.slice(SETTLED_PEOPLE))
    const event = this.#chance.pick(this.known.events)
    const ran = this.#chance.pick(this.known.events.filter(({ runs }) => runs.length > 0))
    const variables = {
      one: this.#idOf(one),
      other: this.#idOf(other),
      event: event.id,
      run: ran.runs[0]?.id ?? '',
      busy: this.#idOf(busy),
    }
    const profileOf = (person: typeof one) => ({ id: this.#idOf(person), email: this.#shown(person.email) })
    return [
      () => this.#client.request(THINGS, variables, { signal: AbortSignal.timeout(HANGS_MS) }),
      (data) => ({
        me: { id: this.account?.id },
        one: { ...profileOf(one), segments: one.number < SETTLED_PEOPLE ? [segmentOf(one)] : [] },
        other: profileOf(other),
        event: {
          id: event.id,
          type: event.type,
          properties: { ...event.properties, contact_email: this.#shown(event.person.email) },
          profile: profileOf(event.person),
        },
        workflowRun: { id: variables.run, event: { id: ran.id }, profile: { id: this.#idOf(ran.person) } },
        // Which of them are stored already nobody knows, but whose they are.
        busy: {
          edges: edgesOf(data).map((properties) => ({
            node: { properties: { ...properties, contact_email: this.#shown(busy.email) }, profile: profileOf(busy) },
          })),
        },
      }),
    ]
  }

  #idOf(person: (typeof people)[number]): string {
    return this.known.profileIds.get(person) ?? ''
  }

  #shown(text: string): string {
    return shown(text, this.account?.personalData ?? false)
  }
}

/** A way to ask, and what the answer must be; of what may change while it is asked, by what the answer says. */
type Question = [ask: () => Promise<unknown>, expected: (data: unknown) => unknown]

function edgesOf(data: unknown): object[] {
  const { busy } = data as { busy?: { edges: { node: { properties: object } }[] } | null }
  return (busy?.edges ?? []).map(({ node }) => node.properties)
}
