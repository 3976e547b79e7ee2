import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals'
import { Agenda, type JobLogEntry } from 'agenda'
import { createPool, type Pool } from 'mysql2/promise'
import { createTestDatabase, type TestDatabase } from '../../../test/setup/database.js'
import { MySqlBackend, MySqlJobLogger } from './index.js'

let database: TestDatabase
let pool: Pool
let logger: MySqlJobLogger

beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool(database.url)
  logger = new MySqlJobLogger({ pool })
})
beforeEach(() => logger.clearLogs())
afterAll(async () => {
  await logger.close()
  await pool.end()
  await database.close()
})

const at = (second: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, second, 5))
const entry = (second: number, more: Partial<JobLogEntry> = {}): Omit<JobLogEntry, '_id'> => ({
  timestamp: at(second),
  level: 'info',
  event: 'start',
  jobName: 'a',
  message: 'job started',
  ...more,
})

it('brings back an entry with all that was in it, and nothing that was not', async () => {
  const full = entry(1, {
    jobId: 'id',
    duration: 1500,
    error: 'it failed',
    failCount: 3,
    retryDelay: 5000,
    retryAttempt: 2,
    agendaName: 'worker',
    meta: { deep: { key: 1 } },
  })
  await logger.log(full)
  await logger.log(entry(0))
  const { entries, total } = await logger.getLogs()
  expect(total).toBe(2)
  expect(entries).toEqual([
    { ...full, _id: expect.any(String) },
    { ...entry(0), _id: expect.any(String) },
  ])
})

it('filters, sorts, pages and clears', async () => {
  await Promise.all([
    logger.log(entry(1, { jobId: '1' })),
    logger.log(entry(2, { jobId: '1', event: 'fail', level: 'error' })),
    logger.log(entry(3, { jobName: 'b', jobId: '2' })),
    logger.log(entry(4, { jobName: 'b', jobId: '2', event: 'retry', level: 'warn' })),
  ])
  const seconds = async (query: Parameters<typeof logger.getLogs>[0]): Promise<number[]> =>
    (await logger.getLogs(query)).entries.map(({ timestamp }) => timestamp.getUTCSeconds())
  expect(await seconds({})).toEqual([4, 3, 2, 1])
  expect(await seconds({ sort: 'asc' })).toEqual([1, 2, 3, 4])
  expect(await seconds({ jobName: 'b' })).toEqual([4, 3])
  expect(await seconds({ jobId: '1', level: 'error' })).toEqual([2])
  expect(await seconds({ level: ['warn', 'error'] })).toEqual([4, 2])
  expect(await seconds({ event: ['start', 'fail'] })).toEqual([3, 2, 1])
  expect(await seconds({ from: at(2), to: at(3) })).toEqual([3, 2])
  expect(await logger.getLogs({ limit: 1, offset: 1 })).toMatchObject({ total: 4, entries: [{ timestamp: at(3) }] })
  expect(await logger.clearLogs({ jobName: 'a' })).toBe(2)
  expect(await logger.clearLogs({ jobName: 'a' })).toBe(0)
  expect(await logger.clearLogs()).toBe(2)
})

it('holds what Agenda logs of a run', async () => {
  const agenda = new Agenda({ backend: new MySqlBackend({ pool }), logging: true, processEvery: 20, name: 'w' })
  agenda.define('work', async () => {}, { lockLifetime: 1000 })
  await agenda.start()
  const done = new Promise((resolve) => agenda.once('complete:work', resolve))
  await agenda.now('work')
  await done
  await agenda.stop()
  await logger.idle()
  let events: string[] = []
  while (events.length < 4) events = (await agenda.getLogs({ sort: 'asc' })).entries.map(({ event }) => event)
  expect(events).toEqual(['locked', 'start', 'success', 'complete'])
})
