// The database is away: at the start, suddenly, frozen. Nothing accepted is lost, and the collector recovers by itself.
import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { migrate } from '@segue/database'
import { startPrivateDatabase, type PrivateDatabase } from '@segue/private-database'
import { start, type RunningCollector } from '@segue/collector'
import { readCollectorConfig } from '@segue/collector/config'
import { createConnection, type Connection } from 'mysql2/promise'
import {
  collectorEnvironment,
  createCollectorAccount,
  insertSource,
  post,
  readInbox,
  type Answer,
} from './start-collector.js'

const root = join(import.meta.dirname, '../..')

let server: PrivateDatabase
let accountUrl: string
let collector: RunningCollector
beforeAll(async () => {
  const folder = join(root, '.segue/test')
  mkdirSync(folder, { recursive: true })
  server = await startPrivateDatabase({
    folder: mkdtempSync(join(folder, 'outage-')),
    cacheFolder: join(root, '.segue/mariadb'),
    port: 0,
    durability: 'full',
    bufferPoolMb: 64,
    redoLogMb: 32,
    temporary: true,
  })
  await asAdmin(async (admin) => {
    await admin.query('CREATE DATABASE outage')
  }, '')
  await migrate(`${server.adminUrl}/outage`)
  accountUrl = await createCollectorAccount(`${server.adminUrl}/outage`)
  await asAdmin(async (admin) => {
    await insertSource(admin, { id: 'shop', channel: 'tracker', events_per_second: 1_000_000 })
  })
})
afterAll(async () => {
  await collector?.close()
  await server.close()
})

async function asAdmin<T>(run: (admin: Connection) => Promise<T>, database = '/outage'): Promise<T> {
  const admin = await createConnection(server.adminUrl + database)
  try {
    return await run(admin)
  } finally {
    await admin.end()
  }
}

const track = (id: string = randomUUID()): Promise<Answer> =>
  post(`${collector.url}/track`, { source: { id: 'shop' }, events: [{ id, type: 'page-view' }] })

const ready = async (): Promise<number> => (await fetch(`http://127.0.0.1:${collector.healthPort}/ready`)).status

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('It did not come to pass within 20 seconds.')
}

describe('while the database is away', () => {
  test('the collector starts, says 503 with Retry-After, and serves as soon as the database is there', async () => {
    await server.kill9()
    collector = await start(readCollectorConfig(collectorEnvironment(accountUrl, { SEGUE_LOG_LEVEL: 'error' })))
    const answer = await track()
    expect(answer).toMatchObject({ status: 503, body: { error: { code: 'UNAVAILABLE' } } })
    expect(answer.headers.get('retry-after')).toBe('2')
    expect(await ready()).toBe(503)
    expect((await fetch(`${collector.url}/health`)).status).toBe(200)
    await server.restart()
    await until(async () => (await track()).status === 200)
    await until(async () => (await ready()) === 200)
  })

  test('killed under load and back: clients that send again lose nothing, and no answered request is there twice', async () => {
    await asAdmin((admin) => admin.query('DELETE FROM inbox'))
    const acceptedIds: string[] = []
    const tasks: string[] = []
    const statuses = new Set<number>()
    let sending = true
    const clients = Array.from({ length: 16 }, async () => {
      while (sending) {
        const id = randomUUID()
        for (;;) {
          const answer = await track(id)
          statuses.add(answer.status)
          if (answer.status === 200) {
            acceptedIds.push(id)
            tasks.push(answer.body.task)
            break
          }
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
      }
    })
    for (let kill = 0; kill < 2; kill++) {
      const before = tasks.length
      await until(async () => tasks.length > before + 100)
      await server.kill9()
      await server.restart()
    }
    const before = tasks.length
    await until(async () => tasks.length > before + 100)
    sending = false
    await Promise.all(clients)

    const inbox = await asAdmin(readInbox)
    const byTask = new Map<string, number>()
    for (const { envelope } of inbox) byTask.set(envelope.requestId, (byTask.get(envelope.requestId) ?? 0) + 1)
    expect(tasks.filter((task) => byTask.get(task) !== 1)).toEqual([])
    const keys = new Set(inbox.map(({ envelope }) => envelope.clientKey?.id))
    expect(acceptedIds.filter((id) => !keys.has(id))).toEqual([])
    // What is there beyond the answered requests was sent again by its client, with the same id of its event.
    expect([...keys].filter((id) => !acceptedIds.includes(id ?? ''))).toEqual([])
    expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([])
  })

  test('frozen: nobody waits longer than the deadline, known sources are still known, and it recovers', async () => {
    process.kill(server.pid, 'SIGSTOP')
    try {
      const began = Date.now()
      const answer = await track()
      expect(answer.status).toBe(503)
      expect(Date.now() - began).toBeLessThan(8000)
      // From now on nobody waits in vain.
      const next = Date.now()
      expect((await track()).status).toBe(503)
      expect(Date.now() - next).toBeLessThan(2000)
      expect(await ready()).toBe(503)
    } finally {
      process.kill(server.pid, 'SIGCONT')
    }
    await until(async () => (await track()).status === 200)
    await until(async () => (await ready()) === 200)
  })

  test('closing answers what was taken in and then ends', async () => {
    const answers = Array.from({ length: 50 }, () => track())
    await until(async () => (await asAdmin(readInbox)).length > 0)
    const settled = Promise.allSettled(answers)
    await collector.close()
    for (const answer of await settled)
      if (answer.status === 'fulfilled') expect([200, 503]).toContain(answer.value.status)
    await expect(track()).rejects.toThrow()
    // A second close is of no consequence for whoever closes everything at the end.
    collector = { ...collector, close: () => Promise.resolve() }
  })
})
