import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { JobParameters, UniqueOpts } from 'agenda'
import { createPool, type Pool } from 'mysql2/promise'
import { createTestDatabase, type TestDatabase } from '../../../test/setup/database.js'
import { MySqlBackend } from './index.js'
import type { MySqlJobRepository } from './repository.js'

let database: TestDatabase
let pool: Pool
let repositories: MySqlJobRepository[]

beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool(database.url)
  const backends = [new MySqlBackend({ pool }), new MySqlBackend({ pool })]
  for (const backend of backends) await backend.connect()
  repositories = backends.map(({ repository }) => repository)
})
beforeEach(() => pool.query('DELETE FROM agenda_jobs'))
afterAll(async () => {
  await pool.end()
  await database.close()
})

let turn = 0
/** Saves through one repository and the other by turns. */
function save(
  data: unknown,
  unique?: Record<string, unknown>,
  uniqueOpts?: UniqueOpts,
  job: Partial<JobParameters> = {},
): Promise<JobParameters> {
  const whole = { name: 'job', priority: 0, nextRunAt: new Date(), type: 'normal', data, unique, uniqueOpts, ...job }
  const repository = repositories[turn++ % 2]
  if (!repository) throw new Error('There is none.')
  return repository.saveJob(whole as JobParameters, undefined)
}
const count = async (): Promise<number> => Number((await repositories[0]?.queryJobs())?.total)

describe('a unique constraint', () => {
  it.each([{}, { insertOnly: true }])('leaves one job of twenty saved at once (%j)', async (options) => {
    const unique = { 'data.user': 7, 'data.kind': 'mail' }
    const saves = Array.from({ length: 20 }, (_, i) => save({ user: 7, kind: 'mail', i }, unique, options))
    const ids = (await Promise.all(saves)).map(({ _id }) => _id)
    expect(new Set(ids).size).toBe(1)
    expect(await count()).toBe(1)
  })

  it('leaves one job of the type single of twenty saved at once', async () => {
    const saves = Array.from({ length: 20 }, (_, i) => save({ i }, undefined, undefined, { type: 'single' }))
    expect(new Set((await Promise.all(saves)).map(({ _id }) => _id)).size).toBe(1)
    expect(await count()).toBe(1)
  })

  it('changes the job that is there, or leaves it as it is with insertOnly', async () => {
    const first = await save({ user: 1, v: 1 }, { 'data.user': 1 })
    const kept = await save({ user: 1, v: 2 }, { 'data.user': 1 }, { insertOnly: true })
    expect(kept).toMatchObject({ _id: first._id, data: { user: 1, v: 1 } })
    const changed = await save({ user: 1, v: 3 }, { 'data.user': 1 }, undefined, { priority: 5 })
    expect(changed).toMatchObject({ _id: first._id, data: { user: 1, v: 3 }, priority: 5 })
    expect((await save({ user: 2 }, { 'data.user': 2 }))._id).not.toBe(first._id)
    expect((await save({ user: '1' }, { 'data.user': '1' }))._id).not.toBe(first._id)
    expect((await save({ user: 1 }, { 'data.user': 1 }, undefined, { name: 'other' }))._id).not.toBe(first._id)
    expect(await count()).toBe(4)
  })

  it('finds jobs by what they hold, however they were saved', async () => {
    const plain = await save({ user: { id: 1, name: 'A' }, list: ['x'] })
    expect((await save({ user: { id: 1 } }, { 'data.user.id': 1 }, { insertOnly: true }))._id).toBe(plain._id)
    expect((await save({}, { 'data.user': { id: 1 } }, { insertOnly: true }))._id).toBe(plain._id)
    // Saved under a narrower constraint, found by a wider one.
    const narrow = await save({ a: 1, b: 2 }, { 'data.a': 1, 'data.b': 2 })
    expect((await save({ a: 1, b: 2 }, { 'data.a': 1 }, { insertOnly: true }))._id).toBe(narrow._id)
  })

  it('no longer finds a job whose data has been changed away', async () => {
    const first = await save({ user: 1 }, { 'data.user': 1 })
    await repositories[0]?.saveJob({ ...first, data: { user: 2 } }, undefined)
    expect((await save({ user: 1 }, { 'data.user': 1 }))._id).not.toBe(first._id)
    expect((await save({ user: 2 }, { 'data.user': 2 }))._id).toBe(first._id)
    expect(await count()).toBe(2)
  })

  it('may name fields of the job, and refuses what is none', async () => {
    const first = await save({ v: 1 }, { priority: 3, disabled: false }, undefined, { priority: 3 })
    expect((await save({ v: 2 }, { priority: 3 }, undefined, { priority: 3 }))._id).toBe(first._id)
    for (const field of ['priority; DROP TABLE agenda_jobs', 'constructor', '']) {
      await expect(save({}, { [field]: 1 })).rejects.toThrow(`Invalid unique constraint field: "${field}"`)
    }
    await save({ 'we\'ird"': { 'k.e': 1 } }, { [`data.we'ird"`]: { 'k.e': 1 } })
    expect(await count()).toBe(2)
  })

  it('schedules a job again that is done', async () => {
    const first = await save({ user: 1 }, { 'data.user': 1 })
    await repositories[0]?.saveJobState({ ...first, nextRunAt: null, lastFinishedAt: new Date() }, undefined)
    const again = new Date(Date.now() + 5000)
    expect(await save({ user: 1 }, { 'data.user': 1 }, undefined, { nextRunAt: again })).toMatchObject({
      _id: first._id,
      nextRunAt: again,
    })
  })
})

describe('debouncing', () => {
  const debounced = (v: number, debounce: UniqueOpts['debounce']): Promise<JobParameters> =>
    save({ user: 1, v }, { 'data.user': 1 }, { debounce } as UniqueOpts)

  it('puts a trailing job off with each save, and keeps the last data', async () => {
    const before = Date.now()
    const first = await debounced(1, { delay: 1000 })
    expect(first.nextRunAt?.getTime()).toBeGreaterThanOrEqual(before + 1000)
    await repositories[0]?.saveJob({ ...first, nextRunAt: new Date(before) }, undefined)
    const second = await debounced(2, { delay: 1000 })
    expect(second.nextRunAt?.getTime()).toBeGreaterThanOrEqual(before + 1000)
    expect(second).toMatchObject({ _id: first._id, data: { v: 2 }, debounceStartedAt: first.debounceStartedAt })
  })

  it('leaves a leading job its first time', async () => {
    const first = await debounced(1, { delay: 5000, strategy: 'leading' })
    const second = await debounced(2, { delay: 5000, strategy: 'leading' })
    expect(second).toMatchObject({ _id: first._id, nextRunAt: first.nextRunAt, data: { v: 2 } })
  })

  it('runs at the latest after maxWait, and starts anew then', async () => {
    const first = await debounced(1, { delay: 5000, maxWait: 1000 })
    await pool.query('UPDATE agenda_jobs SET debounce_started_at = debounce_started_at - 2000')
    const second = await debounced(2, { delay: 5000, maxWait: 1000 })
    expect(second._id).toBe(first._id)
    expect(second.nextRunAt?.getTime()).toBeLessThanOrEqual(Date.now())
    expect(second.debounceStartedAt).toBeUndefined()
  })
})
