// The Segment HTTP API: by hand for each rule, and by the real clients of three vendors.
import { createHash, randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { Analytics as CustomerIo } from '@customerio/cdp-analytics-node'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import RudderStack from '@rudderstack/rudder-sdk-node'
import { Analytics as Segment } from '@segment/analytics-node'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { post, startCollector, type InboxEvent, type TestCollector } from './start-collector.js'

const KEY = 'write-key-of-the-app'

let database: TestDatabase
let collector: TestCollector
beforeAll(async () => {
  database = await createMigratedDatabase()
  collector = await startCollector(database)
  const write_key_hash = createHash('sha256').update(KEY).digest()
  await collector.source({ id: 'app', channel: 'segment', trusted: true, write_key_hash })
})
afterAll(async () => {
  await collector.close()
  await database.close()
})
beforeEach(() => collector.clear())

const basic = (key: string): string => `Basic ${Buffer.from(`${key}:`).toString('base64')}`
const call = (path: string, body: unknown, headers: Record<string, string> = { authorization: basic(KEY) }) =>
  post(`${collector.url}/v1/${path}`, body, { headers })

/** Types and identities of what lies in the inbox. */
async function taken(): Promise<string[]> {
  return (await collector.inbox()).map(
    ({ envelope }) => `${envelope.type} ${envelope.identities.map(({ kind, value }) => `${kind}=${value}`).join(' ')}`,
  )
}

describe('calls', () => {
  test.each([
    ['identify', 'i', {}, 'identify'],
    ['track', 't', { event: 'Order Completed' }, 'Order Completed'],
    ['page', 'p', { name: 'Home' }, 'page-view'],
    ['screen', 's', { name: 'Basket' }, 'screen-view'],
    ['group', 'g', { groupId: 'g1' }, 'group'],
    ['alias', 'a', { previousId: 'before' }, 'alias'],
  ])('%s and its short form %s are taken in', async (name, short, body, type) => {
    for (const path of [name, short])
      expect(await call(path, { userId: 'u1', ...body })).toMatchObject({ status: 200, body: { success: true } })
    expect((await collector.inbox()).map(({ envelope }) => envelope.type)).toEqual([type, type])
  })

  test.each(['batch', 'b', 'import'])('%s takes many', async (path) => {
    const batch = [
      { type: 'identify', userId: 'u1', anonymousId: 'a1', traits: { email: 'ada@example.com' } },
      { type: 'track', event: 'Song Played', anonymousId: 'a2', messageId: 'm1' },
    ]
    expect((await call(path, { batch })).body).toEqual({ success: true })
    expect(await taken()).toEqual(['identify user=u1 anonymous=a1', 'Song Played anonymous=a2'])
    const [first, second] = (await collector.inbox()).map(({ envelope }) => envelope)
    expect(first).toMatchObject({ protocol: 'segment', trusted: true, traits: { email: 'ada@example.com' } })
    expect(second?.clientKey).toEqual({ id: 'm1', time: null })
    expect(first?.newProfileId).not.toBe(second?.newProfileId)
  })

  test('the clock is corrected by timestamp - (sentAt - receivedAt)', async () => {
    const now = Date.now()
    const wrong = now - 7 * 86_400_000
    const timestamp = new Date(wrong - 60_000).toISOString()
    await call('track', { event: 'a', userId: 'u1', timestamp, sentAt: new Date(wrong).toISOString() })
    const [{ envelope } = {} as InboxEvent] = await collector.inbox()
    expect(envelope.receivedAt - envelope.occurredAt).toBeGreaterThan(59_000)
    expect(envelope.receivedAt - envelope.occurredAt).toBeLessThan(70_000)
  })

  test('the key may be in the body, the body gzip, and its content type anything', async () => {
    const body = { event: 'a', userId: 'u1', writeKey: KEY }
    expect((await call('t', body, { 'content-type': 'text/plain' })).status).toBe(200)
    const zipped = gzipSync(JSON.stringify(body))
    const form = { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': 'gzip' }
    expect((await call('track', zipped, form)).status).toBe(200)
    expect(await collector.inbox()).toHaveLength(2)
  })
})

describe('refusals', () => {
  test.each([
    ['no key', {}, {}],
    ['an unknown key', { authorization: basic('guess') }, {}],
    ['an unknown key in the body', {}, { writeKey: 'guess' }],
    ['the id of a source instead of its key', { authorization: basic('app') }, {}],
  ])('%s: 401, the same for all', async (_name, headers, body) => {
    const answer = await call('track', { event: 'a', userId: 'u1', ...body }, headers)
    expect(answer.status).toBe(401)
    expect(answer.body).toMatchObject({ success: false, error: { code: 'SOURCE_REFUSED' } })
  })

  test('a disabled source and one of another channel answer like no source', async () => {
    const hash = (key: string): Buffer => createHash('sha256').update(key).digest()
    await collector.source({ id: 'off', channel: 'segment', enabled: false, write_key_hash: hash('off') })
    await collector.source({ id: 'page', channel: 'tracker', write_key_hash: hash('page') })
    const answers = await Promise.all(
      ['off', 'page', 'none'].map((key) => call('track', { event: 'a', userId: 'u' }, { authorization: basic(key) })),
    )
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401])
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
  })

  test('everything wrong with a message is 400 with its place, and nothing of a batch is stored', async () => {
    const large = { properties: { text: 'x'.repeat(33_000) } }
    for (const [body, path] of [
      [
        {
          batch: [
            { type: 'track', event: 'a', userId: 'u' },
            { type: 'track', userId: 'u' },
          ],
        },
        'batch[1].event',
      ],
      [{ batch: [{ type: 'track', event: 'a' }] }, 'batch[0].userId'],
      [{ batch: {} }, 'batch'],
      [{ batch: [{ type: 'track', event: 'a', userId: 'u', ...large }] }, 'batch[0]'],
    ] as const) {
      const answer = await call('batch', body)
      expect(answer).toMatchObject({ status: 400, body: { success: false, error: { path } } })
    }
    expect(await call('track', 'not json')).toMatchObject({ status: 400, body: { error: { code: 'BODY_NOT_JSON' } } })
    const tooLarge = await call('batch', { writeKey: KEY, text: 'x'.repeat(520_000) })
    expect(tooLarge).toMatchObject({ status: 400, body: { success: false, error: { code: 'BODY_TOO_LARGE' } } })
    const bomb = await call('batch', gzipSync(Buffer.alloc(5_000_000)), {
      authorization: basic(KEY),
      'content-encoding': 'gzip',
    })
    expect(bomb).toMatchObject({ status: 400, body: { error: { code: 'BODY_TOO_LARGE' } } })
    expect(await collector.inbox()).toEqual([])
  })
})

