// What happens to jobs when processes are killed, frozen or have wrong clocks, and when the database goes away. Real processes, real signals.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startPrivateDatabase } from '@segue/private-database'
import { Agenda, type JobParameters } from 'agenda'
import { createConnection, createPool, type Pool } from 'mysql2/promise'
import { createTestDatabase, type TestDatabase } from '../../../test/setup/database.js'
import { MySqlBackend } from './index.js'
import type { MySqlJobRepository } from './repository.js'

const packageFolder = join(import.meta.dirname, '..')
const projectFolder = join(packageFolder, '../..')
const HOUR = 3_600_000

interface Message {
  ready?: true
  started?: string
  completed?: string
  error?: string
}

/** A process with an Agenda in it; see testing/worker.mjs. */
class Worker {
  readonly messages: Message[] = []
  private readonly child: ChildProcess

  constructor(
    settings: { url: string; name: string; lockLifetime?: number; every?: string; job?: object },
    clockOffMs = 0,
  ) {
    const clock = clockOffMs === 0 ? [] : ['--import', join(projectFolder, 'test/faults/shifted-clock.mjs')]
    this.child = fork(join(packageFolder, 'testing/worker.mjs'), {
      execArgv: clock,
      env: { PATH: process.env['PATH'], WORKER: JSON.stringify(settings), CLOCK_OFF_MS: String(clockOffMs) },
    })
    this.child.on('message', (message: Message) => this.messages.push(message))
  }

  /** Resolves when it has told such a thing. */
  told(what: keyof Message): Promise<void> {
    return until(() => this.messages.some((message) => message[what] !== undefined))
  }

  count(what: keyof Message): number {
    return this.messages.filter((message) => message[what] !== undefined).length
  }

  say(what: 'finish' | 'stop'): void {
    this.child.send(what)
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  async end(): Promise<void> {
    if (!this.isAlive) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await ended
  }
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 40_000
  while (!(await isTrue())) {
    if (Date.now() > giveUpAt) throw new Error('It did not come true within 40 s.')
    await delay(20)
  }
}

let database: TestDatabase
let pool: Pool
let repository: MySqlJobRepository
let workers: Worker[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool(database.url)
  const backend = new MySqlBackend({ pool })
  await backend.connect()
  ;({ repository } = backend)
})
beforeEach(() => pool.query('DELETE FROM agenda_jobs'))
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.end()))
  workers = []
})
afterAll(async () => {
  await pool.end()
  await database.close()
})

function start(settings: Omit<ConstructorParameters<typeof Worker>[0], 'url'>, clockOffMs = 0): Worker {
  const worker = new Worker({ url: database.url, ...settings }, clockOffMs)
  workers.push(worker)
  return worker
}

function enqueue(data: object = {}, nextRunAt = new Date()): Promise<JobParameters> {
  return repository.saveJob({ name: 'work', priority: 0, nextRunAt, type: 'normal', data } as JobParameters, undefined)
}

describe('a worker', () => {
  it('that is killed in the midst of a job is followed by another, once its lock has expired', async () => {
    const lockLifetime = 1500
    const first = start({ name: 'first', lockLifetime })
    const job = await enqueue({ untilTold: true })
    await first.told('started')
    const second = start({ name: 'second', lockLifetime })
    await second.told('ready')
    expect(second.count('started')).toBe(0)
    first.signal('SIGKILL')
    await second.told('started')
    second.say('finish')
    await second.told('completed')
    expect(await repository.getJobById(String(job._id))).toMatchObject({
      lockedAt: undefined,
      nextRunAt: null,
      lastModifiedBy: 'second',
      lastFinishedAt: expect.any(Date),
    })
  })

  it('that wakes up after its lock went to another does not overwrite what that one has written', async () => {
    const lockLifetime = 1500
    const first = start({ name: 'first', lockLifetime })
    const job = await enqueue({ untilTold: true, failIn: 'first' })
    await first.told('started')
    first.signal('SIGSTOP')
    const second = start({ name: 'second', lockLifetime })
    await second.told('started')
    // The first one ends while the second one holds the lock.
    first.say('finish')
    first.signal('SIGCONT')
    await first.told('completed')
    expect(await repository.getJobById(String(job._id))).toMatchObject({
      lockedAt: expect.any(Date),
      lastModifiedBy: 'second',
      failReason: undefined,
    })
    second.say('finish')
    await second.told('completed')
    const done = await repository.getJobById(String(job._id))
    expect(done).toMatchObject({ lockedAt: undefined, lastModifiedBy: 'second', failReason: undefined })
    expect(done?.failCount).toBeUndefined()
  })

  it('whose clock is an hour ahead takes no live lock of another and runs nothing early', async () => {
    const right = start({ name: 'right', lockLifetime: 20_000 })
    await enqueue({ untilTold: true })
    await right.told('started')
    await enqueue({}, new Date(Date.now() + HOUR / 2))
    const ahead = start({ name: 'ahead', lockLifetime: 20_000 }, HOUR)
    await ahead.told('ready')
    const own = await enqueue()
    // A job that is due shows that it looks; by then it has looked at the others many times.
    await until(async () => (await repository.getJobById(String(own._id)))?.lastFinishedAt !== undefined)
    await delay(500)
    const started = [...ahead.messages, ...right.messages].filter(({ started }) => started !== undefined)
    expect(started).toHaveLength(2)
    expect(await repository.queryJobs({ state: 'scheduled' })).toMatchObject({ total: 1 })
  })

  it('whose clock is an hour behind takes over expired locks and runs what is due', async () => {
    const lockLifetime = 1500
    const first = start({ name: 'first', lockLifetime })
    const job = await enqueue({ untilTold: true })
    await first.told('started')
    first.signal('SIGKILL')
    const behind = start({ name: 'behind', lockLifetime }, -HOUR)
    await behind.told('started')
    behind.say('finish')
    await behind.told('completed')
    const second = await enqueue()
    await until(() => behind.count('completed') === 2)
    for (const { _id } of [job, second]) {
      expect(await repository.getJobById(String(_id))).toMatchObject({ lockedAt: undefined, lastModifiedBy: 'behind' })
    }
    expect(behind.count('error')).toBe(0)
  })
})

