// The stand of API faults: beside database, collector and event worker all subgraphs and a gateway, each kept alive by a supervisor.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { toBytes, toId } from '@segue/database'
import { createTokenSigner, generateTokenKeys, type Role, type SignedInAccount } from '@segue/graphql'
import { freePort } from '@segue/private-database'
import { makeEvent, people, requestOf, SETTLED_PEOPLE, type Person, type SentEvent } from './api-people.js'
import { sendOnce } from './feed.js'
import { startProcess } from './processes.js'
import { Stand } from './stand.js'
import { Supervised } from './supervisor.js'

export const SUBGRAPHS = ['profile', 'event', 'workflow', 'segment', 'platform'] as const
export type SubgraphName = (typeof SUBGRAPHS)[number]

/** Who asks. */
export interface Account extends Pick<SignedInAccount, 'id' | 'role' | 'personalData'> {
  email: string
  token: string
}

/** What the database knows of the people who are settled, by what was sent of them. */
export interface Known {
  profileIds: ReadonlyMap<Person, string>
  /** Of settled people. */
  events: readonly (SentEvent & { id: string; runs: readonly { id: string; workflowId: string }[] })[]
}

export const SEGMENTS = [
  { id: '018d0000-0000-7000-8000-0000000000b0', name: 'Even' },
  { id: '018d0000-0000-7000-8000-0000000000b1', name: 'Odd' },
] as const

/** In which of them a settled person is. */
export const segmentOf = ({ number }: Person): (typeof SEGMENTS)[number] => SEGMENTS[number % 2 === 0 ? 0 : 1]

const GATEWAY_KEY = '5e9e'.repeat(16)
const SEED = 1
const EVENTS_OF_SETTLED = 100
const ROLES: readonly Role[] = ['admin', 'developer', 'marketer', 'viewer', 'viewer']

export class ApiStand {
  readonly #services: Supervised[] = []
  #accounts = 0

  private constructor(
    readonly stand: Stand,
    readonly gatewayUrl: string,
    private readonly variables: Record<string, string>,
    private readonly keys: Awaited<ReturnType<typeof generateTokenKeys>>,
  ) {}

