// The stand of waiting runs: beside database and event workers two schedulers and two scheduler workers, each kept alive by a supervisor.
import { join } from 'node:path'
import { toBytes } from '@segue/database'
import type { Envelope } from '@segue/event-model'
import { freePort } from '@segue/private-database'
import type { CommitProxy } from './commit-proxy.js'
import { CART_WORKFLOW, inboxRow, type Cart, type DelayedScenario } from './delayed-scenario.js'
import { projectFolder, startProcess } from './processes.js'
import { Stand } from './stand.js'
import { Supervised } from './supervisor.js'

export const KINDS = ['scheduler', 'scheduler-worker'] as const
export type DelayedKind = (typeof KINDS)[number]

/** How many of each. */
const EACH = 2
/** Carts whose waits end, and events put into the inbox, in one statement. */
const CHUNK = 50

export interface DelayedOptions {
  /** Between the scheduler workers and the database. */
  proxy?: (stand: Stand) => Promise<CommitProxy>
  /** By how much the clocks of the first and the second of each kind are ahead, ms. */
  clocksAhead?: readonly [number, number]
}

export class DelayedStand {
  readonly #services: { kind: DelayedKind; service: Supervised }[] = []
  proxy: CommitProxy | undefined

  private constructor(readonly stand: Stand) {}

  /** Starts the database and one event worker. Schedulers and their workers are started by `startDelayed`. */
  static async start(): Promise<DelayedStand> {
    const stand = await Stand.start()
    try {
      await stand.deploy(CART_WORKFLOW)
      await stand.startWorkers(1)
    } catch (error) {
      await stand.close()
      throw error
    }
    return new DelayedStand(stand)
  }

  async startDelayed({ proxy, clocksAhead = [0, 0] }: DelayedOptions = {}): Promise<void> {
    this.proxy = await proxy?.(this.stand)
    for (let i = 0; i < EACH; i++) for (const kind of KINDS) await this.#startOne(kind, i, clocksAhead[i] ?? 0)
  }

  async #startOne(kind: DelayedKind, number: number, clockAhead: number): Promise<void> {
    const [name, port] = [`${kind}-${number + 1}`, await freePort()]
    const variables = {
      SEGUE_ENVIRONMENT: 'staging',
      SEGUE_LOG_LEVEL: 'warn',
      SEGUE_MYSQL_URL: this.stand.url(kind, kind === 'scheduler-worker' ? this.proxy?.port : undefined),
      SEGUE_HEALTH_PORT: String(port),
      ...(clockAhead === 0
        ? {}
        : {
            CLOCK_OFF_MS: String(clockAhead),
            NODE_OPTIONS: `--import ${join(projectFolder, 'test/faults/shifted-clock.mjs')}`,
          }),
    }
    const log = join(this.stand.folder, 'logs', `${name}.log`)
    const launch = () => startProcess(name, `workers/${kind}/dist/main.js`, variables, log)
    const service = await Supervised.start({ name, launch, healthUrl: `http://127.0.0.1:${port}/health` })
    this.#services.push({ kind, service })
  }

  services(kind: DelayedKind): Supervised[] {
    return this.#services.filter((one) => one.kind === kind).map(({ service }) => service)
  }

  /** Processes that ended by themselves. */
  get failures(): string[] {
    const own = this.#services.flatMap(({ service: { name, failures } }) =>
      failures > 0 ? `${name} (${failures} times)` : [],
    )
    return [...own, ...this.stand.workers.flatMap(({ name, alive }) => (alive ? [] : name))]
  }

  /** Fills all carts, with the checkouts that are early, and lets those follow that come before the time is over. Resolves when all is processed. */
  async fillCarts({ carts }: DelayedScenario): Promise<void> {
    await this.#put(carts.flatMap((cart) => (cart.checkout === 'early' ? [cart.filled, cart.checkedOut] : cart.filled)))
    await this.stand.untilSettled()
    await this.#put(carts.filter(({ checkout }) => checkout === 'before').map(({ checkedOut }) => checkedOut))
    await this.stand.untilSettled()
  }

  /** The time of these carts is over; those that race are checked out at the same moment. However often the database dies meanwhile. */
  async endTime(carts: Cart[]): Promise<void> {
    for (let i = 0; i < carts.length; i += CHUNK) {
      const chunk = carts.slice(i, i + CHUNK)
      const racing = chunk.filter(({ checkout }) => checkout === 'racing').map(({ checkedOut }) => checkedOut)
      await Promise.all([this.#makeDue(chunk), this.#put(racing)])
    }
  }

  /** Sets the waits for checkouts due. Its own index look-ups, outside the lock order of the workers: a deadlock is tried again. */
  async #makeDue(carts: Cart[]): Promise<void> {
    await this.#insist(() =>
      this.stand.pool.query(
        `UPDATE delayed_event JOIN workflow_run ON workflow_run.id = delayed_event.run_id
         SET delayed_event.due_at = UTC_TIMESTAMP(3) WHERE workflow_run.event_id IN (?) AND delayed_event.kind = 'event'`,
        [carts.map(({ filled }) => toBytes(filled.eventId))],
      ),
    )
  }

  /** Puts events into the inbox. Sent twice, when an answer is lost: they carry their client's ids. */
  async #put(events: Envelope[]): Promise<void> {
    for (let i = 0; i < events.length; i += CHUNK * 10) {
      const rows = events.slice(i, i + CHUNK * 10).map(inboxRow)
      await this.#insist(() =>
        this.stand.pool.query('INSERT IGNORE INTO inbox (partition_no, id, source_id, received_at, body) VALUES ?', [
          rows,
        ]),
      )
    }
  }

  async #insist(work: () => Promise<unknown>): Promise<void> {
    await this.stand.until('the database takes a statement', async () => {
      await work()
      return true
    })
  }

  /** Resolves when all that fell due is done. */
  async untilNothingIsDue(seconds = 120): Promise<void> {
    await this.stand.until(
      'all that fell due is done',
      async () => {
        const rows = await this.stand.rows('SELECT 1 FROM delayed_event WHERE due_at <= UTC_TIMESTAMP(3) LIMIT 1')
        return rows.length === 0
      },
      seconds,
    )
  }

  /** Resolves when nothing waits any more. */
  async untilDone(seconds = 120): Promise<void> {
    await this.stand.untilSettled(seconds)
    await this.stand.until(
      'nothing waits any more',
      async () => {
        const [row] = await this.stand.rows('SELECT COUNT(*) AS n FROM delayed_event')
        return Number(row?.['n']) === 0
      },
      seconds,
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.#services.map(({ service }) => service.close()))
    await this.stand.close()
    await this.proxy?.close()
  }
}
