// Each protocol's way from a body to a submission.
import { describe, expect, test } from '@jest/globals'
import type { JsonObject } from '@segue/event-model'
import { Refusal } from '../errors.js'
import { handOverOf } from './hand-over.js'
import { readPixel } from './pixel.js'
import { basicUser, readBatch, readCall, writeKeyOf } from './segment.js'
import { readTracker } from './tracker.js'
import { readWebhook } from './webhook.js'

const plain = { profileLess: false, sentAt: null, key: undefined }
const track = (body: JsonObject): ReturnType<typeof readTracker> =>
  readTracker({ source: { id: 'shop' }, events: [{ type: 'page-view' }], ...body }, plain)

function problem(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

describe('the tracker protocol', () => {
  test('needs a source and a type, nothing else; null is absent and unknown members stay out', () => {
    const { events, ...rest } = track({
      session: null,
      profile: null,
      device: null,
      context: null,
      options: null,
      metadata: { x: 1 },
    })
    expect(rest).toEqual({
      source: { id: 'shop' },
      channels: ['tracker', 'bridge'],
      person: { kind: 'answered', profileId: null, hasSession: false },
      sentAt: null,
      debug: false,
      hearsAnswers: true,
    })
    expect(events).toEqual([
      {
        path: 'events[0]',
        type: 'page-view',
        properties: {},
        context: {},
        identities: [],
        time: null,
        transient: false,
      },
    ])
  })

  test('reads identities, device, session, time, tags, ids and options', () => {
    const submission = track({
      session: { id: 'visit' },
      profile: { id: 'p', identities: [{ kind: 'customer', value: 17850 }] },
      device: { id: 'd' },
      context: { page: { url: 'https://shop.example/' } },
      events: [
        { type: ' buy ', id: 'e1', properties: { a: 1 }, time: { create: '2010-12-01T08:26:00Z' }, tags: ['x'] },
        {
          type: 'look',
          time: { insert: '2010-12-01T08:27:00Z' },
          context: { shop: 'north' },
          options: { saveEvents: false },
        },
      ],
      options: { saveSession: false, debugger: true },
    })
    const identities = [
      { kind: 'device', value: 'd' },
      { kind: 'customer', value: '17850' },
    ]
    const page = { url: 'https://shop.example/' }
    expect(submission).toMatchObject({
      session: { id: 'visit', save: false },
      person: { kind: 'answered', profileId: 'p', hasSession: true },
      debug: true,
      events: [
        {
          type: 'buy',
          clientId: 'e1',
          properties: { a: 1 },
          time: Date.UTC(2010, 11, 1, 8, 26),
          tags: ['x'],
          identities,
          context: { page },
          transient: false,
        },
        {
          type: 'look',
          time: Date.UTC(2010, 11, 1, 8, 27),
          context: { page, other: { shop: 'north' } },
          transient: true,
          identities,
        },
      ],
    })
  })

  test.each<[JsonObject, string]>([
    [{ source: null }, 'source.id is missing.'],
    [{ source: { id: { $ne: 1 } } }, 'source.id must be a text.'],
    [{ source: 'shop' }, 'source must be an object.'],
    [{ events: [] }, 'events must list at least one event.'],
    [{ events: {} }, 'events must be a list.'],
    [{ events: [null] }, 'events[0].type is missing.'],
    [{ events: ['x'] }, 'events[0] must be an object.'],
    [{ events: [{ type: 'a' }, { type: '  ' }] }, 'events[1].type is missing.'],
    [{ events: [{ type: 'x'.repeat(129) }] }, 'events[0].type must have at most 128 characters.'],
    [{ events: [{ type: 'a', id: 'x'.repeat(129) }] }, 'events[0].id must have at most 128 characters.'],
    [{ events: [{ type: 'a', properties: [] }] }, 'events[0].properties must be an object.'],
    [
      { events: [{ type: 'a', time: { create: 'now' } }] },
      'events[0].time.create must be a time as ISO 8601, after 1970.',
    ],
    [{ events: [{ type: 'a', tags: [{}] }] }, 'events[0].tags[0] must be a text.'],
    [{ profile: { identities: [{ kind: 'email' }] } }, 'profile.identities[0] must have a kind and a value.'],
    [
      { events: Array.from({ length: 1001 }, () => ({ type: 'a' })) },
      'The request has more than 1000 events. Send them in several requests.',
    ],
  ])('says what is wrong and where: %#', (body, message) => {
    expect(problem(() => track(body))).toBe(message)
  })
})

describe('a link that hands a visitor over', () => {
  const page = (url: unknown, referer: unknown): ReturnType<typeof handOverOf> =>
    handOverOf({ page: { url, referer } as JsonObject })

  test('names the profile and the host it stands on', () => {
    expect(page('https://shop.example/?a=b&__tr_pid=p-1&__tr_src=news', { host: 'News.example:8080' })).toEqual({
      profileId: 'p-1',
      from: 'news.example:8080',
    })
  })

  test.each([
    ['https://shop.example/', { host: 'news.example' }],
    ['https://shop.example/?__tr_pid=', { host: 'news.example' }],
    ['not an address ?__tr_pid=p-1', { host: 'news.example' }],
    [['?__tr_pid=p-1'], { host: 'news.example' }],
    ['https://shop.example/?__tr_pid=p-1', { host: null }],
    ['https://shop.example/?__tr_pid=p-1', 'https://news.example/'],
    ['https://shop.example/?__tr_pid=p-1', null],
  ])('is none: %s, %j', (url, referer) => {
    expect(page(url, referer)).toBeUndefined()
  })

  test('counts for a first visit only', () => {
    const context = { page: { url: 'https://shop.example/?__tr_pid=p-1', referer: { host: 'news.example' } } }
    const first = track({ events: [{ type: 'page-view', context }] })
    expect(first.person).toMatchObject({ profileId: null, handOver: { profileId: 'p-1', from: 'news.example' } })
    const again = track({ profile: { id: 'p-2' }, events: [{ type: 'page-view', context }] })
    expect(again.person).toEqual({ kind: 'answered', profileId: 'p-2', hasSession: false })
  })
})

describe('the Segment API', () => {
  const call = (name: Parameters<typeof readCall>[1], body: JsonObject): ReturnType<typeof readCall> =>
    readCall({ userId: 'u', ...body }, name, 'key', 100)

  test('finds the write key in basic authorization or in the body', () => {
    expect(writeKeyOf(`Basic ${Buffer.from('key:').toString('base64')}`, { writeKey: 'other' })).toBe('key')
    expect(writeKeyOf(undefined, { writeKey: 'key' })).toBe('key')
    expect(writeKeyOf('Bearer x', {})).toBe('')
    expect(basicUser(`basic ${Buffer.from('key').toString('base64')}`)).toBe('key')
  })

  test('calls become event types with their properties', () => {
    const content = (name: Parameters<typeof readCall>[1], body: JsonObject): object => {
      const { type, properties, identities, traits } = call(name, body).events[0] ?? {}
      return { type, properties, identities: identities?.map(({ kind, value }) => `${kind}=${value}`), traits }
    }
    expect(content('track', { event: 'Order Completed', properties: { total: 5 } })).toEqual({
      type: 'Order Completed',
      properties: { total: 5 },
      identities: ['user=u'],
      traits: undefined,
    })
    expect(content('page', { name: 'Home', category: 'Docs', properties: { url: '/' } })).toMatchObject({
      type: 'page-view',
      properties: { name: 'Home', category: 'Docs', url: '/' },
    })
    expect(content('screen', { name: 'Basket' })).toMatchObject({ type: 'screen-view', properties: { name: 'Basket' } })
    expect(content('identify', { anonymousId: 'a', traits: { email: 'ada@example.com' } })).toEqual({
      type: 'identify',
      properties: { email: 'ada@example.com' },
      identities: ['user=u', 'anonymous=a'],
      traits: { email: 'ada@example.com' },
    })
    expect(content('group', { groupId: 'g', traits: { name: 'Engines' } })).toMatchObject({
      type: 'group',
      properties: { groupId: 'g', traits: { name: 'Engines' } },
      traits: undefined,
    })
    expect(content('alias', { previousId: 'before' })).toMatchObject({
      type: 'alias',
      properties: { previousId: 'before' },
      identities: ['user=u', 'anonymous=before'],
    })
  })

  test('a batch shares context and clock; times that cannot be read are left out, not refused', () => {
    const { events, sentAt } = readBatch(
      {
        sentAt: '2025-01-01T00:00:00Z',
        context: { locale: 'pl', ip: '1.2.3.4' },
        batch: [
          { type: 'track', event: 'a', userId: 'u', messageId: 'm1', timestamp: '2024-12-31T23:00:00Z' },
          { type: 'page', anonymousId: 'x', timestamp: 'whenever', context: { locale: 'en' } },
        ],
      },
      'key',
      100,
    )
    expect(sentAt).toBe(Date.UTC(2025, 0, 1))
    expect(events).toMatchObject([
      { path: 'batch[0]', clientId: 'm1', time: Date.UTC(2024, 11, 31, 23), context: { locale: 'pl', ip: '1.2.3.4' } },
      { path: 'batch[1]', time: null, context: { locale: 'en', ip: '1.2.3.4' } },
    ])
  })

  test('says what is wrong and where', () => {
    expect(problem(() => call('track', {}))).toBe('event is missing.')
    expect(problem(() => call('track', { event: 'a', userId: null }))).toBe('userId or anonymousId must be there.')
    expect(problem(() => call('group', {}))).toBe('groupId is missing.')
    expect(problem(() => call('alias', {}))).toBe('previousId is missing.')
    const batch = (messages: JsonObject[], bytes = 100): string =>
      problem(() => readBatch({ batch: messages }, 'key', bytes))
    expect(batch([])).toBe('batch must list at least one message.')
    expect(batch([{ type: 'track', event: 'a', userId: 'u' }, { type: 'nothing' }])).toMatch(
      /^batch\[1\].type must be one of/,
    )
    const large = { type: 'track', event: 'a', userId: 'u', properties: { text: 'x'.repeat(40_000) } }
    expect(batch([large], 41_000)).toMatch(/^batch\[0\] is larger than 32768 bytes/)
  })
})

describe('webhooks and the pixel', () => {
  test('a webhook has its properties from the body and tells no person', () => {
    expect(readWebhook({ eventType: 'sale', sourceId: 'hook', sessionId: 'visit' }, { a: 1 }, 'key')).toMatchObject({
      source: { id: 'hook' },
      key: 'key',
      channels: ['webhook'],
      person: { kind: 'nobody' },
      session: { id: 'visit', save: true },
      events: [{ type: 'sale', properties: { a: 1 } }],
    })
    expect(problem(() => readWebhook({ eventType: ' ', sourceId: 'hook' }, {}, undefined))).toBe(
      'eventType is missing.',
    )
  })

  test('the pixel keeps its own names out of the properties', () => {
    expect(
      readPixel({ source: 's', type: 'mail-opened', id: 'e', profile: 'p', device: 'd', campaign: 'x' }),
    ).toMatchObject({
      source: { id: 's' },
      person: { kind: 'silent', profileId: 'p' },
      events: [
        {
          type: 'mail-opened',
          clientId: 'e',
          properties: { campaign: 'x' },
          identities: [{ kind: 'device', value: 'd' }],
        },
      ],
    })
    expect(problem(() => readPixel({ source: ['a', 'b'], type: 'x' }))).toBe('source must be a text.')
  })
})
