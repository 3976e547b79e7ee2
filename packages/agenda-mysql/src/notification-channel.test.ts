import { afterEach, beforeAll, afterAll, expect, it } from '@jest/globals'
import { Agenda, toJobId, type JobNotification, type JobStateNotification } from 'agenda'
import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise'
import { createTestDatabase, type TestDatabase } from '../../../test/setup/database.js'
import { MySqlBackend, MySqlNotificationChannel } from './index.js'

let database: TestDatabase
let pool: Pool
let channels: MySqlNotificationChannel[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool(database.url)
})
afterEach(async () => {
  await Promise.all(channels.map((channel) => channel.disconnect()))
  channels = []
})
afterAll(async () => {
  await pool.end()
  await database.close()
})

async function open(options: { channelName?: string } = {}): Promise<MySqlNotificationChannel & { heard: unknown[] }> {
  const channel = new MySqlNotificationChannel({ pool, pollIntervalMs: 20, ...options })
  const heard: unknown[] = []
  await channel.connect()
  channel.subscribe((notification) => void heard.push(notification))
  channel.subscribeState((notification) => void heard.push(notification))
  channels.push(channel)
  return Object.assign(channel, { heard })
}

const job = (jobName: string, more: Partial<JobNotification> = {}): JobNotification => ({
  jobId: toJobId('id'),
  jobName,
  nextRunAt: new Date('2026-01-15T10:30:00.123Z'),
  priority: 42,
  timestamp: new Date('2026-01-15T10:30:01.456Z'),
  source: 'me',
  ...more,
})

async function until(isTrue: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 20_000
  while (!isTrue()) {
    if (Date.now() > giveUpAt) throw new Error('It did not come true within 20 s.')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

it('tells its own process at once and others soon, each once, with all that was said', async () => {
  const [here, there, elsewhere] = [await open(), await open(), await open({ channelName: 'other' })]
  const state: JobStateNotification = {
    type: 'retry',
    jobId: toJobId('id'),
    jobName: 'x',
    timestamp: new Date('2026-01-01T00:00:00Z'),
    retryAt: new Date('2026-01-01T00:00:05Z'),
    retryAttempt: 2,
    error: 'it failed',
  }
  await here.publish(job('a'))
  await here.publishState(state)
  await here.publish(job('b', { nextRunAt: null }))
  const all = [job('a'), state, job('b', { nextRunAt: null })]
  expect(here.heard).toEqual(all)
  await until(() => there.heard.length === 3)
  expect(there.heard).toEqual(all)
  // What comes after would come after a repetition, too.
  await there.publish(job('c'))
  await until(() => here.heard.length === 4)
  expect(there.heard).toHaveLength(4)
  expect(elsewhere.heard).toEqual([])
})

it('misses nothing that is committed after a later one', async () => {
  const listener = await open()
  const connection = await pool.getConnection()
  await connection.beginTransaction()
  const insert = `INSERT INTO agenda_notifications (channel, sender, body, sent_at) VALUES ('agenda:jobs', '', ?, 9e12)`
  await connection.query(insert, [JSON.stringify([{ kind: 'job', notification: job('slow') }])])
  await pool.query(insert, [JSON.stringify([{ kind: 'job', notification: job('quick') }])])
  await until(() => listener.heard.length === 1)
  await connection.commit()
  connection.release()
  await until(() => listener.heard.length === 2)
  expect(listener.heard).toMatchObject([{ jobName: 'quick' }, { jobName: 'slow' }])
})

it('sweeps away what everybody has had time to read, and keeps the rest', async () => {
  const channel = await open()
  await pool.query(`INSERT INTO agenda_notifications (channel, sender, body, sent_at) VALUES ('x', '', '[]', 1)`)
  await channel.sweep()
  const [rows] = await pool.query<RowDataPacket[]>('SELECT COUNT(*) AS old FROM agenda_notifications WHERE sent_at = 1')
  expect(rows).toEqual([{ old: 0 }])
  const [kept] = await pool.query<RowDataPacket[]>('SELECT COUNT(*) AS kept FROM agenda_notifications')
  expect(Number(kept[0]?.['kept'])).toBeGreaterThan(0)
})

it('refuses to publish when it is not connected', async () => {
  const channel = new MySqlNotificationChannel({ pool })
  expect(channel.state).toBe('disconnected')
  await expect(channel.publish(job('a'))).rejects.toThrow(/not connected/i)
  await channel.connect()
  expect(channel.state).toBe('connected')
  await channel.disconnect()
  await expect(channel.publish(job('a'))).rejects.toThrow(/not connected/i)
})

/** Longer than a test waits for anything. Agenda's timer for half of it outlives each run, so it is no longer than needed. */
const SCAN_MS = 30_000

it('wakes another process long before its next scan, and after the commit of a transaction that enqueued', async () => {
  const backends = [0, 1].map(() => new MySqlBackend({ pool, notifications: { pollIntervalMs: 20 } }))
  const [worker, producer] = backends.map(
    (backend, i) => new Agenda({ backend, name: String(i), processEvery: SCAN_MS }),
  )
  if (!worker || !producer) throw new Error('There are two.')
  const ran: unknown[] = []
  const told: string[] = []
  worker.define('work', async ({ attrs }) => void ran.push(attrs.data), { lockLifetime: 1000 })
  producer.on('start', () => void told.push('start'))
  producer.on('success', () => void told.push('success'))
  producer.on('complete', () => void told.push('complete'))
  await worker.start()
  await producer.start()
  await producer.now('work', 'plain')
  await until(() => ran.length === 1)
  await until(() => told.includes('complete'))
  expect(told).toEqual(['start', 'success', 'complete'])

  const connection = await pool.getConnection()
  await connection.beginTransaction()
  await backends[1]?.withTransaction(connection, () => producer.now('work', 'in a transaction'))
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(ran).toHaveLength(1)
  await connection.commit()
  connection.release()
  await until(() => ran.length === 2)
  await Promise.all([worker.stop(), producer.stop()])
})
