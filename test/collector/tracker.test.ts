// The tracker protocol against a real collector and database: each row of its tables.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { profileIds } from '@segue/event-model'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { PROFILE_ID_KEY, post, startCollector, type TestCollector, type Answer } from './start-collector.js'

const ids = profileIds(Buffer.from(PROFILE_ID_KEY, 'hex'))
const view = { type: 'page-view' }

let database: TestDatabase
let collector: TestCollector
beforeAll(async () => {
  database = await createMigratedDatabase()
  collector = await startCollector(database, { SEGUE_COLLECTOR_MAX_BODY_BYTES: '100000' })
  await collector.source({ id: 'shop', channel: 'tracker' })
  await collector.source({ id: 'server', channel: 'tracker', trusted: true })
  await collector.source({ id: 'bridge', channel: 'bridge', trusted: true })
})
afterAll(async () => {
  await collector.close()
  await database.close()
})
beforeEach(() => collector.clear())

const track = (body: object, init?: RequestInit, query = ''): Promise<Answer> =>
  post(`${collector.url}/track${query}`, { source: { id: 'shop' }, events: [view], ...body }, init)

describe('what is taken in', () => {
  test('a first visit gets a profile id to keep and the answer of the protocol', async () => {
    const session = randomUUID()
    const { status, headers, body } = await track({ profile: null, session: { id: session } })
    expect(status).toBe(200)
    expect(headers.get('content-type')).toMatch('application/json')
    expect(body).toEqual({
      task: expect.any(String),
      ux: [],
      response: {},
      events: [],
      profile: { id: expect.any(String) },
      session: { id: session },
      errors: [],
      warnings: [],
    })
    expect(ids.isMinted(body.profile?.id ?? '')).toBe(true)
    const [event] = await collector.inbox()
    expect(event?.envelope).toMatchObject({
      v: 1,
      eventId: event?.eventId,
      requestId: body.task,
      protocol: 'tracker',
      sourceId: 'shop',
      trusted: false,
      type: 'page-view',
      profileId: body.profile?.id,
      session: { id: session, save: true },
      context: { ip: '127.0.0.1' },
    })
    expect(event?.sourceId).toBe('shop')
  })

  test('all events of a request lie in the inbox in their order when it is answered', async () => {
    const types = Array.from({ length: 300 }, (_, index) => `step-${index}`)
    const { body } = await track({ events: types.map((type) => ({ type })) })
    const inbox = await collector.inbox()
    expect(inbox.map(({ envelope }) => envelope.type)).toEqual(types)
    expect(new Set(inbox.map(({ envelope }) => envelope.requestId))).toEqual(new Set([body.task]))
    expect(new Set(inbox.map(({ partition }) => partition)).size).toBe(1)
  })

  test.each([
    'application/json',
    'text/plain;charset=UTF-8',
    'application/x-www-form-urlencoded',
    'image/png',
    'nonsense',
  ])('what parses as JSON is JSON, also as %s', async (type) => {
    expect((await track({}, { headers: { 'content-type': type } })).status).toBe(200)
    expect(await collector.inbox()).toHaveLength(1)
  })

  test('a body without any content type is read too', async () => {
    const body = new TextEncoder().encode(JSON.stringify({ source: { id: 'shop' }, events: [view] }))
    const response = await fetch(`${collector.url}/track`, { method: 'POST', body })
    expect(response.status).toBe(200)
  })

  test('the client’s own ids, times and clock arrive', async () => {
    const now = Date.now()
    const hour = 3_600_000
    const event = { ...view, id: 'e-1', time: { create: new Date(now + hour).toISOString() } }
    await track({ events: [event] }, { headers: { 'x-timestamp': String(now + hour + 60_000) } })
    const [stored] = await collector.inbox()
    expect(stored?.envelope.clientKey).toEqual({ id: 'e-1', time: now + hour })
    const { occurredAt = 0, receivedAt = 0 } = stored?.envelope ?? {}
    // The clock was an hour ahead and the event a minute old.
    expect(receivedAt - occurredAt).toBeGreaterThan(55_000)
    expect(receivedAt - occurredAt).toBeLessThan(65_000)
  })

  test('a client that adds its time zone to the header is believed its clock all the same', async () => {
    const now = Date.now()
    const time = new Date(now - 2000).toISOString()
    const fiveHours = 5 * 3_600_000
    await track(
      { context: { time: { local: time, tz: 'America/New_York' } }, events: [{ ...view, time: { create: time } }] },
      { headers: { 'x-timestamp': String(now + fiveHours) } },
    )
    const { occurredAt = 0 } = (await collector.inbox())[0]?.envelope ?? {}
    expect(Math.abs(occurredAt - (now - 2000))).toBeLessThan(60_000)
  })

  test('a time in the future is the time of receipt, one of years ago stays', async () => {
    const past = '2010-12-01T08:26:00.000Z'
    await track({
      events: [
        { ...view, time: { create: '2100-01-01T00:00:00Z' } },
        { ...view, time: { create: past } },
      ],
    })
    const [future, old] = (await collector.inbox()).map(({ envelope }) => envelope)
    expect(future?.occurredAt).toBe(future?.receivedAt)
    expect(old?.occurredAt).toBe(Date.parse(past))
  })

  test('saveEvents and saveSession are passed on', async () => {
    await track({ session: { id: 'visit' }, options: { saveEvents: false, saveSession: false } })
    const [event] = await collector.inbox()
    expect(event?.envelope).toMatchObject({ transient: true, session: { id: 'visit', save: false } })
  })

  test('an event type nobody has heard of is fine', async () => {
    expect((await track({ events: [{ type: 'Übung macht den Meister 🎓' }] })).status).toBe(200)
    expect((await collector.inbox())[0]?.envelope.type).toBe('Übung macht den Meister 🎓')
  })
})

