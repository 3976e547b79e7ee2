// Segment's own client for browsers in a real browser, pointed at a collector of ours.
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { startCollector, type InboxEvent, type TestCollector } from '../collector/start-collector.js'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { FIRST_TIME_MS, startBrowser } from './browser.js'
import { arrived, call, pageFile } from './pages.js'
import { startSite, type Site } from './site.js'

const require = createRequire(import.meta.url)
const WRITE_KEY = 'key-of-the-shop'

let database: TestDatabase
let collector: TestCollector
let browser: Browser
let site: Site
let page: Page
beforeAll(async () => {
  browser = await startBrowser()
  database = await createMigratedDatabase()
  collector = await startCollector(database)
  await collector.source({
    id: 'shop',
    channel: 'segment',
    write_key_hash: createHash('sha256').update(WRITE_KEY).digest(),
  })
  site = await startSite({
    '/': pageFile('segment.html'),
    '/segment.js': pageFile('segment.js'),
    '/analytics.js': require.resolve('@segment/analytics-next/dist/umd/index.js'),
  })
}, FIRST_TIME_MS)
afterAll(async () => {
  await browser.close()
  await site.close()
  await collector.close()
  await database.close()
})
beforeEach(async () => {
  await collector.clear()
  page = await (await browser.newContext()).newPage()
  await page.goto(`${site.origin('shop.example')}/?utm_campaign=spring`)
})
afterEach(() => page.context().close())

const start = (batching: boolean): Promise<string> => call(page, 'startAnalytics', collector.url, WRITE_KEY, batching)

const identitiesOf = ({ envelope }: InboxEvent): string[] =>
  envelope.identities.map(({ kind, value }) => `${kind}: ${value}`).sort()

test('page, identify and track arrive once each, as one visitor’s', async () => {
  const anonymousId = await start(false)
  await call(page, 'callAnalytics', 'page', 'Sale', 'Catalogue', { shelf: 3 })
  await call(page, 'callAnalytics', 'identify', 'ada', { plan: 'pro' })
  await call(page, 'callAnalytics', 'track', 'Order Completed', { total: 12.5 })
  await call(page, 'callAnalytics', 'group', 'club-7', { name: 'Chess' })
  for (const type of ['page-view', 'identify', 'Order Completed', 'group']) await arrived(collector, type)
  const events = new Map((await collector.inbox()).map((event) => [event.envelope.type, event]))
  expect(await collector.inbox()).toHaveLength(4)

  const view = events.get('page-view')
  expect(view && identitiesOf(view)).toEqual([`anonymous: ${anonymousId}`])
  expect(view?.envelope.properties).toMatchObject({
    name: 'Catalogue',
    category: 'Sale',
    shelf: 3,
    title: 'Spring sale',
  })
  expect(view?.envelope.context).toMatchObject({
    ip: '127.0.0.1',
    page: { path: '/', title: 'Spring sale' },
    campaign: { name: 'spring' },
    library: { name: 'analytics.js' },
    userAgent: await page.evaluate('navigator.userAgent'),
  })
  expect(events.get('identify')?.envelope.traits).toEqual({ plan: 'pro' })
  expect(events.get('Order Completed')?.envelope.properties).toEqual({ total: 12.5 })
  for (const type of ['identify', 'Order Completed', 'group']) {
    const event = events.get(type)
    expect(event && identitiesOf(event)).toEqual([`anonymous: ${anonymousId}`, 'user: ada'])
  }
  for (const { envelope } of events.values()) expect(envelope.clientKey?.id).toMatch(/^ajs-next-/)
})

test('a visitor who comes again is the same; one who logs out begins anew', async () => {
  const anonymousId = await start(false)
  await call(page, 'callAnalytics', 'identify', 'ada')
  await page.reload()
  expect(await start(false)).toBe(anonymousId)
  await call(page, 'callAnalytics', 'track', 'came again')
  await call(page, 'callAnalytics', 'reset')
  await call(page, 'callAnalytics', 'track', 'somebody else')
  const [again] = await arrived(collector, 'came again')
  const [other] = await arrived(collector, 'somebody else')
  expect(again && identitiesOf(again)).toEqual([`anonymous: ${anonymousId}`, 'user: ada'])
  expect(other && identitiesOf(other)).toEqual([expect.stringMatching(/^anonymous: /)])
  expect(other && identitiesOf(other)).not.toEqual([`anonymous: ${anonymousId}`])
})

test('what it has collected is sent as one batch when the page is left', async () => {
  await start(true)
  for (const name of ['first', 'second', 'third']) await call(page, 'callAnalytics', 'track', name)
  expect(await collector.inbox()).toEqual([])
  await page.goto(`${site.origin('other.example')}/`)
  await arrived(collector, 'third')
  const events = await collector.inbox()
  expect(events.map(({ envelope }) => envelope.type)).toEqual(['first', 'second', 'third'])
  expect(new Set(events.map(({ envelope }) => envelope.requestId)).size).toBe(1)
})
