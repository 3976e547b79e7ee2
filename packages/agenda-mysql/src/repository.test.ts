import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { JobParameters } from 'agenda'
import { createPool as createCallbackPool } from 'mysql2'
import { createPool, type Pool } from 'mysql2/promise'
import { createTestDatabase, type TestDatabase } from '../../../test/setup/database.js'
import { MySqlBackend } from './index.js'
import type { MySqlJobRepository } from './repository.js'

let database: TestDatabase
let pool: Pool
let repository: MySqlJobRepository

beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool(database.url)
  const backend = new MySqlBackend({ pool })
  await backend.connect()
  repository = backend.repository
})
beforeEach(() => pool.query('DELETE FROM agenda_jobs'))
afterAll(async () => {
  await pool.end()
  await database.close()
})

const MINUTE = 60_000
const inMs = (ms: number): Date => new Date(Date.now() + ms)

function save(job: Partial<JobParameters> = {}): Promise<JobParameters> {
  const whole = { name: 'job', priority: 0, nextRunAt: new Date(), type: 'normal', data: {}, ...job } as JobParameters
  return repository.saveJob(whole, undefined)
}

function next(name = 'job', { horizonMs = 5000, lifetimeMs = 10 * MINUTE } = {}): Promise<JobParameters | undefined> {
  return repository.getNextJobToRun(name, inMs(horizonMs), inMs(-lifetimeMs), undefined, undefined)
}

async function read(job: JobParameters): Promise<JobParameters> {
  const found = await repository.getJobById(String(job._id))
  if (!found) throw new Error('The job is not there.')
  return found
}