describe('real clients', () => {
  const names = Array.from({ length: 40 }, (_, index) => `Step ${index}`)

  /** What all clients are told to send, whatever their API looks like. */
  async function expectAll(user: string): Promise<void> {
    const inbox = await collector.inbox()
    const of = (type: string): InboxEvent['envelope'] | undefined =>
      inbox.find(({ envelope }) => envelope.type === type)?.envelope
    expect(inbox.map(({ envelope }) => envelope.type).sort()).toEqual(
      [...names, 'identify', 'page-view', 'group', 'alias'].sort(),
    )
    expect(of('identify')).toMatchObject({
      traits: { email: 'ada@example.com' },
      identities: [{ kind: 'user', value: user }],
    })
    expect(of('Step 7')).toMatchObject({ properties: { step: 7 }, sourceId: 'app' })
    const keys = inbox.map(({ envelope }) => envelope.clientKey?.id)
    expect(new Set(keys).size).toBe(inbox.length)
    expect(inbox.every(({ envelope }) => Math.abs(envelope.receivedAt - envelope.occurredAt) < 60_000)).toBe(true)
    expect(of('Step 7')?.context.library).toBeDefined()
  }

  test('@segment/analytics-node', async () => {
    const user = randomUUID()
    const errors: unknown[] = []
    const client = new Segment({ writeKey: KEY, host: collector.url, path: '/v1/batch' })
    client.on('error', (error) => errors.push(error))
    client.identify({ userId: user, traits: { email: 'ada@example.com' } })
    names.forEach((event, step) => client.track({ userId: user, event, properties: { step } }))
    client.page({ userId: user, name: 'Home' })
    client.group({ userId: user, groupId: 'g' })
    client.alias({ userId: user, previousId: 'before' })
    await client.closeAndFlush()
    expect(errors).toEqual([])
    await expectAll(user)
  })

  test('@customerio/cdp-analytics-node', async () => {
    const user = randomUUID()
    const errors: unknown[] = []
    const client = new CustomerIo({ writeKey: KEY, host: collector.url, path: '/v1/batch' })
    client.on('error', (error) => errors.push(error))
    client.identify({ userId: user, traits: { email: 'ada@example.com' } })
    names.forEach((event, step) => client.track({ userId: user, event, properties: { step } }))
    client.page({ userId: user, name: 'Home' })
    client.group({ userId: user, groupId: 'g' })
    client.alias({ userId: user, previousId: 'before' })
    await client.closeAndFlush()
    expect(errors).toEqual([])
    await expectAll(user)
  })

  test('@rudderstack/rudder-sdk-node', async () => {
    const user = randomUUID()
    const client = new RudderStack(KEY, { dataPlaneUrl: collector.url, flushAt: 10, flushInterval: 500, gzip: true })
    client.identify({ userId: user, traits: { email: 'ada@example.com' } })
    names.forEach((event, step) => client.track({ userId: user, event, properties: { step } }))
    client.page({ userId: user, name: 'Home' })
    client.group({ userId: user, groupId: 'g' })
    client.alias({ userId: user, previousId: 'before' })
    await client.flush()
    for (const end = Date.now() + 20_000; (await collector.inbox()).length < 44 && Date.now() < end;)
      await client.flush()
    await expectAll(user)
  })
})
