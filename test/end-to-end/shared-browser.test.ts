// A browser that two people use: what each does is theirs, and who logged in last is who browses on.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { start as startCollector, type RunningCollector } from '@segue/collector'
import { readCollectorConfig } from '@segue/collector/config'
import { connect } from '@segue/database'
import { start as startWorker } from '@segue/event-worker'
import { readEventWorkerConfig } from '@segue/event-worker/config'
import { installBuiltIns } from '@segue/pipeline'
import type { Running } from '@segue/service'
import type { Pool, RowDataPacket } from 'mysql2/promise'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'

let database: TestDatabase
let pool: Pool
let collector: RunningCollector
let worker: Running

beforeAll(async () => {
  database = await createMigratedDatabase()
  pool = connect({ url: database.url, connections: 4 })
  await installBuiltIns(pool)
  await pool.query(
    `INSERT INTO event_source (id, name, channel, trusted, origins, created_at, updated_at)
     VALUES ('website', 'Website', 'tracker', FALSE, '[]', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
  )
  const environment = {
    SEGUE_ENVIRONMENT: 'staging',
    SEGUE_LOG_LEVEL: 'error',
    SEGUE_MYSQL_URL: database.url,
    SEGUE_HEALTH_PORT: '0',
  }
  collector = await startCollector(
    readCollectorConfig({ ...environment, SEGUE_COLLECTOR_PORT: '0', SEGUE_PROFILE_ID_KEY: 'cd'.repeat(32) }),
  )
  worker = await startWorker(readEventWorkerConfig(environment))
})
afterAll(async () => {
  await collector.close()
  await worker.close()
  await pool.end()
  await database.close()
})

/** Sends one event as the tracker of a page does, waits until it is processed, and returns what the page keeps. */
async function send(type: string, browser: { profile?: string; device: string; user?: string }): Promise<string> {
  const key = randomUUID()
  const response = await fetch(`${collector.url}/track`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      source: { id: 'website' },
      session: { id: randomUUID() },
      device: { id: browser.device },
      profile: {
        ...(browser.profile ? { id: browser.profile } : {}),
        identities: browser.user ? [{ kind: 'user', value: browser.user }] : [],
      },
      events: [{ id: key, type, properties: { key } }],
    }),
  })
  expect(response.status).toBe(200)
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await pause(10)) {
    const [found] = await pool.query<RowDataPacket[]>('SELECT 1 FROM event WHERE properties LIKE ?', [`%${key}%`])
    if (found.length > 0) return ((await response.json()) as { profile: { id: string } }).profile.id
  }
  throw new Error('The event was not processed within 30 s.')
}

/** Types of the events of the profile that a user id leads to, in their order. */
async function eventsOf(user: string): Promise<string[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT e.type FROM event e JOIN profile_identity i ON i.profile_id = e.profile_id
     WHERE i.kind = 'user' AND i.value = ? ORDER BY e.id`,
    [user],
  )
  return rows.map((row) => row['type'])
}

test('the second person to log in gets a profile of their own, and browses on as themselves', async () => {
  const device = randomUUID()
  const profile = await send('looked around', { device })
  await send('ada logged in', { device, profile, user: 'ada' })
  await send('ada bought', { device, profile })
  await send('bob logged in', { device, profile, user: 'bob' })
  await send('bob bought', { device, profile })

  expect(await eventsOf('ada')).toEqual(['looked around', 'ada logged in', 'ada bought'])
  expect(await eventsOf('bob')).toEqual(['bob logged in', 'bob bought'])
})