describe('saveJob', () => {
  it('gives an id and brings back every field as it was saved', async () => {
    const job = {
      name: 'Größe 🚀',
      priority: -10,
      nextRunAt: new Date('2026-11-01T05:30:00.123Z'),
      type: 'normal' as const,
      data: { text: 'it\'s \\ "quoted" 🚀', nested: { list: [1, 2.5, null, true] } },
      repeatInterval: '*/5 * * * *',
      repeatTimezone: 'America/New_York',
      repeatAt: '3:30pm',
      startDate: new Date('2026-01-01T00:00:00Z'),
      endDate: new Date('2027-01-01T00:00:00Z'),
      skipDays: [0, 6],
      fork: true,
      disabled: true,
    }
    const saved = await repository.saveJob(job as JobParameters, { lastModifiedBy: 'me' })
    expect(saved).toMatchObject({ ...job, lastModifiedBy: 'me' })
    expect(await read(saved)).toEqual(saved)
  })

  it('keeps data that is null, absent or a plain value apart', async () => {
    for (const data of [null, undefined, 0, '', 'text', [1], false]) {
      expect((await read(await save({ data }))).data).toEqual(data)
    }
  })

  it('keeps an interval in milliseconds a number', async () => {
    expect((await read(await save({ repeatInterval: 5000 }))).repeatInterval).toBe(5000)
  })

  it('updates the job with that id, and leaves its lock and its run alone', async () => {
    await save()
    const claimed = await next()
    if (!claimed) throw new Error('Nothing was claimed.')
    await repository.saveJobState({ ...claimed, lastRunAt: new Date(), progress: 5 }, undefined)
    const updated = await repository.saveJob({ ...claimed, priority: 20, data: { v: 2 } }, undefined)
    expect(updated).toMatchObject({ _id: claimed._id, priority: 20, data: { v: 2 }, progress: 5 })
    expect(updated.lockedAt).toBeInstanceOf(Date)
    expect(updated.lastRunAt).toBeInstanceOf(Date)
  })

  it('answers a job that was removed meanwhile as it came', async () => {
    const saved = await save()
    await repository.removeJobs({ id: String(saved._id) })
    expect(await repository.saveJob({ ...saved, priority: 7 }, undefined)).toMatchObject({
      _id: saved._id,
      priority: 7,
    })
    expect((await repository.queryJobs()).total).toBe(0)
  })

  it('has one job of the type single a name, and one that is due already does not put off its next run', async () => {
    const later = inMs(MINUTE)
    const first = await save({ type: 'single', nextRunAt: later, data: { v: 1 } })
    const second = await save({ type: 'single', nextRunAt: inMs(-1000), data: { v: 2 }, priority: 3 })
    expect(second).toMatchObject({ _id: first._id, nextRunAt: later, data: { v: 2 }, priority: 3 })
    const moved = inMs(2 * MINUTE)
    expect(await save({ type: 'single', nextRunAt: moved })).toMatchObject({ _id: first._id, nextRunAt: moved })
    await save({ type: 'normal' })
    expect((await repository.queryJobs({ name: 'job' })).total).toBe(2)
  })

  it('stores what can be stored of a batch in which one job cannot', async () => {
    const results = await Promise.allSettled([
      save({ name: 'a' }),
      save({ name: 'x'.repeat(300) }),
      save({ name: 'b' }),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await repository.getDistinctJobNames()).toEqual(['a', 'b'])
  })

  it('says which date is none', async () => {
    await expect(save({ nextRunAt: new Date('never') })).rejects.toMatchObject({ code: 'BAD_DATE' })
  })
})

describe('queryJobs', () => {
  it('filters by names, ids, text in the name and parts of the data', async () => {
    const a = await save({ name: 'send mail', data: { to: { id: 1, kind: 'x' }, tags: ['a', 'b'] } })
    const b = await save({ name: 'Send_SMS', data: { to: { id: 2 } } })
    await save({ name: 'clean', data: 'text' })
    const names = async (options: Parameters<typeof repository.queryJobs>[0]): Promise<string[]> =>
      (await repository.queryJobs(options)).jobs.map(({ name }) => name).sort()
    expect(await names({ name: 'clean' })).toEqual(['clean'])
    expect(await names({ name: 'CLEAN' })).toEqual([])
    expect(await names({ names: ['clean', 'send mail'] })).toEqual(['clean', 'send mail'])
    expect(await names({ id: String(a._id) })).toEqual(['send mail'])
    expect(await names({ ids: [String(a._id), String(b._id), 'no such id', 'ü'] })).toEqual(['Send_SMS', 'send mail'])
    expect(await names({ search: 'SEND' })).toEqual(['Send_SMS', 'send mail'])
    expect(await names({ search: 'd_s' })).toEqual(['Send_SMS'])
    expect(await names({ search: '%' })).toEqual([])
    expect(await names({ data: { to: { id: 1 } } })).toEqual(['send mail'])
    expect(await names({ data: { tags: ['b'] } })).toEqual(['send mail'])
    expect(await names({ data: { to: { id: 3 } } })).toEqual([])
    expect(await names({ data: 'text' })).toEqual(['clean'])
    expect(await names({ name: 'send mail', data: { to: { id: 2 } } })).toEqual([])
    expect(await repository.getJobById('no such id ü')).toBeNull()
  })

  it('sorts by what is asked for, jobs without a value last, and pages without overlap', async () => {
    await save({ name: 'c', priority: 1, nextRunAt: null })
    await save({ name: 'a', priority: 1, nextRunAt: inMs(2000) })
    await save({ name: 'b', priority: 2, nextRunAt: inMs(1000) })
    const names = async (options: Parameters<typeof repository.queryJobs>[0]): Promise<string> =>
      (await repository.queryJobs(options)).jobs.map(({ name }) => name).join('')
    expect(await names({})).toBe('abc')
    expect(await names({ sort: { nextRunAt: 'asc' } })).toBe('bac')
    expect(await names({ sort: { name: 'desc' } })).toBe('cba')
    expect(await names({ sort: { priority: 'desc', name: 'asc' } })).toBe('bac')
    const pages = [0, 1, 2].map((skip) => repository.queryJobs({ sort: { priority: 'asc' }, skip, limit: 1 }))
    const found = await Promise.all(pages)
    expect(new Set(found.map(({ jobs }) => jobs[0]?.name)).size).toBe(3)
    expect(found.map(({ total }) => total)).toEqual([3, 3, 3])
    expect((await repository.queryJobs({ skip: 2 })).jobs).toHaveLength(1)
    expect((await repository.queryJobs({ skip: 5, limit: 5 })).jobs).toEqual([])
  })

  it('computes states as Agenda does, filters by them, and counts them by name', async () => {
    const { computeJobState } = await import('agenda')
    const past = inMs(-MINUTE)
    await save({ name: 'scheduled', nextRunAt: inMs(MINUTE) })
    await save({ name: 'queued', nextRunAt: past })
    await save({ name: 'completed', nextRunAt: null, lastFinishedAt: past })
    await save({ name: 'fresh', nextRunAt: null })
    await save({ name: 'repeating', repeatInterval: '5 minutes', nextRunAt: inMs(MINUTE) })
    await save({ name: 'failed', nextRunAt: null, lastFinishedAt: past, failedAt: past, failCount: 1, failReason: 'x' })
    await save({ name: 'recovered', nextRunAt: null, lastFinishedAt: past, failedAt: inMs(-2 * MINUTE) })
    await save({ name: 'paused', nextRunAt: inMs(MINUTE), disabled: true })
    await save({ name: 'running', nextRunAt: past })
    await next('running')
    const { jobs } = await repository.queryJobs()
    expect(jobs).toHaveLength(9)
    for (const job of jobs) expect([job.name, job.state]).toEqual([job.name, computeJobState(job)])
    for (const state of ['running', 'scheduled', 'queued', 'completed', 'failed', 'repeating'] as const) {
      const filtered = await repository.queryJobs({ state })
      expect(filtered.jobs.map(({ name }) => name).sort()).toEqual(
        jobs
          .filter((job) => job.state === state)
          .map(({ name }) => name)
          .sort(),
      )
      expect(filtered.total).toBeGreaterThan(0)
    }
    expect((await repository.queryJobs({ state: 'paused' })).jobs.map(({ name }) => name)).toEqual(['paused'])
    expect((await repository.queryJobs({ includeDisabled: false })).total).toBe(8)

    const overview = await repository.getJobsOverview()
    expect(overview.find(({ name }) => name === 'paused')).toEqual({
      name: 'paused',
      total: 1,
      running: 0,
      scheduled: 1,
      queued: 0,
      completed: 0,
      failed: 0,
      repeating: 0,
      paused: 1,
    })
    expect(overview.find(({ name }) => name === 'running')).toMatchObject({ total: 1, running: 1 })
  })

  it('counts what is due, and names each name once', async () => {
    await save({ name: 'b', nextRunAt: inMs(-1000) })
    await save({ name: 'b', nextRunAt: inMs(MINUTE) })
    await save({ name: 'a', nextRunAt: null })
    expect(await repository.getQueueSize()).toBe(1)
    expect(await repository.getDistinctJobNames()).toEqual(['a', 'b'])
  })
})

describe('removeJobs, disableJobs, enableJobs', () => {
  it('selects by id, ids, name, names, all but names, and data, and says how many', async () => {
    const fill = async (): Promise<JobParameters[]> => {
      await repository.purgeAllJobs()
      return Promise.all([
        save({ name: 'a', data: { v: 1 } }),
        save({ name: 'a', data: { v: 2 } }),
        save({ name: 'b', data: { v: 1 } }),
      ])
    }
    let [a] = await fill()
    expect(await repository.removeJobs({ id: String(a?._id) })).toBe(1)
    expect(await repository.removeJobs({ id: String(a?._id) })).toBe(0)
    expect(await repository.removeJobs({ id: 'no such id' })).toBe(0)
    const jobs = await fill()
    expect(await repository.removeJobs({ ids: jobs.slice(0, 2).map(({ _id }) => String(_id)) })).toBe(2)
    await fill()
    expect(await repository.removeJobs({ name: 'a' })).toBe(2)
    await fill()
    expect(await repository.removeJobs({ names: ['a', 'b', 'c'] })).toBe(3)
    await fill()
    expect(await repository.removeJobs({ notNames: ['a'] })).toBe(1)
    await fill()
    expect(await repository.removeJobs({ data: { v: 1 } })).toBe(2)
    await fill()
    expect(await repository.removeJobs({ name: 'a', data: { v: 1 } })).toBe(1)
    ;[a] = await fill()
    expect(await repository.removeJobs({ id: String(a?._id), name: 'b' })).toBe(0)
    expect(await repository.removeJobs({})).toBe(0)
    expect(await repository.removeJobs({ ids: [], names: [], notNames: [] })).toBe(0)
    expect(await repository.purgeAllJobs()).toBe(3)
  })

  it('tells each of many removals of one job at once whether it was the one', async () => {
    const jobs = await Promise.all(Array.from({ length: 20 }, () => save()))
    const removals = [...jobs, ...jobs].map(({ _id }) => repository.removeJobs({ id: String(_id) }))
    expect((await Promise.all(removals)).reduce((sum, count) => sum + count, 0)).toBe(20)
  })

  it('disables and enables, also what is so already, and nothing without a selector', async () => {
    await save({ name: 'a' })
    await save({ name: 'a', disabled: true })
    expect(await repository.disableJobs({ name: 'a' })).toBe(2)
    expect(await next('a')).toBeUndefined()
    expect(await repository.enableJobs({ name: 'a' })).toBe(2)
    expect(await next('a')).toBeDefined()
    expect(await repository.disableJobs({})).toBe(0)
    expect(await repository.enableJobs({})).toBe(0)
  })

  it('takes what people send as selectors for values, never for SQL', async () => {
    await save({ name: 'a' })
    for (const evil of ["' OR 1=1 -- ", { toString: undefined, name: 1 }, ['a', 'b']]) {
      await repository.removeJobs({ name: evil as string }).catch(() => 0)
      await repository.queryJobs({ search: evil as string }).catch(() => 0)
      expect((await repository.queryJobs()).total).toBe(1)
    }
  })
})

describe('connections', () => {
  it('takes a pool of either interface of mysql2, and leaves it open', async () => {
    const callbackPool = createCallbackPool(database.url)
    const backend = new MySqlBackend({ pool: callbackPool, tablePrefix: 'other_' })
    expect(backend.ownsConnection).toBe(false)
    await backend.connect()
    await backend.repository.saveJob({ name: 'x', priority: 0, nextRunAt: null, type: 'normal', data: {} }, undefined)
    await backend.disconnect()
    const [rows] = await callbackPool.promise().query('SELECT name FROM other_jobs')
    expect(rows).toEqual([{ name: 'x' }])
    await callbackPool.promise().end()
  })

  it('opens its own connections again after disconnect', async () => {
    const backend = new MySqlBackend({ connectionString: database.url })
    expect(backend.ownsConnection).toBe(true)
    await backend.connect()
    await backend.disconnect()
    await expect(backend.repository.getQueueSize()).rejects.toMatchObject({ code: 'NOT_CONNECTED' })
    await backend.connect()
    expect(await backend.repository.getQueueSize()).toBe(0)
    await backend.disconnect()
  })

  it('stores instants exactly, whatever the time zones of session and driver', async () => {
    const shifted = createPool({
      uri: database.url,
      timezone: '-08:00',
      dateStrings: true,
      bigNumberStrings: true,
      supportBigNumbers: true,
      connectionLimit: 1,
    })
    await shifted.query(`SET time_zone = '+05:30'`)
    const backend = new MySqlBackend({ pool: shifted })
    await backend.connect()
    // Half past one comes twice that night in New York.
    for (const nextRunAt of [new Date('2026-11-01T05:30:00.000Z'), new Date('2026-11-01T06:30:00.000Z')]) {
      const saved = await backend.repository.saveJob(
        { name: 'x', priority: 0, nextRunAt, type: 'normal', data: {} },
        undefined,
      )
      expect((await backend.repository.getJobById(String(saved._id)))?.nextRunAt).toEqual(nextRunAt)
      expect((await read(saved)).nextRunAt).toEqual(nextRunAt)
    }
    const due = await backend.repository.saveJob(
      { name: 'due', priority: 0, nextRunAt: new Date(), type: 'normal', data: {} },
      undefined,
    )
    const claimed = await backend.repository.getNextJobToRun('due', new Date(), inMs(-MINUTE), undefined, undefined)
    expect(claimed?._id).toBe(due._id)
    await shifted.end()
  })

  it('creates no table when the operator does', async () => {
    const backend = new MySqlBackend({ pool, tablePrefix: 'unmade_', ensureSchema: false })
    await backend.connect()
    await expect(backend.repository.getQueueSize()).rejects.toMatchObject({ code: 'ER_NO_SUCH_TABLE' })
  })

  it('refuses settings that cannot work', () => {
    expect(() => new MySqlBackend({})).toThrow('MySqlBackend requires pool, connectionString, or poolConfig')
    expect(() => new MySqlBackend({ pool, tablePrefix: 'a`b' })).toThrow('table prefix')
    expect(() => new MySqlBackend({ pool, prefetch: 0 })).toThrow('prefetch')
  })

  it('rejects at once when the database refuses the password', async () => {
    const url = new URL(database.url)
    url.password = 'wrong'
    const backend = new MySqlBackend({ connectionString: url.href })
    await expect(backend.connect()).rejects.toMatchObject({ code: 'ER_ACCESS_DENIED_ERROR' })
    await backend.disconnect()
  })
})