describe('whose events they are', () => {
  test('a profile id that was given out here is kept, in any case of letters', async () => {
    const id = ids.mint()
    expect((await track({ profile: { id } })).body.profile).toEqual({ id })
    expect((await track({ profile: { id: id.toUpperCase() } })).body.profile).toEqual({ id: id.toUpperCase() })
    expect((await collector.inbox()).map(({ envelope }) => envelope.profileId)).toEqual([id, id])
  })

  test.each([randomUUID(), 'guess', ids.mint().replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))])(
    'one from elsewhere is replaced: %s',
    async (id) => {
      const { status, body } = await track({ profile: { id } })
      expect(status).toBe(200)
      expect(body.profile?.id).not.toBe(id)
      expect(ids.isMinted(body.profile?.id ?? '')).toBe(true)
      expect((await collector.inbox())[0]?.envelope.profileId).toBe(body.profile?.id)
    },
  )

  describe('of a link that hands a visitor over', () => {
    const arrive = (source: string, pid: string, from: string | null): Promise<Answer> =>
      track(
        {
          source: { id: source },
          context: { page: { url: `https://shop.example/?__tr_pid=${pid}&__tr_src=news`, referer: { host: from } } },
        },
        { headers: { origin: 'https://shop.example' } },
      )
    beforeAll(async () => {
      const origins = ['https://shop.example', 'https://news.example']
      await collector.source({ id: 'two-sites', channel: 'tracker', origins })
      await collector.source({ id: 'two-sites-server', channel: 'tracker', origins, trusted: true })
    })

    test('the profile id is kept when the link stands on a page of the source', async () => {
      const id = ids.mint()
      expect((await arrive('two-sites', id, 'news.example')).body.profile).toEqual({ id })
      expect((await collector.inbox())[0]?.envelope.profileId).toBe(id)
    })

    test.each([
      ['on a page of somebody else', 'two-sites', ids.mint(), 'evil.example'],
      ['nobody knows where', 'two-sites', ids.mint(), null],
      ['of a source that takes from any page', 'shop', ids.mint(), 'news.example'],
      ['of a trusted source', 'two-sites-server', ids.mint(), 'news.example'],
      ['with an id that was made up', 'two-sites', randomUUID(), 'news.example'],
    ])('it counts for nothing in a link %s', async (_where, source, id, from) => {
      const { status, body } = await arrive(source, id, from)
      expect(status).toBe(200)
      expect(body.profile?.id).not.toBe(id)
    })
  })

  test('a trusted source may name any, as long as it is a UUID', async () => {
    const id = randomUUID()
    expect((await track({ source: { id: 'server' }, profile: { id } })).body.profile).toEqual({ id })
    const wrong = await track({ source: { id: 'server' }, profile: { id: '17' } })
    expect(wrong).toMatchObject({ status: 422, body: { error: { code: 'SHAPE_INVALID', path: 'profile.id' } } })
  })

  test('somebody who signs in at a known visitor’s browser may begin anew; the browser alone may not', async () => {
    const profile = { id: ids.mint() }
    await track({ profile, device: { id: 'd' } })
    await track({ profile: { ...profile, identities: [{ kind: 'user', value: 'ada' }] }, device: { id: 'd' } })
    const [alone, named] = (await collector.inbox()).map(({ envelope }) => envelope)
    expect([alone?.profileId, named?.profileId]).toEqual([profile.id, profile.id])
    expect(alone?.newProfileId).toBeUndefined()
    expect(ids.isMinted(named?.newProfileId ?? '')).toBe(true)
  })

  test('a server that knows its customer needs no id of ours and gets none', async () => {
    const identities = [{ kind: 'customer', value: '17850' }]
    const { body } = await track({ source: { id: 'server' }, profile: { identities }, events: [view, view] })
    expect(body.profile).toBeNull()
    const [first, second] = (await collector.inbox()).map(({ envelope }) => envelope)
    expect(first).toMatchObject({ identities, trusted: true })
    expect(first?.profileId).toBeUndefined()
    expect(first?.newProfileId).toBeDefined()
    expect(second?.newProfileId).not.toBe(first?.newProfileId)
  })

  test('a server’s event without session, profile and identity is about nobody', async () => {
    await track({ source: { id: 'server' } })
    const [event] = await collector.inbox()
    expect(event?.envelope.profileId ?? event?.envelope.newProfileId).toBeUndefined()
  })

  test('profile_less=true: saved without a profile', async () => {
    const { status, body } = await track({ profile: { id: ids.mint() }, device: { id: 'd' } }, {}, '?profile_less=true')
    expect([status, body.profile]).toEqual([200, null])
    const [event] = await collector.inbox()
    expect(event?.envelope).toMatchObject({ identities: [] })
    expect(event?.envelope.profileId ?? event?.envelope.newProfileId).toBeUndefined()
  })

  test('a bridge uses the same protocol', async () => {
    expect((await track({ source: { id: 'bridge' } })).status).toBe(200)
    expect((await collector.inbox())[0]?.envelope.protocol).toBe('bridge')
  })

  test('what a page says of its address is not believed; a server speaks for its clients', async () => {
    const context = { ip: '203.0.113.9', userAgent: 'Client/1' }
    await track({ context }, { headers: { 'x-forwarded-for': '203.0.113.7', 'user-agent': 'Browser/1' } })
    await track({ context, source: { id: 'server' } })
    const [page, server] = (await collector.inbox()).map(({ envelope }) => envelope.context)
    expect(page).toMatchObject({ ip: '127.0.0.1', userAgent: 'Browser/1' })
    expect(server).toMatchObject(context)
  })
})

