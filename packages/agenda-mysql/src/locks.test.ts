// Claims, locks and their fences, as two processes see them: each repository here is a process of its own to the database.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { JobParameters } from 'agenda'
import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise'
import { createTestDatabase, type TestDatabase } from '../../../test/setup/database.js'
import { MySqlBackend } from './index.js'
import type { MySqlJobRepository } from './repository.js'

let database: TestDatabase
let pool: Pool
let here: MySqlJobRepository
let there: MySqlJobRepository

beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool(database.url)
  const backends = [new MySqlBackend({ pool }), new MySqlBackend({ pool })]
  for (const backend of backends) await backend.connect()
  ;[here, there] = backends.map(({ repository }) => repository) as [MySqlJobRepository, MySqlJobRepository]
})
beforeEach(() => pool.query('DELETE FROM agenda_jobs'))
afterAll(async () => {
  await pool.end()
  await database.close()
})

const MINUTE = 60_000
const inMs = (ms: number): Date => new Date(Date.now() + ms)

function save(job: Partial<JobParameters> = {}): Promise<JobParameters> {
  const whole = { name: 'job', priority: 0, nextRunAt: inMs(-1000), type: 'normal', data: {}, ...job } as JobParameters
  return here.saveJob(whole, undefined)
}

function next(
  repository: MySqlJobRepository,
  { horizonMs = 5000, lifetimeMs = 10 * MINUTE, name = 'job' } = {},
): Promise<JobParameters | undefined> {
  return repository.getNextJobToRun(name, inMs(horizonMs), inMs(-lifetimeMs), undefined, undefined)
}

async function claim(repository: MySqlJobRepository, options?: Parameters<typeof next>[1]): Promise<JobParameters> {
  const job = await next(repository, options)
  if (!job) throw new Error('Nothing was claimed.')
  return job
}

/** Makes every lock that much older. */
const age = (ms: number): Promise<unknown> => pool.query('UPDATE agenda_jobs SET locked_at = locked_at - ?', [ms])

async function lockedIds(): Promise<string[]> {
  const [rows] = await pool.query<RowDataPacket[]>('SELECT id FROM agenda_jobs WHERE locked_at IS NOT NULL')
  return rows.map((row) => String(row['id']))
}

