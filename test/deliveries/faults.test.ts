// kill -9 and SIGSTOP of a delivery worker, kill -9 of the database, while deliveries are under way: none is lost, and each keeps its key.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { migrate } from '@segue/database'
import { startPrivateDatabase } from '@segue/private-database'
import { createConnection } from 'mysql2/promise'
import { projectFolder, startProcess, type RunningProcess } from '../faults/processes.js'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { Deliveries, FAST, Outside, SECRET_KEYS, until } from './stand.js'

let database: TestDatabase
let deliveries: Deliveries
let folder: string
const outsides: Outside[] = []
const processes: RunningProcess[] = []

beforeAll(async () => {
  database = await createMigratedDatabase()
  deliveries = new Deliveries(database.url)
  await mkdir(join(projectFolder, '.segue/test'), { recursive: true })
  folder = await mkdtemp(join(projectFolder, '.segue/test/deliveries-'))
})
afterEach(async () => {
  await Promise.all(processes.splice(0).map((process) => process.kill9()))
  await Promise.all(outsides.splice(0).map((outside) => outside.down()))
  await deliveries.endWorkers()
})
afterAll(async () => {
  await deliveries.close()
  await database.close()
  await rm(folder, { recursive: true, force: true })
})

async function startWorkerProcess(): Promise<RunningProcess> {
  const started = await startProcess(
    'delivery-worker',
    'test/deliveries/worker-process.mjs',
    {
      SEGUE_ENVIRONMENT: 'staging',
      SEGUE_MYSQL_URL: database.url,
      SEGUE_HEALTH_PORT: '0',
      SEGUE_OUTGOING_ALLOWED: '127.0.0.1',
      SEGUE_SECRET_KEYS: SECRET_KEYS,
      TIMINGS: JSON.stringify(FAST),
    },
    join(folder, 'worker.log'),
  )
  processes.push(started)
  return started
}

async function outside(answer: Parameters<typeof Outside.start>[0]): Promise<Outside> {
  const started = await Outside.start(answer)
  outsides.push(started)
  return started
}

const many = (count: number, url: string) =>
  Array.from({ length: count }, () => ({
    request: { method: 'POST', url, headers: {}, body: '1', timeoutMs: 60_000 },
    awaited: true,
  }))

test('what a killed worker was sending is sent again by another, with the same key', async () => {
  const server = await outside(() => undefined)
  const ids = await deliveries.queue(...many(25, server.url))
  const worker = await startWorkerProcess()
  await until('some are under way', () => server.received.length === 10)
  const interrupted = server.keys()
  await worker.kill9()
  server.answer = (_, response) => void response.end()
  await deliveries.startWorker()
  const rows = await deliveries.until('delivered', ids)
  expect(server.keys().toSorted()).toEqual([...ids, ...interrupted].toSorted())
  expect(rows.every(({ waitIsDue, outcome }) => waitIsDue && outcome?.['delivered'] === true)).toBe(true)
})

test('a worker frozen beyond its leases overwrites nothing of those who took over, and works on', async () => {
  const held: ServerResponse[] = []
  const server = await outside((_, response) => void held.push(response))
  const ids = await deliveries.queue(...many(25, server.url))
  const frozen = await startWorkerProcess()
  await until('some are under way', () => held.length === 10)
  frozen.freeze()
  server.answer = (_, response) => void response.end('of the second')
  await deliveries.startWorker()
  const before = await deliveries.until('delivered', ids)
  await deliveries.endWorkers()
  for (const response of held) response.end('of the first')
  frozen.thaw()
  const later = await deliveries.queue(...many(5, server.url))
  await deliveries.until('delivered', later)
  expect(frozen.alive).toBe(true)
  const after = await deliveries.rows(ids)
  const bodyOf = ({ id, response, attempts, outcome }: (typeof after)[number]) => [
    id,
    response?.['body'],
    attempts,
    outcome,
  ]
  expect(after.map(bodyOf)).toEqual(before.map(bodyOf))
  expect(after.every(({ response, attempts }) => response?.['body'] === 'of the second' && attempts === 1)).toBe(true)
})

test('a database killed while deliveries are under way loses none and forgets no answer', async () => {
  const server = await startPrivateDatabase({
    folder: join(folder, 'database'),
    cacheFolder: join(projectFolder, '.segue/mariadb'),
    port: 0,
    durability: 'full',
    bufferPoolMb: 64,
    redoLogMb: 32,
    temporary: true,
  })
  const admin = await createConnection(server.adminUrl)
  await admin.query('CREATE DATABASE deliveries CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci')
  await admin.end()
  const url = `${server.adminUrl}/deliveries`
  await migrate(url)
  const own = new Deliveries(url)
  try {
    const receiver = await outside((_, response) => void setTimeout(() => response.end(), 3))
    const ids = await own.queue(...many(1500, receiver.url))
    await own.startWorker()
    await own.startWorker()
    for (const share of [0.2, 0.5]) {
      await until('a share is sent', () => receiver.received.length > share * ids.length)
      await server.kill9()
      await server.restart()
    }
    await until(
      'the pool works again',
      async () =>
        await own.count('delivered').then(
          () => true,
          () => false,
        ),
    )
    const rows = await own.until('delivered', ids)
    expect(new Set(receiver.keys())).toEqual(new Set(ids))
    expect(rows.filter(({ waitIsDue, outcome }) => waitIsDue && outcome?.['delivered'] === true)).toHaveLength(
      ids.length,
    )
    // What was under way at the two kills may have come twice, not more.
    expect(receiver.received.length - ids.length).toBeLessThan(ids.length / 2)
  } finally {
    await own.close()
    await server.close()
  }
})
