// Many destinations: none waits for another, none gets more than it bears, none is lost while it is away.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { ServerResponse } from 'node:http'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { Deliveries, Outside, until, type Answer } from './stand.js'

let database: TestDatabase
let deliveries: Deliveries
const outsides: Outside[] = []

beforeAll(async () => {
  database = await createMigratedDatabase()
  deliveries = new Deliveries(database.url)
})
afterEach(async () => {
  await Promise.all(outsides.splice(0).map((outside) => outside.down()))
  await deliveries.endWorkers()
  await deliveries.pool.query('DELETE FROM delivery')
})
afterAll(async () => {
  await deliveries.close()
  await database.close()
})

async function outside(answer?: Answer): Promise<Outside> {
  const started = await Outside.start(answer)
  outsides.push(started)
  return started
}

const many = (count: number, url: string) =>
  Array.from({ length: count }, () => ({ request: { method: 'POST', url, headers: {}, body: '1', timeoutMs: 20_000 } }))

test('a destination that is away gets all of its deliveries when it is back, each once, and few attempts meanwhile', async () => {
  const server = await outside()
  await server.down()
  const ids = await deliveries.queue(...many(300, server.url))
  const worker = await deliveries.startWorker()
  await until('the breaker is open', async () => (await metric(worker.port, 'segue_delivery_breakers_open')) === 1)
  await until('all are put off or tried', async () => (await deliveries.rows(ids)).every(({ dueNow }) => !dueNow))
  await server.up()
  await deliveries.until('delivered', ids)
  expect(server.keys().toSorted()).toEqual(ids.toSorted())
  const rows = await deliveries.rows(ids)
  expect(rows.filter(({ attempts }) => attempts > 1).length).toBeLessThan(100)
  expect(await metric(worker.port, 'segue_delivery_breakers_open')).toBe(0)
})

test('while a destination fails one at a time tries it', async () => {
  const server = await outside((_, response) => response.writeHead(503).end())
  await deliveries.queue(...many(100, server.url))
  await deliveries.startWorker({ breakerBaseMs: 100, breakerMostMs: 100 })
  await until('it was tried again', () => server.received.length > 15)
  server.most = 0
  const [before, at] = [server.received.length, Date.now()]
  await until('it was tried some more', () => server.received.length >= before + 5)
  expect(server.most).toBe(1)
  // Each time after at least half of the breaker's time.
  expect(Date.now() - at).toBeGreaterThan(150)
})

test('a destination gets as many at once as it bears', async () => {
  const server = await outside((_, response) => void setTimeout(() => response.end(), 5))
  const ids = await deliveries.queue(...many(200, server.url))
  await deliveries.startWorker()
  await deliveries.until('delivered', ids)
  expect(server.most).toBe(10)
})

test('a slow destination with thousands waiting does not delay the others', async () => {
  const held: ServerResponse[] = []
  const slow = await outside((_, response) => void held.push(response))
  const quick = await outside()
  await deliveries.queue(...many(3000, slow.url))
  await deliveries.startWorker()
  await until('the slow one is busy', () => held.length === 10)
  const ids = await deliveries.queue(...many(50, quick.url))
  const began = Date.now()
  await deliveries.until('delivered', ids)
  expect(Date.now() - began).toBeLessThan(3000)
  expect(slow.received).toHaveLength(10)
})

test('a destination that is away with thousands waiting does not delay the others', async () => {
  const quick = await outside()
  await deliveries.queue(...many(3000, 'http://127.0.0.1:1/'))
  const ids = await deliveries.queue(...many(50, quick.url))
  await deliveries.startWorker()
  await deliveries.until('delivered', ids)
  expect(quick.received).toHaveLength(50)
})

test('two workers share the work and make each delivery once', async () => {
  const server = await outside((_, response) => void setTimeout(() => response.end(), 2))
  const ids = await deliveries.queue(...many(600, server.url))
  const workers = await Promise.all([deliveries.startWorker(), deliveries.startWorker()])
  await deliveries.until('delivered', ids)
  expect(server.keys().toSorted()).toEqual(ids.toSorted())
  for (const { port } of workers) expect(await metric(port, 'segue_deliveries_sent_total')).toBeGreaterThan(50)
})

test('a worker that ends waits for what is under way and gives the rest back', async () => {
  const held: ServerResponse[] = []
  const server = await outside((_, response) => void held.push(response))
  const ids = await deliveries.queue(...many(30, server.url))
  await deliveries.startWorker()
  await until('some are under way', () => held.length === 10)
  const ended = deliveries.endWorkers()
  server.answer = (_, response) => void response.end()
  for (const response of held) response.end()
  await ended
  const rows = await deliveries.rows(ids)
  expect(rows.filter(({ state }) => state === 'delivered')).toHaveLength(10)
  expect(
    rows.filter(({ state, dueNow, leaseOwner }) => state === 'queued' && dueNow && leaseOwner === null),
  ).toHaveLength(20)
})

test('health, readiness and metrics tell of the work', async () => {
  const server = await outside((_, response) => response.writeHead(404).end())
  const ids = await deliveries.queue(...many(2, server.url))
  const worker = await deliveries.startWorker()
  await deliveries.until('rejected', ids)
  expect(await (await fetch(`http://127.0.0.1:${worker.port}/ready`)).json()).toEqual({ status: 'ready' })
  await until(
    'they are counted',
    async () => (await metric(worker.port, 'segue_deliveries_failed_total', 'reason="HTTP_404"')) === 2,
  )
  expect(await metric(worker.port, 'segue_deliveries_oldest_due_seconds')).toBeGreaterThanOrEqual(0)
})

async function metric(port: number, name: string, label = ''): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(label))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
