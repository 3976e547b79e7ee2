// Everything that `npm start` brings up: the database, and the processes of both environments.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { portIsFree } from '@segue/private-database'
import { ConfigError } from '@segue/service/config'
import { allPorts, ENVIRONMENTS, type EnvironmentName, type LocalConfig } from './config.js'
import type { EnvironmentDatabase } from './database.js'
import { provideServer, type DatabaseServer } from './database-server.js'
import type { Folders } from './folders.js'
import { waitUntilReady } from './health.js'
import { say, step } from './progress.js'
import { writeRunning } from './running.js'
import { sendSample } from './sample.js'
import { loadSecrets } from './secrets.js'
import {
  ACCOUNT_KINDS,
  healthAddresses,
  NEEDS_NO_DATABASE,
  PROCESSES,
  serviceSettings,
  type EnvironmentSettings,
  type ServiceName,
} from './services.js'
import { memoryTable } from './status.js'
import { summaryOf } from './summary.js'
import { SupervisedChild } from './supervised-child.js'

/** Long enough for a slow machine; what takes longer has a reason that should be seen. */
const READY_SECONDS = 60

export class House {
  private server: Promise<DatabaseServer> | undefined
  private databasePid: () => number | undefined = () => undefined
  private children: SupervisedChild[] = []
  private summary: string[] = []
  private ended: Promise<void> | undefined

  constructor(
    private readonly config: LocalConfig,
    private readonly folders: Folders,
  ) {}

  /** Brings everything up, a step at a time, and tells where it is. */
  async up(): Promise<void> {
    const { config, folders } = this
    await checkPorts(config)
    const secrets = await loadSecrets(folders.secretsFile, ACCOUNT_KINDS)
    this.loadProcesses()
    const settingsOf = (environment: EnvironmentName, database?: EnvironmentDatabase): EnvironmentSettings => ({
      environment,
      ports: config.ports[environment],
      database,
      secrets: secrets[environment],
      logLevel: config.logLevel,
      outgoingAllowed: config.outgoingAllowed,
    })
    const early = this.startServices((name) => NEEDS_NO_DATABASE.has(name), settingsOf)
    // Told below, where it is waited for; the database's own failure comes first.
    early.catch(() => {})
    const { adminUrl, pid } = await step('database server', () => {
      this.server = provideServer(config, folders, say)
      return this.server
    })
    this.databasePid = pid
    await this.note()
    const prepared = await step('schema, accounts, first data', () =>
      both((environment) =>
        this.workersOf(environment).prepare({ server: adminUrl, environment, secrets: secrets[environment] }),
      ),
    )
    await step('services', async () => {
      await early
      await this.startServices(
        (name) => !NEEDS_NO_DATABASE.has(name),
        (environment) => settingsOf(environment, prepared[environment].database),
      )
      for (const child of this.children) void child.supervise()
      const addresses = ENVIRONMENTS.flatMap((name) => healthAddresses(name, config.ports[name]))
      await waitUntilReady(addresses, READY_SECONDS)
    })
    const empty = ENVIRONMENTS.filter((name) => config.sampleData && prepared[name].seeded.isEmpty)
    if (empty.length > 0) {
      await step('a sample of real data', () =>
        Promise.all(
          empty.map((name) =>
            sendSample(`http://127.0.0.1:${config.ports[name].collector.port}`, secrets[name].shopWriteKey, folders),
          ),
        ),
      )
    }
    const { lines, firstAdmins } = summaryOf(config, prepared, secrets)
    this.summary = lines
    await this.note()
    for (const line of [...lines, ...firstAdmins, '', ...(await memoryTable(this.processes()))]) say(line)
  }

  /** Ends everything in order: who takes in, who serves, who works, then the database. Safe to call twice. */
  end(): Promise<void> {
    this.ended ??= this.endAll()
    return this.ended
  }

  /** Ends the processes at once; a private database ends by itself when this process is gone. */
  kill(): void {
    for (const child of this.children) child.kill()
  }

  /** Their code loads while the database is on its way; they start when they are told their settings. */
  private loadProcesses(): void {
    this.children = PROCESSES.map((plan) => {
      const logFile = join(this.folders.logs, `${plan.name}.log`)
      return new SupervisedChild({ plan, logFile, say, changed: () => void this.note() })
    })
  }

  private workersOf(environment: EnvironmentName): SupervisedChild {
    const workers = this.children.find(({ name }) => name === `${environment}-workers`)
    if (!workers) throw new Error(`There is no process for the workers of ${environment}.`)
    return workers
  }

  /** Those of `which`, each in its process. */
  private async startServices(
    which: (name: ServiceName) => boolean,
    settingsOf: (environment: EnvironmentName) => EnvironmentSettings,
  ): Promise<void> {
    await Promise.all(
      this.children.map(async (child) => {
        const { environments, services } = child.plan
        const names = services.filter(which)
        if (names.length > 0)
          await child.start(environments.flatMap((name) => serviceSettings(names, settingsOf(name))))
      }),
    )
  }

  private async endAll(): Promise<void> {
    for (const kind of ['-edge', 'api', '-workers']) {
      await Promise.all(this.children.filter(({ name }) => name.endsWith(kind)).map((child) => child.close()))
    }
    const server = await this.server?.catch(() => undefined)
    await server?.close()
    await rm(this.folders.runningFile, { force: true })
  }

  private processes(): { name: string; pid: number }[] {
    const database = this.databasePid()
    return [
      { name: 'npm start', pid: process.pid },
      ...(database === undefined ? [] : [{ name: 'database', pid: database }]),
      ...this.children.map(({ name, pid }) => ({ name, pid })),
    ]
  }

  /** Keeps the file that `npm stop` and the next start read true. */
  private async note(): Promise<void> {
    if (this.ended) return
    await writeRunning(this.folders, { starter: process.pid, processes: this.processes(), summary: this.summary })
  }
}

/** Throws `ConfigError` with every port that somebody else has. */
async function checkPorts(config: LocalConfig): Promise<void> {
  const ports = ENVIRONMENTS.flatMap((name) => allPorts(config.ports[name]))
  const free = await Promise.all(ports.map(({ port }) => portIsFree(port)))
  const taken = ports.filter((_, n) => !free[n])
  if (taken.length === 0) return
  throw new ConfigError(
    taken.map(
      ({ port, variable }) => `port ${port} is taken by another program: end it, or set ${variable} to a free port`,
    ),
  )
}

/** The same for both environments at once. */
async function both<Made>(make: (name: EnvironmentName) => Promise<Made>): Promise<Record<EnvironmentName, Made>> {
  const [production, staging] = await Promise.all([make('production'), make('staging')])
  return { production, staging }
}
