// Pages of one domain and a collector on another, in a real browser: each way that browsers have to send.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { profileIds } from '@segue/event-model'
import type { Browser, Page } from 'playwright-core'
import { PROFILE_ID_KEY, startCollector, type Answer, type TestCollector } from '../collector/start-collector.js'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { FIRST_TIME_MS, startBrowser } from './browser.js'
import { answered, arrived, call, pageFile, until } from './pages.js'
import { startSite, type Site } from './site.js'

const ids = profileIds(Buffer.from(PROFILE_ID_KEY, 'hex'))

let database: TestDatabase
let collector: TestCollector
let browser: Browser
let site: Site
let page: Page
beforeAll(async () => {
  browser = await startBrowser()
  database = await createMigratedDatabase()
  collector = await startCollector(database)
  await collector.source({ id: 'shop', channel: 'tracker' })
  site = await startSite({ '/': pageFile('shop.html'), '/send.js': pageFile('send.js') })
  await collector.source({ id: 'fenced', channel: 'tracker', origins: [site.origin('shop.example')] })
  await collector.source({ id: 'slow', channel: 'tracker', events_per_second: 1 })
  await collector.source({ id: 'image', channel: 'pixel' })
}, FIRST_TIME_MS)
afterAll(async () => {
  await browser.close()
  await site.close()
  await collector.close()
  await database.close()
})
beforeEach(async () => {
  await collector.clear()
  page = await open('shop.example')
})
afterEach(() => page.context().close())

/** Opens the page as one of `domain`, in a browser that remembers nothing. */
async function open(domain: string): Promise<Page> {
  const context = await browser.newContext()
  const opened = await context.newPage()
  await opened.goto(`${site.origin(domain)}/`)
  return opened
}

const request = (type: string, source = 'shop'): object => ({
  source: { id: source },
  session: { id: randomUUID() },
  events: [{ type, properties: { from: 'a page' } }],
})

const send = (type: string, source?: string, init: RequestInit = {}): Promise<SeenAnswer> =>
  call<SeenAnswer>(page, 'sendByFetch', `${collector.url}/track`, request(type, source), init)

interface SeenAnswer {
  status: number
  retryAfter: string | null
  body: Answer['body']
}

/** All that lies in the inbox after one more event, sent and answered: what was sent before and came twice is seen. */
async function typesAfterFence(): Promise<string[]> {
  expect((await send('fence')).status).toBe(200)
  return (await collector.inbox()).map(({ envelope }) => envelope.type)
}

describe('a page of another domain', () => {
  test.each(['omit', 'include'] as const)('sends JSON by fetch, with credentials: %s', async (credentials) => {
    const { status, body } = await send('view', 'shop', { credentials })
    expect(status).toBe(200)
    expect(ids.isMinted(body.profile?.id ?? '')).toBe(true)
    const [event, ...more] = await collector.inbox()
    expect(more).toEqual([])
    expect(event?.envelope).toMatchObject({
      type: 'view',
      profileId: body.profile?.id,
      properties: { from: 'a page' },
      context: { ip: '127.0.0.1', userAgent: await page.evaluate('navigator.userAgent') },
    })
  })

  test('sends a packed body', async () => {
    const answer = await call<SeenAnswer>(page, 'sendPacked', `${collector.url}/track`, request('packed'))
    expect(answer.status).toBe(200)
    expect(await typesAfterFence()).toEqual(['packed', 'fence'])
  })

  test.each([
    ['a text', null],
    ['a blob of plain text', 'text/plain'],
    ['a blob of JSON', 'application/json'],
  ])('sends a beacon with %s', async (_what, type) => {
    expect(await call(page, 'sendByBeacon', `${collector.url}/track`, request('beacon'), type)).toBe(true)
    await arrived(collector, 'beacon')
    expect(await typesAfterFence()).toEqual(['beacon', 'fence'])
  })

  test.each(['beacon', 'fetch'])('sends by %s while it is left for another page', async (way) => {
    await call(page, 'sendWhenLeft', way, `${collector.url}/track`, request('left'))
    await page.goto(`${site.origin('other.example')}/`)
    await arrived(collector, 'left')
    expect(await typesAfterFence()).toEqual(['left', 'fence'])
  })

  test('sends while its tab is closed', async () => {
    const tab = await page.context().newPage()
    await tab.goto(`${site.origin('shop.example')}/`)
    await call(tab, 'sendWhenLeft', 'beacon', `${collector.url}/track`, request('closed'))
    await tab.close({ runBeforeUnload: true })
    await arrived(collector, 'closed')
    expect(await typesAfterFence()).toEqual(['closed', 'fence'])
  })

  test('shows the pixel, which is an event', async () => {
    const url = `${collector.url}/pixel.gif?source=image&type=newsletter-opened&campaign=autumn`
    expect(await call(page, 'showImage', url)).toBe(1)
    const [event] = await arrived(collector, 'newsletter-opened')
    expect(event?.envelope.properties).toEqual({ campaign: 'autumn' })
  })

  test('reads why it was refused, and when to come again', async () => {
    expect(await send('view', 'nobody')).toMatchObject({ status: 401, body: { error: { code: 'SOURCE_REFUSED' } } })
    const refused = await until(async () => {
      const answer = await send('view', 'slow')
      return answer.status === 429 && answer
    }, 'refusal of a source that sends too fast')
    expect(Number(refused.retryAfter)).toBeGreaterThanOrEqual(1)
  })
})

describe('a source with a list of origins', () => {
  test('takes from a page of the list', async () => {
    expect((await send('view', 'fenced')).status).toBe(200)
    expect(await collector.inbox()).toHaveLength(1)
  })

  test('refuses a page of another origin, also what it sends without hearing the answer', async () => {
    await page.context().close()
    page = await open('evil.example')
    expect(await send('view', 'fenced')).toMatchObject({ status: 401, body: { error: { code: 'SOURCE_REFUSED' } } })
    for (const type of [null, 'application/json']) {
      const before = await answered(collector, '/track', 401)
      expect(await call(page, 'sendByBeacon', `${collector.url}/track`, request('beacon', 'fenced'), type)).toBe(true)
      await until(async () => (await answered(collector, '/track', 401)) > before, 'refusal of the beacon')
    }
    expect(await collector.inbox()).toEqual([])
  })
})

describe('the profile id', () => {
  const visit = (): Promise<string> => call(page, 'visit', `${collector.url}/track`, request('visit'))

  test('is kept by the page and accepted on its next visits', async () => {
    const first = await visit()
    expect(ids.isMinted(first)).toBe(true)
    await page.reload()
    expect(await visit()).toBe(first)
    expect((await collector.inbox()).map(({ envelope }) => envelope.profileId)).toEqual([first, first])
  })

  test('is replaced when somebody made it up', async () => {
    const madeUp = randomUUID()
    await page.evaluate(`localStorage.setItem('profile', '${madeUp}')`)
    const given = await visit()
    expect(given).not.toBe(madeUp)
    expect(ids.isMinted(given)).toBe(true)
    await page.reload()
    expect(await visit()).toBe(given)
    expect((await collector.inbox()).map(({ envelope }) => envelope.profileId)).toEqual([given, given])
  })

  test('is another one in another browser', async () => {
    const first = await visit()
    await page.context().close()
    page = await open('shop.example')
    expect(await visit()).not.toBe(first)
  })
})