describe('what is refused', () => {
  test.each([
    ['unknown', { id: 'nobody', channel: null }],
    ['disabled', { id: 'off', channel: 'tracker', enabled: false }],
    ['of another channel', { id: 'hook', channel: 'webhook' }],
    ['one of ours', { id: '@internal', channel: 'tracker' }],
  ] as const)('a source that is %s gets the same 401', async (_name, { channel, ...row }) => {
    if (channel) await collector.source({ ...row, channel })
    const answer = await track({ source: { id: row.id } })
    expect(answer.status).toBe(401)
    expect(answer.body.error.code).toBe('SOURCE_REFUSED')
    expect(answer.body.error.message).toBe((await track({ source: { id: 'nobody' } })).body.error.message)
    expect(await collector.inbox()).toEqual([])
  })

  test('a source that was made or enabled a moment ago is known', async () => {
    const id = `new-${randomUUID()}`
    await collector.source({ id, channel: 'tracker', enabled: false })
    expect((await track({ source: { id } })).status).toBe(401)
    await collector.source({ id, channel: 'tracker' })
    expect((await track({ source: { id } })).status).toBe(200)
  })

  test('a source with origins takes nothing from pages of others', async () => {
    await collector.source({ id: 'fenced', channel: 'tracker', origins: ['https://shop.example'] })
    const from = async (origin: string): Promise<number> =>
      (await track({ source: { id: 'fenced' } }, { headers: { origin } })).status
    expect(await from('https://shop.example')).toBe(200)
    expect(await from('https://evil.example')).toBe(401)
    expect(await from('null')).toBe(401)
    expect((await track({ source: { id: 'fenced' } })).status).toBe(200)
  })

  test('a source with a write key wants it', async () => {
    const { createHash } = await import('node:crypto')
    await collector.source({
      id: 'keyed',
      channel: 'tracker',
      trusted: true,
      write_key_hash: createHash('sha256').update('secret').digest(),
    })
    const withKey = (key: string): Promise<Answer> =>
      track(
        { source: { id: 'keyed' } },
        { headers: { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` } },
      )
    expect((await track({ source: { id: 'keyed' } })).status).toBe(401)
    expect((await withKey('guess')).status).toBe(401)
    expect((await withKey('secret')).status).toBe(200)
  })

  test.each<[string | Buffer, number, string, string | undefined]>([
    ['', 400, 'BODY_NOT_JSON', undefined],
    ['{"source":', 400, 'BODY_NOT_JSON', undefined],
    ['[]', 400, 'BODY_NOT_JSON', undefined],
    [Buffer.from([0xff, 0xfe, 0x00]), 400, 'BODY_NOT_JSON', undefined],
    ['{}', 422, 'SHAPE_INVALID', 'source.id'],
    ['{"source":{"id":"shop"}}', 422, 'SHAPE_INVALID', 'events'],
    ['{"source":{"id":"shop"},"events":[{"type":"a"},{}]}', 422, 'SHAPE_INVALID', 'events[1].type'],
    [
      `{"source":{"id":"shop"},"events":[{"type":"a","properties":${'{"a":'.repeat(21)}1${'}'.repeat(21)}}]}`,
      422,
      'TOO_DEEP',
      'events[0].properties',
    ],
    [JSON.stringify({ source: { id: 'shop' }, events: Array(1001).fill(view) }), 422, 'TOO_MANY_EVENTS', undefined],
    [`"${'x'.repeat(100_000)}"`, 413, 'BODY_TOO_LARGE', undefined],
    [
      JSON.stringify({
        source: { id: 'shop' },
        context: { page: { title: 'x'.repeat(40_000) } },
        events: Array(200).fill({ type: 'a' }),
      }),
      413,
      'REQUEST_TOO_LARGE',
      undefined,
    ],
  ])('a wrong body gets a code and a place: %#', async (body, status, code, path) => {
    const answer = await post(`${collector.url}/track`, body)
    expect(answer.status).toBe(status)
    expect(answer.body.error).toEqual({ code, message: expect.any(String), ...(path === undefined ? {} : { path }) })
    expect(await collector.inbox()).toEqual([])
  })

  test('an event that breaks a schema which refuses: 406, and nothing of the request is stored', async () => {
    await collector.schema({
      eventTypeId: 'sale',
      sourceId: null,
      onInvalid: 'refuse',
      schema: { required: ['price'], properties: { price: { type: 'number' } } },
    })
    const sale = (properties: object): Promise<Answer> => track({ events: [view, { type: 'sale', properties }] })
    let answer = await sale({ price: 'much' })
    // Schemas are read once a second.
    for (const end = Date.now() + 10_000; answer.status === 200 && Date.now() < end;)
      answer = await sale({ price: 'much' })
    expect(answer).toMatchObject({
      status: 406,
      body: { error: { code: 'EVENT_INVALID', path: 'events[1].properties.price' } },
    })
    await collector.clear()
    expect((await sale({ price: 'much' })).status).toBe(406)
    expect(await collector.inbox()).toEqual([])
    expect((await sale({ price: 2 })).status).toBe(200)
  })

  test('a schema that only flags lets the event pass with a warning', async () => {
    await collector.schema({
      eventTypeId: 'visit',
      sourceId: 'shop',
      onInvalid: 'flag',
      schema: { required: ['page'] },
    })
    const visit = (): Promise<Answer> => track({ events: [{ type: 'visit' }] })
    let answer = await visit()
    for (const end = Date.now() + 10_000; answer.body.warnings.length === 0 && Date.now() < end;) answer = await visit()
    expect(answer.status).toBe(200)
    expect(answer.body.warnings[0]).toMatch('events[0].properties.page is missing')
    expect((await track({ source: { id: 'server' }, events: [{ type: 'visit' }] })).body.warnings).toEqual([])
  })

  test('over its rate a source gets 429 and is told when to come again', async () => {
    await collector.source({ id: 'slow', channel: 'tracker', events_per_second: 5 })
    const answers = []
    for (let i = 0; i < 12; i++) answers.push(await track({ source: { id: 'slow' } }))
    const refused = answers.find(({ status }) => status === 429)
    expect(refused?.body.error.code).toBe('TOO_FAST')
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(await collector.inbox()).toHaveLength(answers.filter(({ status }) => status === 200).length)
  })

  test('paths and methods that there are not', async () => {
    expect((await post(`${collector.url}/nothing`, {})).body.error.code).toBe('NOT_FOUND')
    expect((await fetch(`${collector.url}/track`)).status).toBe(404)
    expect((await fetch(`${collector.url}/track`, { method: 'PUT', body: '{}' })).status).toBe(404)
    expect((await fetch(`${collector.url}/collect/%E0%A4%A/x`)).status).toBe(400)
  })
})

describe('what the edge tells of itself', () => {
  test('the public side says that it lives; readiness and metrics are private', async () => {
    expect(await (await fetch(`${collector.url}/health`)).json()).toEqual({ status: 'up' })
    for (const path of ['/ready', '/metrics']) expect((await fetch(collector.url + path)).status).toBe(404)
    expect((await fetch(`${collector.healthUrl}/ready`)).status).toBe(200)
    await track({})
    const metrics = await (await fetch(`${collector.healthUrl}/metrics`)).text()
    expect(metrics).toMatch(/segue_collector_requests_total\{route="\/track",status="200",service="collector"\} \d+/)
    expect(metrics).toMatch(/segue_collector_events_total\{channel="tracker",service="collector"\} \d+/)
    expect(metrics).toContain('segue_collector_write_rows_bucket')
  })

  test('ids of events are told to those who may debug only', async () => {
    await collector.source({ id: 'debug', channel: 'tracker', debuggable: true })
    const options = { debugger: true }
    expect((await track({ options })).body.events).toEqual([])
    const { body } = await track({ options, source: { id: 'debug' } })
    expect(body.events).toEqual([(await collector.inbox()).at(-1)?.eventId])
  })
})

describe('behind proxies', () => {
  test('the client’s address comes from X-Forwarded-For of a trusted proxy only', async () => {
    const behind = await startCollector(database, { SEGUE_TRUSTED_PROXIES: '10.0.0.0/8, 127.0.0.1' }, collector)
    try {
      await post(
        `${behind.url}/track`,
        { source: { id: 'shop' }, events: [view] },
        { headers: { 'x-forwarded-for': '1.1.1.1, 198.51.100.7, 10.1.1.1' } },
      )
      expect((await behind.inbox()).at(-1)?.envelope.context.ip).toBe('198.51.100.7')
    } finally {
      await behind.close()
    }
  })
})