  static async start(): Promise<ApiStand> {
    const [stand, keys] = await Promise.all([Stand.start(), generateTokenKeys()])
    const ports: number[] = []
    for (let i = 0; i <= SUBGRAPHS.length; i++) ports.push(await freePort(ports))
    const [gatewayPort, ...subgraphPorts] = ports
    const api = new ApiStand(
      stand,
      `http://127.0.0.1:${gatewayPort}/graphql`,
      {
        SEGUE_ENVIRONMENT: 'staging',
        SEGUE_LOG_LEVEL: 'warn',
        SEGUE_TOKEN_PUBLIC_KEYS: JSON.stringify(keys.publicJwks),
        SEGUE_TOKEN_PRIVATE_KEY: JSON.stringify(keys.privateJwk),
        SEGUE_GATEWAY_KEY: GATEWAY_KEY,
        SEGUE_GATEWAY_PORT: String(gatewayPort),
        ...Object.fromEntries(
          SUBGRAPHS.flatMap((name, i) => [
            [`SEGUE_SUBGRAPH_${name.toUpperCase()}_PORT`, String(subgraphPorts[i])],
            [`SEGUE_SUBGRAPH_${name.toUpperCase()}_URL`, `http://127.0.0.1:${subgraphPorts[i]}/graphql`],
          ]),
        ),
      },
      keys,
    )
    try {
      await Promise.all([
        stand.startWorkers(1),
        stand.startCollector(),
        ...SUBGRAPHS.map((name) => api.#startSubgraph(name)),
      ])
      await api.#supervise('gateway', 'gateway/dist/main.js', api.gatewayUrl)
    } catch (error) {
      await api.close()
      throw error
    }
    return api
  }

  async #startSubgraph(name: SubgraphName): Promise<void> {
    const url = this.variables[`SEGUE_SUBGRAPH_${name.toUpperCase()}_URL`] ?? ''
    await this.#supervise(name, `subgraphs/${name}/dist/main.js`, url, {
      SEGUE_MYSQL_URL: this.stand.url(`subgraph-${name}`),
    })
  }

  async #supervise(name: string, script: string, url: string, own: Record<string, string> = {}): Promise<void> {
    const log = join(this.stand.folder, 'logs', `${name}.log`)
    const launch = () => startProcess(name, script, { ...this.variables, ...own }, log)
    this.#services.push(await Supervised.start({ name, launch, healthUrl: url.replace('/graphql', '/health') }))
  }

  service(name: SubgraphName | 'gateway'): Supervised {
    const service = this.#services.find((each) => each.name === name)
    if (!service) throw new Error(`${name} was not started.`)
    return service
  }

  /** Processes that ended by themselves. */
  get failures(): string[] {
    const own = this.#services.flatMap(({ name, failures }) => (failures > 0 ? `${name} (${failures} times)` : []))
    const others = [...this.stand.workers, ...this.stand.collectors].flatMap(({ name, alive }) => (alive ? [] : name))
    return [...own, ...others]
  }

  /** An account that is in the database, with a token for it: roles in turn, half of them with the right to personal data. */
  async addAccount(): Promise<Account> {
    const number = this.#accounts++
    const id = randomUUID()
    const role = ROLES[number % ROLES.length] ?? 'viewer'
    const personalData = role === 'admin' || number % 4 < 2
    const email = `account.${number}@example.com`
    await this.stand.rows(
      `INSERT INTO account (id, email, name, password_hash, role, personal_data, created_at, updated_at)
       VALUES (?, ?, ?, 'none', ?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
      [toBytes(id), email, email, role, personalData],
    )
    return { id, email, role, personalData, token: await this.#sign({ id, role, personalData }) }
  }

  /** A token of production: with keys of its own, or with those of staging, as after a mistake in its configuration. */
  async foreignToken(number: number): Promise<string> {
    const account = { id: randomUUID(), role: 'admin', personalData: true } as const
    return await this.#sign(account, 'production', number % 2 === 0 ? this.keys : await generateTokenKeys())
  }

  async #sign(
    account: Pick<SignedInAccount, 'id' | 'role' | 'personalData'>,
    environment: 'production' | 'staging' = 'staging',
    { privateJwk } = this.keys,
  ): Promise<string> {
    const sign = await createTokenSigner(privateJwk, environment)
    return await sign({ ...account, sessionId: account.id })
  }

  /** Sends an event until a collector has taken it, or `signal` ends that. */
  async send(event: SentEvent, signal?: AbortSignal): Promise<void> {
    const body = requestOf(event)
    while (!signal?.aborted && !(await sendOnce(this.stand.collectors[0]?.url ?? '', body))) await pause(100)
  }

  /** Lets everybody be known, puts the settled ones into segments, and reads what has become of their events. */
  async settlePeople(): Promise<Known> {
    const settled = people.slice(0, SETTLED_PEOPLE)
    const busy = people.slice(SETTLED_PEOPLE)
    const sent = Array.from({ length: EVENTS_OF_SETTLED }, (_, i) => makeEvent(SEED, i, settled))
    const first = busy.map((_, i) => makeEvent(SEED, EVENTS_OF_SETTLED + i, busy))
    await Promise.all([...sent, ...first].map((event) => this.send(event)))
    await this.stand.untilSettled()
    const profileIds = await this.#profileIds()
    for (const { id, name } of SEGMENTS) {
      await this.stand.rows(
        'INSERT INTO segment (id, name, created_at, updated_at) VALUES (?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))',
        [toBytes(id), name],
      )
    }
    await this.stand.rows(
      'INSERT INTO segment_membership (segment_id, profile_id, original_profile_id, entered_at) VALUES ?',
      [
        settled.map((person) => {
          const id = toBytes(profileIds.get(person) ?? '')
          return [toBytes(segmentOf(person).id), id, id, new Date()]
        }),
      ],
    )
    const ids = await this.eventIds()
    const runs = await this.stand.rows('SELECT id, workflow_id, event_id FROM workflow_run')
    const events = sent.map((event) => {
      const id = ids.get(event.key) ?? ''
      const own = runs.filter((run) => toId(run['event_id']) === id)
      return {
        ...event,
        id,
        runs: own.map((run) => ({ id: toId(run['id']), workflowId: toId(run['workflow_id']) })),
      }
    })
    return { profileIds, events }
  }

  async #profileIds(): Promise<Map<Person, string>> {
    const rows = await this.stand.rows("SELECT value, profile_id FROM profile_identity WHERE kind = 'customer'")
    const ids = new Map(rows.map((row) => [String(row['value']), toId(row['profile_id'])]))
    return new Map(people.map((person) => [person, ids.get(person.customer) ?? '']))
  }

  /** Ids of all stored events by their keys. */
  async eventIds(): Promise<Map<string, string>> {
    const rows = await this.stand.rows("SELECT id, JSON_VALUE(properties, '$.key') AS `key` FROM event")
    return new Map(rows.map((row) => [String(row['key']), toId(row['id'])]))
  }

  async close(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.close()))
    await this.stand.close()
  }
}
