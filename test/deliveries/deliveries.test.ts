// Deliveries from the queue to the outside and the answer back to the wait, over HTTP and as mails.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { MailOutside } from './mail-outside.js'
import { Deliveries, Outside } from './stand.js'

let database: TestDatabase
let deliveries: Deliveries
const outsides: { down(): Promise<void> }[] = []

beforeAll(async () => {
  database = await createMigratedDatabase()
  deliveries = new Deliveries(database.url)
})
afterEach(async () => {
  await deliveries.endWorkers()
  await Promise.all(outsides.splice(0).map((outside) => outside.down()))
})
afterAll(async () => {
  await deliveries.close()
  await database.close()
})

async function outside(...given: Parameters<typeof Outside.start>): Promise<Outside> {
  const started = await Outside.start(...given)
  outsides.push(started)
  return started
}

test('a call is made with its idempotency key, and its answer ends the wait', async () => {
  const server = await outside((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.setHeader('set-cookie', 'session=1')
    response.end('{"id": 7}')
  })
  const request = {
    method: 'POST',
    url: `${server.url}/orders?a=1`,
    headers: { 'x-shop': 'north' },
    body: '{"total":9}',
  }
  const [id = ''] = await deliveries.queue({ request, awaited: true })
  await deliveries.startWorker()
  const [row] = await deliveries.until('delivered', [id])
  expect(server.received).toMatchObject([
    { key: id, method: 'POST', path: '/orders?a=1', body: '{"total":9}', headers: { 'x-shop': 'north' } },
  ])
  expect(row).toMatchObject({ attempts: 1, nextAt: null, leaseOwner: null, error: null, waitIsDue: true })
  expect(row?.response).toMatchObject({ status: 200, body: { id: 7 } })
  expect(row?.response?.['headers']).not.toHaveProperty('set-cookie')
  expect(row?.outcome).toEqual({ kind: 'answer', delivered: true, response: row?.response })
})

test('a mail is sent over SMTP with a Message-ID made of its key, and what the server said ends the wait', async () => {
  const server = await MailOutside.start()
  outsides.push(server)
  await server.makeResource(deliveries.pool, 'newsletter')
  const request = {
    resource: 'newsletter',
    from: { name: 'The Shop', address: 'shop@example.com' },
    to: { name: 'Ada Lövelace', address: 'ada@example.org' },
    subject: 'Grüße',
    text: 'Hello',
    html: '<p>Hello</p>',
  }
  const [id = ''] = await deliveries.queue({ transport: 'mail', request, awaited: true })
  await deliveries.startWorker()
  const [row] = await deliveries.until('delivered', [id])
  expect(server.received).toMatchObject([
    { from: 'shop@example.com', to: ['ada@example.org'], user: 'shop', secure: true },
  ])
  expect(server.received[0]?.source).toContain(`Message-ID: <${id}@example.com>`)
  expect(row?.outcome).toMatchObject({
    kind: 'answer',
    delivered: true,
    response: { messageId: `<${id}@example.com>` },
  })
  expect(row?.waitIsDue).toBe(true)
})