describe('getNextJobToRun', () => {
  it('hands out the job due longest, of equals the one with the highest priority, and each once', async () => {
    const sameTime = inMs(-2000)
    await save({ data: 'third', nextRunAt: inMs(-1000), priority: 20 })
    await save({ data: 'second', nextRunAt: sameTime, priority: -5 })
    await save({ data: 'first', nextRunAt: sameTime, priority: 10 })
    await save({ data: 'not due', nextRunAt: inMs(MINUTE) })
    await save({ data: 'never', nextRunAt: null })
    await save({ data: 'disabled', disabled: true })
    await save({ data: 'another name', name: 'other' })
    const order = []
    for (let job = await next(here); job; job = await next(here)) order.push(job.data)
    expect(order).toEqual(['first', 'second', 'third'])
  })

  it('never hands a job to two of many who ask at once', async () => {
    await Promise.all(Array.from({ length: 300 }, (_, data) => save({ data })))
    const take = async (repository: MySqlJobRepository): Promise<unknown[]> => {
      const taken = []
      for (let job = await next(repository); job; job = await next(repository)) taken.push(job.data)
      return taken
    }
    const taken = (await Promise.all([here, there, here, there, here].map(take))).flat()
    // Who passes over rows that another is just claiming may end early; those rows are the other's.
    for (const repository of [here, there]) taken.push(...(await take(repository)))
    expect(taken.sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 300 }, (_, i) => i))
  })

  it('holds no more jobs than it has handed out once nobody asks any more', async () => {
    await Promise.all(Array.from({ length: 100 }, () => save()))
    const taken = new Set<string>()
    for (let i = 0; i < 30; i++) taken.add(String((await claim(here))._id))
    // A read waits for what is being given back.
    const { jobs } = await here.queryJobs({ state: 'running' })
    expect(new Set(jobs.map(({ _id }) => String(_id)))).toEqual(taken)
    let elsewhere = 0
    while (await next(there)) elsewhere++
    expect(elsewhere).toBe(70)
  })

  it('gives back what it claimed ahead by itself', async () => {
    await Promise.all(Array.from({ length: 100 }, () => save()))
    for (let i = 0; i < 30; i++) await claim(here)
    const deadline = Date.now() + 5000
    while ((await lockedIds()).length > 30 && Date.now() < deadline) await new Promise(setImmediate)
    expect(await lockedIds()).toHaveLength(30)
  })

  it('claims no job ahead that would not be due for who asks next', async () => {
    await Promise.all(Array.from({ length: 20 }, () => save()))
    for (let i = 0; i < 6; i++) await claim(here)
    await save({ name: 'job', data: 'soon', nextRunAt: inMs(3000) })
    const due = []
    for (let job = await next(here, { horizonMs: 0 }); job; job = await next(here, { horizonMs: 0 })) due.push(job.data)
    expect(due).toHaveLength(14)
    expect(due).not.toContain('soon')
  })

  it('answers who asks while others are being served with what came in meanwhile', async () => {
    const early = next(here)
    const saved = await save()
    const late = await next(here)
    expect([(await early)?._id, late?._id]).toContain(saved._id)
  })

  it('does not hand out a job that was removed or disabled while it was claimed ahead', async () => {
    const jobs = await Promise.all(Array.from({ length: 10 }, (_, data) => save({ data })))
    const taken: unknown[] = []
    for (let i = 0; i < 5; i++) taken.push((await claim(here)).data)
    const rest = jobs.filter(({ data }) => !taken.includes(data))
    const [removed, disabled] = rest
    await Promise.all([
      here.removeJobs({ id: String(removed?._id) }),
      here.disableJobs({ id: String(disabled?._id), name: 'job' }),
    ])
    for (let job = await next(here); job; job = await next(here)) taken.push(job.data)
    expect(taken).toHaveLength(8)
    expect(taken).not.toContain(removed?.data)
    expect(taken).not.toContain(disabled?.data)
  })

  it('takes over a job whose lock has expired, and only then', async () => {
    await save()
    const first = await claim(here)
    expect(await next(there, { lifetimeMs: 1000 })).toBeUndefined()
    await age(2000)
    expect(await next(there, { lifetimeMs: 5000 })).toBeUndefined()
    expect((await claim(there, { lifetimeMs: 1000 }))._id).toBe(first._id)
  })

  it('takes over a job that died in its midst, and finds it again when that claim is given back', async () => {
    await save()
    const first = await claim(here)
    await here.saveJobState({ ...first, lastRunAt: new Date(), nextRunAt: null }, undefined)
    await age(2000)
    const second = await claim(there, { lifetimeMs: 1000 })
    await there.unlockJobs([String(second._id)])
    expect((await claim(there))._id).toBe(first._id)
  })

  it('prefers what was due first among due jobs and expired ones', async () => {
    await save({ data: 'expired', nextRunAt: inMs(-3000) })
    await claim(here)
    await age(2000)
    await save({ data: 'older', nextRunAt: inMs(-5000) })
    await save({ data: 'newer', nextRunAt: inMs(-1000) })
    const order = []
    for (let job = await next(there, { lifetimeMs: 1000 }); job; job = await next(there, { lifetimeMs: 1000 })) {
      order.push(job.data)
    }
    expect(order).toEqual(['older', 'expired', 'newer'])
  })
})