describe('two schedulers', () => {
  it('with the same `every` have one job, and each run of it happens once', async () => {
    const pair = [start({ name: 'a', every: '1 second' }), start({ name: 'b', every: '1 second' })]
    await Promise.all(pair.map((worker) => worker.told('ready')))
    const began = Date.now()
    const runs = (): number => pair.reduce((sum, worker) => sum + worker.count('started'), 0)
    const before = runs()
    await until(() => runs() >= before + 4)
    const seconds = (Date.now() - began) / 1000
    expect(runs() - before).toBeLessThanOrEqual(Math.ceil(seconds) + 1)
    expect(await repository.queryJobs()).toMatchObject({
      total: 1,
      jobs: [{ type: 'single', repeatInterval: '1 second' }],
    })
  })
})

describe('cron in a time zone', () => {
  it('keeps its hour of the day over both changes of the clocks', async () => {
    const agenda = new Agenda({ backend: new MySqlBackend({ pool }) })
    await agenda.ready
    const nextAfter = async (lastRunAt: string): Promise<string | undefined> => {
      const job = agenda.create('daily')
      job.attrs.lastRunAt = new Date(lastRunAt)
      await job.repeatEvery('0 9 * * *', { timezone: 'America/New_York' }).save()
      const stored = await repository.getJobById(String(job.attrs._id))
      expect(stored).toMatchObject({ repeatInterval: '0 9 * * *', repeatTimezone: 'America/New_York' })
      return stored?.nextRunAt?.toISOString()
    }
    expect(await nextAfter('2026-10-31T13:00:00Z')).toBe('2026-11-01T14:00:00.000Z')
    expect(await nextAfter('2027-03-13T14:00:00Z')).toBe('2027-03-14T13:00:00.000Z')
  })
})

describe('a database that goes away', () => {
  it('ends no process; what was running is stored when it is back, and work goes on', async () => {
    const scratch = join(projectFolder, '.segue/test')
    mkdirSync(scratch, { recursive: true })
    const server = await startPrivateDatabase({
      folder: mkdtempSync(join(scratch, 'agenda-')),
      cacheFolder: join(projectFolder, '.segue/mariadb'),
      port: 0,
      durability: 'full',
      bufferPoolMb: 64,
      redoLogMb: 64,
      temporary: true,
    })
    try {
      const admin = await createConnection(server.adminUrl)
      await admin.query('CREATE DATABASE jobs')
      await admin.end()
      const backend = new MySqlBackend({ connectionString: `${server.adminUrl}/jobs`, notifications: true })
      const agenda = new Agenda({ backend, processEvery: 50 })
      const errors: Error[] = []
      agenda.on('error', (error: Error) => errors.push(error))
      let finish = (): void => {}
      const finished = new Promise<void>((resolve) => (finish = resolve))
      let started = 0
      let completed = 0
      // Agenda looks after a run with a timer of half this time, which outlives the run.
      const lockLifetime = 20_000
      agenda.define(
        'work',
        async () => {
          started++
          await finished
        },
        { lockLifetime },
      )
      agenda.on('complete:work', () => completed++)
      await agenda.start()
      const job = await agenda.now('work')
      await until(() => started === 1)

      await server.kill9()
      await until(() => backend.notificationChannel?.state === 'reconnecting')
      finish()
      const duringOutage = agenda.now('work', { during: 'outage' })
      // Let both be tried against a server that is gone.
      await delay(300)
      expect(completed).toBe(0)
      await server.restart()

      await duringOutage
      await until(() => completed === 2)
      await until(() => backend.notificationChannel?.state === 'connected')
      await agenda.now('work')
      await until(() => completed === 3)
      expect(started).toBe(3)
      const { jobs } = await agenda.queryJobs({ state: 'completed' })
      expect(jobs).toHaveLength(3)
      expect(jobs.map(({ _id }) => _id)).toContain(job.attrs._id)
      await agenda.stop()
    } finally {
      await server.close()
    }
  })
})
