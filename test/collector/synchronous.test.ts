// Sources that wait for what workflows answer. The test is the event worker here: it writes results.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { toBytes } from '@segue/database'
import type { InboxResult } from '@segue/event-model'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { post, startCollector, type InboxEvent, type TestCollector, type Answer } from './start-collector.js'

let database: TestDatabase
let collector: TestCollector
beforeAll(async () => {
  database = await createMigratedDatabase()
  collector = await startCollector(database)
  await collector.source({
    id: 'waits',
    channel: 'tracker',
    synchronous: true,
    answer_within_ms: 3000,
    debuggable: true,
  })
  await collector.source({ id: 'hurries', channel: 'tracker', synchronous: true, answer_within_ms: 150 })
  await collector.source({ id: 'hook', channel: 'webhook', synchronous: true, answer_within_ms: 3000 })
})
afterAll(async () => {
  await collector.close()
  await database.close()
})
beforeEach(() => collector.clear())

const track = (id: string, events: object[] = [{ type: 'page-view' }]): Promise<Answer> =>
  post(`${collector.url}/track`, { source: { id }, events })

/** Waits for events in the inbox and writes a result for each. */
async function answerAll(
  count: number,
  result: (event: InboxEvent, index: number) => Partial<InboxResult>,
): Promise<void> {
  let inbox: InboxEvent[] = []
  for (const end = Date.now() + 10_000; inbox.length < count && Date.now() < end;) inbox = await collector.inbox()
  const rows = inbox.map((event, index) => [
    toBytes(event.eventId),
    new Date(Date.now() + 60_000),
    Buffer.from(JSON.stringify({ response: {}, ux: [], errors: [], warnings: [], ...result(event, index) })),
  ])
  await collector.admin.query('INSERT INTO inbox_result (id, expires_at, body) VALUES ?', [rows])
}

describe('a source that waits', () => {
  test('is answered what the workflows said', async () => {
    const ux = [{ tag: 'div', props: {}, content: 'Hello' }]
    const answer = track('waits')
    await answerAll(1, () => ({
      profileId: 'canonical',
      response: { offer: 5 },
      ux,
      errors: ['node failed'],
      warnings: ['w'],
    }))
    const { status, body } = await answer
    expect(status).toBe(200)
    expect(body).toMatchObject({
      profile: { id: 'canonical' },
      response: { offer: 5 },
      ux,
      errors: ['node failed'],
      warnings: ['w'],
    })
    expect((await collector.inbox())[0]?.envelope.awaitsResult).toBe(true)
  })

  test('gets the answers to all events of a request as one, later ones first', async () => {
    const answer = track('waits', [{ type: 'a' }, { type: 'b' }])
    await answerAll(2, (_event, index) => ({ response: { last: index, [`only${index}`]: true } }))
    expect((await answer).body.response).toEqual({ last: 1, only0: true, only1: true })
  })

  test('many at once are each answered their own', async () => {
    const answers = Array.from({ length: 60 }, (_, index) => track('waits', [{ type: `t${index}` }]))
    await answerAll(60, ({ envelope }) => ({ response: { type: envelope.type } }))
    const bodies = (await Promise.all(answers)).map(({ body }) => body.response['type'])
    expect(bodies).toEqual(Array.from({ length: 60 }, (_, index) => `t${index}`))
  })

  test('does not wait longer than its limit and is then answered without', async () => {
    const began = Date.now()
    const { status, body } = await track('hurries')
    expect(Date.now() - began).toBeGreaterThanOrEqual(140)
    expect(Date.now() - began).toBeLessThan(2000)
    expect(status).toBe(200)
    expect(body).toMatchObject({ response: {}, ux: [], profile: { id: expect.any(String) } })
  })

  test('may be a webhook', async () => {
    const answer = post(`${collector.url}/collect/question/hook`, { q: 1 })
    await answerAll(1, () => ({ response: { a: 42 } }))
    expect((await answer).body.response).toEqual({ a: 42 })
  })
})