describe('the fence', () => {
  it("refuses the state of a job that another process has claimed since, and keeps the other one's", async () => {
    await save()
    const lost = await claim(here)
    await age(2000)
    const taken = await claim(there, { lifetimeMs: 1000 })
    await there.saveJobState({ ...taken, lastRunAt: new Date(), progress: 80 }, undefined)
    const refused = here.saveJobState({ ...lost, lockedAt: undefined, failReason: 'lost' } as never, undefined)
    await expect(refused).rejects.toMatchObject({ code: 'JOB_GONE' })
    await expect(here.saveJobState({ ...lost, lockedAt: new Date() }, undefined)).rejects.toThrow('cannot be updated')
    await here.unlockJob(lost)
    expect(await here.getJobById(String(lost._id))).toMatchObject({ progress: 80, lockedAt: expect.any(Date) })

    // Also after the other one has finished.
    await there.saveJobState({ ...taken, lockedAt: undefined, lastFinishedAt: new Date() } as never, undefined)
    const late = here.saveJobState({ ...lost, lockedAt: undefined, failReason: 'late' } as never, undefined)
    await expect(late).rejects.toMatchObject({ code: 'JOB_GONE' })
    expect((await here.getJobById(String(lost._id)))?.failReason).toBeUndefined()
  })

  it('holds between two runs of one process, too', async () => {
    await save()
    const first = await claim(here)
    await age(2000)
    const second = await claim(here, { lifetimeMs: 1000 })
    const refused = here.saveJobState({ ...first, lockedAt: undefined } as never, undefined)
    await expect(refused).rejects.toMatchObject({ code: 'JOB_GONE' })
    await here.saveJobState({ ...second, lockedAt: undefined, progress: 1 } as never, undefined)
    expect(await here.getJobById(String(first._id))).toMatchObject({ progress: 1 })
  })

  it('refuses one of a batch and stores the others', async () => {
    await Promise.all(Array.from({ length: 10 }, (_, data) => save({ data })))
    const jobs = []
    for (let job = await next(here); job; job = await next(here)) jobs.push(job)
    await here.removeJobs({ id: String(jobs[3]?._id) })
    const saves = jobs.map((job) => here.saveJobState({ ...job, progress: 50 }, undefined))
    const results = await Promise.allSettled(saves)
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual(jobs.map((_, index) => index !== 3))
    expect((await here.queryJobs()).jobs.map(({ progress }) => progress)).toEqual(Array.from({ length: 9 }, () => 50))
  })

  it('does not let a job start that was disabled after its claim, and frees it', async () => {
    await save()
    const job = await claim(here)
    await there.disableJobs({ name: 'job' })
    const refused = here.saveJobState({ ...job, lastRunAt: new Date() }, undefined)
    await expect(refused).rejects.toMatchObject({ code: 'JOB_DISABLED' })
    await there.enableJobs({ name: 'job' })
    expect((await claim(there))._id).toBe(job._id)
  })

  it('lets a job that was disabled in its midst end', async () => {
    await save()
    const job = await claim(here)
    await here.saveJobState({ ...job, lastRunAt: new Date() }, undefined)
    await there.disableJobs({ name: 'job' })
    await here.saveJobState({ ...job, lockedAt: undefined, lastFinishedAt: new Date() } as never, undefined)
    expect(await here.getJobById(String(job._id))).toMatchObject({ disabled: true, lockedAt: undefined })
  })

  it('lets whoever reads a locked job write for its holder: the child process of a forked job does', async () => {
    await save()
    const held = await claim(here)
    const read = await there.getJobById(String(held._id))
    await age(5000)
    await there.saveJobState({ ...read, lockedAt: new Date() } as JobParameters, undefined)
    expect(await next(there, { lifetimeMs: 3000 })).toBeUndefined()
    await here.saveJobState({ ...held, lockedAt: undefined } as never, undefined)
  })

  it('lets a job be run by hand without a claim, unless it is locked', async () => {
    const job = await save()
    await here.saveJobState({ ...job, lastRunAt: new Date() }, undefined)
    const claimed = await claim(there)
    await expect(here.saveJobState({ ...job, lastRunAt: new Date() }, undefined)).rejects.toMatchObject({
      code: 'JOB_GONE',
    })
    await there.unlockJobs([String(claimed._id)])
    await here.saveJobState({ ...job, lastRunAt: new Date(), lockedAt: new Date() }, undefined)
    await here.saveJobState({ ...job, lastFinishedAt: new Date() }, undefined)
    expect(await lockedIds()).toEqual([])
  })

  it('does not wipe out the next run that somebody set during the run', async () => {
    const job = await save()
    const claimed = await claim(here)
    await here.saveJobState({ ...claimed, nextRunAt: null, lastRunAt: new Date() }, undefined)
    const again = inMs(MINUTE)
    await there.saveJob({ ...job, nextRunAt: again }, undefined)
    await here.saveJobState({ ...claimed, nextRunAt: null, lockedAt: undefined } as never, undefined)
    expect((await here.getJobById(String(job._id)))?.nextRunAt).toEqual(again)
  })

  it('writes the retry of a job that saved itself during the run', async () => {
    await save()
    const claimed = await claim(here)
    await here.saveJobState({ ...claimed, nextRunAt: null, lastRunAt: new Date() }, undefined)
    await here.saveJob({ ...claimed, nextRunAt: null, data: { step: 2 } }, undefined)
    const retryAt = inMs(MINUTE)
    await here.saveJobState({ ...claimed, nextRunAt: retryAt, lockedAt: undefined } as never, undefined)
    expect(await here.getJobById(String(claimed._id))).toMatchObject({ nextRunAt: retryAt, data: { step: 2 } })
  })

  it('needs an id', async () => {
    const job = { name: 'job' } as JobParameters
    await expect(here.saveJobState(job, undefined)).rejects.toThrow('Cannot save job state without job ID')
  })
})

