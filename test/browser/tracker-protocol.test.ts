// The tracker protocol as browsers speak it to a collector and a worker: visits, coming again, beacons, time zones, visitors handed over.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { start as startWorker } from '@segue/event-worker'
import { readEventWorkerConfig } from '@segue/event-worker/config'
import { profileIds } from '@segue/event-model'
import { installBuiltIns } from '@segue/pipeline'
import { connect } from '@segue/database'
import type { RowDataPacket } from 'mysql2/promise'
import type { Browser, Page } from 'playwright-core'
import { PROFILE_ID_KEY, startCollector, type InboxEvent, type TestCollector } from '../collector/start-collector.js'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { FIRST_TIME_MS, startBrowser } from './browser.js'
import { arrived, call, pageFile, until } from './pages.js'
import { startSite, type Site } from './site.js'

const ids = profileIds(Buffer.from(PROFILE_ID_KEY, 'hex'))
const SOURCE = 'website'

let database: TestDatabase
let collector: TestCollector
let browser: Browser
let site: Site
let page: Page
beforeAll(async () => {
  browser = await startBrowser()
  database = await createMigratedDatabase()
  const pool = connect({ url: database.url, connections: 1 })
  await installBuiltIns(pool)
  await pool.end()
  collector = await startCollector(database)
  site = await startSite({ '/': pageFile('tracked.html'), '/tracked.js': pageFile('tracked.js') })
  await collector.source({
    id: SOURCE,
    channel: 'tracker',
    origins: ['shop.example', 'magazine.example'].map((domain) => site.origin(domain)),
  })
  await collector.source({ id: 'public', channel: 'tracker' })
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

async function open(domain: string, timezoneId = 'Europe/Warsaw'): Promise<Page> {
  const opened = await (await browser.newContext({ timezoneId })).newPage()
  await opened.goto(`${site.origin(domain)}/`)
  return opened
}

interface Visit {
  /** What the page keeps. */
  profile: string
  answered: string
}

const visit = (source = SOURCE): Promise<Visit> =>
  call(
    page,
    'visit',
    `${collector.url}/track`,
    source,
    ['opened', {}],
    [
      ['page-view', { shelf: 3 }],
      ['interest', { chess: 1 }],
    ],
  )

const envelopes = async (): Promise<InboxEvent['envelope'][]> =>
  (await collector.inbox()).map(({ envelope }) => envelope)

describe('a visit', () => {
  test('arrives whole and once, as what it is', async () => {
    const { profile } = await visit()
    expect(ids.isMinted(profile)).toBe(true)
    const events = await envelopes()
    expect(events.map(({ type }) => type).sort()).toEqual(['interest', 'opened', 'page-view'])
    const view = events.find(({ type }) => type === 'page-view')
    expect(view).toMatchObject({
      profileId: profile,
      properties: { shelf: 3 },
      identities: [{ kind: 'device', value: await page.evaluate(`localStorage.getItem('device')`) }],
      session: { save: true },
      context: {
        ip: '127.0.0.1',
        timezone: 'Europe/Warsaw',
        locale: 'en-US',
        userAgent: await page.evaluate('navigator.userAgent'),
        page: { url: `${site.origin('shop.example')}/`, path: '/', title: 'Tracked' },
        browser: { name: 'chrome' },
        device: { platform: await page.evaluate('navigator.platform') },
      },
    })
    expect(new Set(events.map(({ session }) => session?.id)).size).toBe(1)
  })

  test('of somebody who comes again is the same profile’s', async () => {
    const { profile } = await visit()
    await page.reload()
    await collector.clear()
    expect(await visit()).toEqual({ profile, answered: profile })
    expect((await envelopes()).map(({ profileId }) => profileId)).toEqual([profile, profile, profile])
  })

  test('goes on with a beacon', async () => {
    const { profile } = await visit()
    expect(await call(page, 'sendBeaconOf', `${collector.url}/track`, SOURCE, ['scrolled', { depth: 80 }])).toBe(true)
    const [beacon, ...more] = await arrived(collector, 'scrolled')
    expect(more).toEqual([])
    expect(beacon?.envelope).toMatchObject({ profileId: profile, properties: { depth: 80 } })
  })

  test('becomes one profile, though its first two requests were sent before any was answered', async () => {
    const { profile } = await visit()
    expect(new Set((await envelopes()).map(({ profileId }) => profileId)).size).toBe(2)
    const worker = await startWorker(
      readEventWorkerConfig({
        SEGUE_ENVIRONMENT: 'staging',
        SEGUE_LOG_LEVEL: 'error',
        SEGUE_MYSQL_URL: database.url,
        SEGUE_HEALTH_PORT: '0',
      }),
    )
    try {
      const stored = await until(async () => {
        const [rows] = await collector.admin.query<RowDataPacket[]>('SELECT type, profile_id FROM event')
        return rows.length >= 3 && rows
      }, 'three processed events')
      expect(stored.map((row) => row['type']).sort()).toEqual(['interest', 'opened', 'page-view'])
      expect(new Set(stored.map((row) => String(row['profile_id']))).size).toBe(1)
    } finally {
      await worker.close()
    }
    // The id that the page keeps leads there, whichever of the two it is.
    await page.reload()
    expect((await visit()).answered).toBe(profile)
  })

  test.each(['America/New_York', 'Asia/Kathmandu', 'Pacific/Kiritimati'])('happens now, also in %s', async (zone) => {
    await page.context().close()
    page = await open('shop.example', zone)
    await visit()
    for (const { occurredAt, receivedAt } of await envelopes()) {
      expect(receivedAt - occurredAt).toBeGreaterThanOrEqual(0)
      expect(receivedAt - occurredAt).toBeLessThan(60_000)
    }
  })
})

describe('a visitor who follows a link with a profile id to another site', () => {
  async function follow(from: string, to: string, source: string): Promise<{ before: Visit; after: Visit }> {
    await page.context().close()
    page = await open(from)
    const before = await visit('public')
    await call(page, 'handOverTo', `${site.origin(to)}/`, source)
    await page.click('#elsewhere')
    await page.waitForURL(`${site.origin(to)}/?__tr_pid=${before.profile}&__tr_src=${source}`)
    await collector.clear()
    return { before, after: await visit(source) }
  }

  test('stays the same profile between sites of one source', async () => {
    const { before, after } = await follow('magazine.example', 'shop.example', SOURCE)
    expect(after).toEqual({ profile: before.profile, answered: before.profile })
    expect((await envelopes()).map(({ profileId }) => profileId)).toEqual(Array(3).fill(before.profile))
  })

  test('is nobody’s continuation when the link stands on somebody else’s site', async () => {
    const { before, after } = await follow('evil.example', 'shop.example', SOURCE)
    expect(after.profile).not.toBe(before.profile)
    expect((await envelopes()).map(({ profileId }) => profileId)).not.toContain(before.profile)
  })

  test('keeps a profile id of their own', async () => {
    const { profile: own } = await visit()
    const other = await page.context().newPage()
    await other.goto(`${site.origin('magazine.example')}/`)
    const handed = await call<Visit>(
      other,
      'visit',
      `${collector.url}/track`,
      SOURCE,
      ['opened', {}],
      [['page-view', {}]],
    )
    await call(other, 'handOverTo', `${site.origin('shop.example')}/`, SOURCE)
    await other.click('#elsewhere')
    await other.waitForURL(/__tr_pid/)
    const again = await call<Visit>(
      other,
      'visit',
      `${collector.url}/track`,
      SOURCE,
      ['opened', {}],
      [['page-view', {}]],
    )
    expect(handed.profile).not.toBe(own)
    expect(again).toEqual({ profile: own, answered: own })
  })
})
