// Webhooks and the pixel against a real collector and database.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { profileIds } from '@segue/event-model'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { PROFILE_ID_KEY, post, startCollector, type TestCollector } from './start-collector.js'

let database: TestDatabase
let collector: TestCollector
beforeAll(async () => {
  database = await createMigratedDatabase()
  collector = await startCollector(database)
  await collector.source({ id: 'hook', channel: 'webhook' })
  await collector.source({ id: 'mail', channel: 'pixel' })
})
afterAll(async () => {
  await collector.close()
  await database.close()
})
beforeEach(() => collector.clear())

describe('webhooks', () => {
  test('JSON, a form and a query become the properties of a profile-less event', async () => {
    const url = `${collector.url}/collect/order-paid/hook`
    expect((await post(url, { order: 1 })).status).toBe(200)
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await post(url, 'order=2&tag=a&tag=b', { headers: form })).status).toBe(200)
    expect((await fetch(`${url}?order=3&name=a%20b`)).status).toBe(200)
    expect((await post(url, '')).status).toBe(200)
    const envelopes = (await collector.inbox()).map(({ envelope }) => envelope)
    expect(envelopes.map(({ properties }) => properties)).toEqual([
      { order: 1 },
      { order: '2', tag: ['a', 'b'] },
      { order: '3', name: 'a b' },
      {},
    ])
    for (const envelope of envelopes) {
      expect(envelope).toMatchObject({ type: 'order-paid', protocol: 'webhook', identities: [] })
      expect(envelope.profileId ?? envelope.newProfileId ?? envelope.session).toBeUndefined()
    }
  })

  test('with a session it is tied to it; names may be percent-encoded', async () => {
    const session = randomUUID()
    const answer = await post(`${collector.url}/collect/Bestellung%20%C3%BC/hook/${session}`, {})
    expect(answer.body).toMatchObject({ profile: null, session: { id: session } })
    expect((await collector.inbox())[0]?.envelope).toMatchObject({
      type: 'Bestellung ü',
      session: { id: session, save: true },
    })
  })

  test('a wrong body or source is refused', async () => {
    expect((await post(`${collector.url}/collect/a/hook`, '{"a":')).status).toBe(400)
    expect((await post(`${collector.url}/collect/a/nobody`, {})).status).toBe(401)
    expect((await post(`${collector.url}/collect/a/mail`, {})).status).toBe(401)
    expect((await post(`${collector.url}/collect/${'x'.repeat(129)}/hook`, {})).status).toBe(422)
    expect(await collector.inbox()).toEqual([])
  })
})

describe('the pixel', () => {
  test('records and answers an image that nobody keeps', async () => {
    const profile = profileIds(Buffer.from(PROFILE_ID_KEY, 'hex')).mint()
    const response = await fetch(
      `${collector.url}/pixel.gif?source=mail&type=mail-opened&id=m-1&profile=${profile}&campaign=spring`,
    )
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('image/gif')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(
      Buffer.from(await response.arrayBuffer())
        .subarray(0, 6)
        .toString(),
    ).toBe('GIF89a')
    expect((await collector.inbox())[0]?.envelope).toMatchObject({
      type: 'mail-opened',
      protocol: 'pixel',
      profileId: profile,
      properties: { campaign: 'spring' },
      clientKey: { id: 'm-1', time: null },
    })
  })

  test('an id that was not given out here names nobody', async () => {
    await fetch(`${collector.url}/pixel.gif?source=mail&type=mail-opened&profile=${randomUUID()}`)
    const [event] = await collector.inbox()
    expect(event?.envelope.profileId ?? event?.envelope.newProfileId).toBeUndefined()
  })

  test('a wrong address is refused with a place', async () => {
    const response = await fetch(`${collector.url}/pixel.gif?source=mail`)
    expect([response.status, await response.json()]).toMatchObject([422, { error: { path: 'type' } }])
    expect((await fetch(`${collector.url}/pixel.gif?source=hook&type=a`)).status).toBe(401)
  })
})
