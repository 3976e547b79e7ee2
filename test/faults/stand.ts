// The stand on which faults are tried: a durable database of its own, event workers and collectors as real processes, all of it gone afterwards.
import { mkdtemp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { accountName, connect, createAccounts, migrate, toBytes, type AccountKind } from '@segue/database'
import { INBOX_PARTITIONS } from '@segue/event-model'
import { installBuiltIns } from '@segue/pipeline'
import { freePort, startPrivateDatabase, type PrivateDatabase } from '@segue/private-database'
import { createConnection, type Pool, type RowDataPacket } from 'mysql2/promise'
import type { CommitProxy } from './commit-proxy.js'
import { projectFolder, startProcess, type RunningProcess } from './processes.js'
import { PROFILE_ID_KEY } from './scenario.js'
import { WORKFLOWS, type DeployedWorkflow } from './workflows.js'

const DATABASE = 'segue_faults'
const PASSWORD = 'of-this-stand-only'
const ACCOUNTS: readonly AccountKind[] = [
  'collector',
  'event-worker',
  'scheduler',
  'scheduler-worker',
  'subgraph-profile',
  'subgraph-event',
  'subgraph-workflow',
  'subgraph-segment',
  'subgraph-platform',
]

/** A running collector. */
export interface Collector extends RunningProcess {
  url: string
}

export class Stand {
  readonly workers: RunningProcess[] = []
  readonly collectors: Collector[] = []
  /** For the test's own looks at the database, with every right. */
  #pool: Pool
  #started = 0
  readonly #proxies = new Map<RunningProcess, CommitProxy>()

  private constructor(
    readonly folder: string,
    readonly database: PrivateDatabase,
  ) {
    this.#pool = this.#connect()
  }

  /** Starts the database and puts schema, accounts, sources and workflows into it. */
  static async start(): Promise<Stand> {
    const parent = join(projectFolder, '.segue/test')
    await mkdir(parent, { recursive: true })
    const folder = await mkdtemp(join(parent, 'faults-'))
    const database = await startPrivateDatabase({
      folder: join(folder, 'database'),
      cacheFolder: join(projectFolder, '.segue/mariadb'),
      port: 0,
      durability: 'full',
      bufferPoolMb: 384,
      redoLogMb: 256,
      temporary: true,
    })
    const stand = new Stand(folder, database)
    try {
      await stand.#furnish()
    } catch (error) {
      await stand.close()
      throw error
    }
    return stand
  }

  async #furnish(): Promise<void> {
    const server = await createConnection(this.database.adminUrl)
    await server.query(`CREATE DATABASE ${DATABASE} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`)
    await server.end()
    const adminUrl = `${this.database.adminUrl}/${DATABASE}`
    await migrate(adminUrl)
    await createAccounts({
      adminUrl: this.database.adminUrl,
      database: DATABASE,
      passwords: Object.fromEntries(ACCOUNTS.map((kind) => [kind, PASSWORD])),
    })
    await installBuiltIns(this.#pool)
    for (const [id, trusted] of [
      ['shop', true],
      ['site', false],
    ] as const) {
      await this.#pool.query(
        `INSERT INTO event_source (id, name, channel, trusted, origins, created_at, updated_at, events_per_second)
         VALUES (?, ?, 'tracker', ?, '[]', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), 1000000)`,
        [id, id, trusted],
      )
    }
    for (const workflow of WORKFLOWS) await this.deploy(workflow)
  }

  /** Puts a workflow that is live into the database. */
  async deploy({ id, triggerId, name, eventType, graph }: Omit<DeployedWorkflow, 'stateOn'>): Promise<void> {
    await this.#pool.query(
      `INSERT INTO workflow (id, name, draft, live_version, created_at, updated_at)
       VALUES (?, ?, ?, 1, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
      [toBytes(id), name, JSON.stringify(graph)],
    )
    await this.#pool.query(
      'INSERT INTO workflow_version (workflow_id, version, graph, created_at) VALUES (?, 1, ?, UTC_TIMESTAMP(3))',
      [toBytes(id), JSON.stringify(graph)],
    )
    await this.#pool.query(
      `INSERT INTO workflow_trigger (id, workflow_id, name, event_type_id, required_consents, created_at, updated_at)
       VALUES (?, ?, ?, ?, '[]', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
      [toBytes(triggerId), toBytes(id), name, eventType],
    )
  }

  /** Connections of the test itself; they survive nothing, so each query gets a new one when the last was lost. */
  #connect(): Pool {
    return connect({ url: `${this.database.adminUrl}/${DATABASE}`, connections: 4 })
  }

  get pool(): Pool {
    return this.#pool
  }

  /** mysql:// URL of a process's own account, with its least rights; `port` of a proxy, or the database's. */
  url(kind: AccountKind, port = this.database.port): string {
    return `mysql://${accountName(DATABASE, kind)}:${PASSWORD}@127.0.0.1:${port}/${DATABASE}`
  }

  /** Starts an event worker, with the database or a proxy before it. It takes its share of the partitions within seconds. */
  async startWorker(proxy?: CommitProxy): Promise<RunningProcess> {
    const name = `event-worker-${++this.#started}`
    const worker = await startProcess(
      name,
      'workers/event-worker/dist/main.js',
      {
        SEGUE_ENVIRONMENT: 'staging',
        SEGUE_LOG_LEVEL: 'warn',
        SEGUE_MYSQL_URL: this.url('event-worker', proxy?.port),
        SEGUE_HEALTH_PORT: '0',
      },
      join(this.folder, 'logs', `${name}.log`),
    )
    this.workers.push(worker)
    if (proxy) this.#proxies.set(worker, proxy)
    return worker
  }

  /** The ports by which the database knows a worker's connections. */
  async portsAtDatabase(worker: RunningProcess): Promise<number[]> {
    const proxy = this.#proxies.get(worker)
    const ports = await worker.connectionsTo(proxy?.port ?? this.database.port)
    return ports.flatMap((port) => (proxy ? (proxy.behind(port) ?? []) : port))
  }

  /** Starts several and waits until all share the partitions. */
  async startWorkers(count: number, proxy?: CommitProxy): Promise<void> {
    for (let i = 0; i < count; i++) await this.startWorker(proxy)
    await this.untilShared(this.workers.length)
  }

  /** Starts a collector and waits until it takes events. */
  async startCollector(proxy?: CommitProxy): Promise<Collector> {
    const name = `collector-${++this.#started}`
    const [own, health] = [await freePort(), await freePort()]
    const running = await startProcess(
      name,
      'collector/dist/main.js',
      {
        SEGUE_ENVIRONMENT: 'staging',
        SEGUE_LOG_LEVEL: 'warn',
        SEGUE_MYSQL_URL: this.url('collector', proxy?.port),
        SEGUE_COLLECTOR_PORT: String(own),
        SEGUE_HEALTH_PORT: String(health),
        SEGUE_PROFILE_ID_KEY: PROFILE_ID_KEY,
        SEGUE_COLLECTOR_EVENTS_PER_SECOND: '1000000',
      },
      join(this.folder, 'logs', `${name}.log`),
    )
    const collector: Collector = Object.assign(running, { url: `http://127.0.0.1:${own}` })
    this.collectors.push(collector)
    await this.until('the collector is ready', async () => {
      if (!collector.alive) throw new Error(`${name} ended; see ${join(this.folder, 'logs')}.`)
      return (await fetch(`http://127.0.0.1:${health}/ready`)).ok
    })
    return collector
  }

  /** Workers that live, by what the database has heard of them: their ids, each with the partitions it holds. */
  async livingWorkers(): Promise<Map<string, number[]>> {
    const rows = await this.rows(
      `SELECT w.id, l.partition_no FROM event_worker w
       LEFT JOIN partition_lease l ON l.owner = w.id AND l.expires_at > UTC_TIMESTAMP(3)
       WHERE w.expires_at > UTC_TIMESTAMP(3)`,
    )
    const living = new Map<string, number[]>()
    for (const row of rows) {
      const partitions = living.get(row['id']) ?? []
      living.set(row['id'], row['partition_no'] === null ? partitions : [...partitions, row['partition_no']])
    }
    return living
  }

  /** Resolves when exactly so many workers live and hold all partitions between them. */
  async untilShared(workers: number, seconds = 60): Promise<void> {
    await this.until(
      `${workers} workers share all partitions`,
      async () => {
        const living = [...(await this.livingWorkers()).values()]
        return (
          living.length === workers &&
          living.every((partitions) => partitions.length > 0) &&
          living.flat().length === INBOX_PARTITIONS
        )
      },
      seconds,
    )
  }

  /** How many rows the inbox holds. */
  async inboxDepth(): Promise<number> {
    const [row] = await this.rows('SELECT COUNT(*) AS depth FROM inbox')
    return Number(row?.['depth'])
  }

  /** Resolves when work has gone on until so many rows are left. */
  async untilInboxBelow(rows: number, seconds = 60): Promise<void> {
    await this.until(`fewer than ${rows} rows are left`, async () => (await this.inboxDepth()) < rows, seconds)
  }

  /** How many events are processed and stored. */
  async storedEvents(): Promise<number> {
    const [row] = await this.rows('SELECT COUNT(*) AS stored FROM event')
    return Number(row?.['stored'])
  }

  /** Resolves when the inbox is empty and all history of merged profiles has been moved. */
  async untilSettled(seconds = 120): Promise<void> {
    await this.until(
      'everything is processed',
      async () => {
        const [row] = await this.rows(
          'SELECT (SELECT COUNT(*) FROM inbox) + (SELECT COUNT(*) FROM profile_move) AS open',
        )
        return Number(row?.['open']) === 0
      },
      seconds,
    )
  }

  async rows(statement: string, values: unknown[] = []): Promise<RowDataPacket[]> {
    const [rows] = await this.#pool.query<RowDataPacket[]>(statement, values)
    return rows
  }

  /** Looks again and again until the condition holds. A look that fails (the database may be away) counts as "not yet". */
  async until(what: string, condition: () => Promise<boolean>, seconds = 60): Promise<void> {
    let last: unknown
    for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; await pause(20)) {
      try {
        if (await condition()) return
        last = undefined
      } catch (error) {
        last = error
      }
    }
    throw new Error(`It did not happen within ${seconds} s that ${what}.`, { cause: last })
  }

  /** Ends every process, kills the database and deletes all files. */
  async close(): Promise<void> {
    const processes = [...this.workers, ...this.collectors]
    for (const process of processes) process.thaw()
    await Promise.all(processes.map((process) => process.kill9()))
    await this.#pool.end().catch(() => undefined)
    await this.database.close()
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}
