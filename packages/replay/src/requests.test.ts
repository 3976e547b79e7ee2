// What lines become: whose events, of which types, under which ids.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requestsOf, type RetailRequest } from './requests.js'
import { survey } from './survey.js'

const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segue-retail-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function requests(lines: string[], limit = Infinity): Promise<RetailRequest[]> {
  const path = join(folder, `${Math.random()}.csv`)
  await writeFile(path, [HEADER, ...lines].join('\n'))
  const found = []
  for await (const request of requestsOf(path, await survey(path), limit)) found.push(request)
  return found
}

const events = (found: RetailRequest[]) => found.flatMap((request) => request.events)

const A = '1,S1,A,2,2011-01-01 10:00:00,0.1,100.0,UK'
const B = '1,S2,B,3,2011-01-01 10:01:00,0.7,100.0,UK'
const OTHER = '2,S1,A,1,2011-01-01 10:02:00,5,,UK'
const CANCELLED = 'C3,S1,A,-1,2011-01-01 10:03:00,5,100.0,UK'

test('lines of an invoice go together, after the order that they make up', async () => {
  const [request, ...others] = await requests([A, B])
  expect(others).toEqual([])
  expect(request?.person).toEqual({ kind: 'customer', value: '100' })
  expect(request?.events).toMatchObject([
    {
      id: '1:order',
      type: 'order-placed',
      time: { create: '2011-01-01T10:00:00.000Z' },
      properties: { id: '1', value: 2.3, currency: 'GBP', lines: 2, items: 5, country: 'UK' },
    },
    {
      type: 'product-purchase',
      time: { create: '2011-01-01T10:00:00.000Z' },
      properties: { order_id: '1', sku: 'S1', name: 'A', quantity: 2, price: 0.1, value: 0.2, currency: 'GBP' },
    },
    { type: 'product-purchase', time: { create: '2011-01-01T10:01:00.000Z' }, properties: { value: 2.1 } },
  ])
})

test('an invoice without customer is an anonymous person of its own; C is a cancellation', async () => {
  const found = await requests([OTHER, CANCELLED])
  expect(found.map((request) => request.person)).toEqual([
    { kind: 'anonymous', value: 'invoice-2' },
    { kind: 'customer', value: '100' },
  ])
  expect(events(found).map((event) => event.type)).toEqual([
    'order-placed',
    'product-purchase',
    'order-cancelled',
    'product-purchase',
  ])
})

test('an invoice whose lines lie apart is one order with all of them', async () => {
  const orders = events(await requests([A, OTHER, B])).filter((event) => event.id === '1:order')
  expect(orders).toMatchObject([{ properties: { lines: 2, value: 2.3 } }])
})

test('an event has the same id in another order, in a part of the file and in another spelling', async () => {
  const ids = (found: RetailRequest[]) => events(found).map((event) => event.id)
  const whole = ids(await requests([A, B, B, OTHER, CANCELLED]))
  expect(new Set(whole).size).toBe(8)
  expect(new Set(ids(await requests([CANCELLED, B, OTHER, B, A])))).toEqual(new Set(whole))
  const part = ids(await requests([A, B, B], 2))
  expect(part).toHaveLength(3)
  expect(whole).toEqual(expect.arrayContaining(part))
  expect(ids(await requests([A.replace('100.0', '100').replace('0.1', '0.10')]))).toEqual(ids(await requests([A])))
})

test('the order of an invoice that a limit cuts is still the whole order', async () => {
  const [order] = events(await requests([A, B], 1))
  expect(order).toMatchObject({ id: '1:order', properties: { lines: 2 } })
})

test('a large invoice is cut into several requests, and each knows how far it brings the file', async () => {
  const found = await requests(Array.from({ length: 450 }, (_, i) => A.replace('S1', `S${i}`)))
  expect(found.map((request) => request.events.length)).toEqual([200, 200, 51])
  expect(found.map((request) => request.linesDone)).toEqual([199, 399, 450])
})