describe('lockJob, unlockJob, unlockJobs', () => {
  it('locks a job for one of many who try', async () => {
    const job = await save()
    const tries = [here, there, here, there].map((repository) => repository.lockJob(job, { lastModifiedBy: 'x' }))
    const locked = (await Promise.all(tries)).filter((found) => found !== undefined)
    expect(locked).toHaveLength(1)
    expect(locked[0]).toMatchObject({ _id: job._id, lockedAt: expect.any(Date), lastModifiedBy: 'x' })
  })

  it('locks nothing that has changed, is disabled, or has no id', async () => {
    const job = await save()
    expect(await here.lockJob({ ...job, nextRunAt: new Date() }, undefined)).toBeUndefined()
    expect(await here.lockJob({ ...job, name: 'other' }, undefined)).toBeUndefined()
    expect(await here.lockJob({ name: 'job' } as JobParameters, undefined)).toBeUndefined()
    await here.disableJobs({ name: 'job' })
    expect(await here.lockJob(job, undefined)).toBeUndefined()
  })

  it('unlocks a waiting job, but not one that runs without a next run', async () => {
    await save()
    const waiting = await claim(here)
    await here.unlockJob(waiting)
    expect(await lockedIds()).toEqual([])
    const running = await claim(here)
    await here.saveJobState({ ...running, nextRunAt: null }, undefined)
    await here.unlockJob(running)
    expect(await lockedIds()).toHaveLength(1)
    await here.unlockJobs([String(running._id)])
    expect(await lockedIds()).toEqual([])
    await here.unlockJobs([])
  })
})

describe('touch', () => {
  it('renews the lock by the age that the process gives it', async () => {
    await save()
    const job = await claim(here)
    await age(5000)
    await here.saveJobState({ ...job, lockedAt: new Date() }, undefined)
    expect(await next(there, { lifetimeMs: 3000 })).toBeUndefined()
    await here.saveJobState({ ...job, lockedAt: inMs(-5000) }, undefined)
    expect((await claim(there, { lifetimeMs: 3000 }))._id).toBe(job._id)
  })
})
