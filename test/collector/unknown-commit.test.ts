// The connection breaks while a commit is under way: the answer is "stored once", or 503, and never "stored twice".
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { cuttingProxy, type CuttingProxy } from './cutting-proxy.js'
import { post, startCollector, type TestCollector, type Answer } from './start-collector.js'

let database: TestDatabase
let direct: TestCollector
let collector: TestCollector
let proxy: CuttingProxy
beforeAll(async () => {
  database = await createMigratedDatabase()
  direct = await startCollector(database)
  await direct.source({ id: 'shop', channel: 'tracker' })
  const account = new URL(direct.accountUrl)
  proxy = await cuttingProxy(Number(account.port))
  account.port = String(proxy.port)
  collector = await startCollector(database, { SEGUE_MYSQL_URL: account.href, SEGUE_LOG_LEVEL: 'error' }, direct)
  expect((await track('warm-up')).status).toBe(200)
})
afterAll(async () => {
  await collector.close()
  await proxy.close()
  await direct.close()
  await database.close()
})
beforeEach(() => direct.clear())

function track(marker: string, body: object = {}): Promise<Answer> {
  return post(`${collector.url}/track`, {
    source: { id: 'shop' },
    events: [{ type: 'page-view', properties: { marker } }, { type: 'page-view' }],
    ...body,
  })
}

describe('a connection that breaks', () => {
  test('after the commit, before its answer: both events are there once', async () => {
    const marker = randomUUID()
    const [answer] = await Promise.all([track(marker), proxy.cut({ marker, how: 'answer-lost' })])
    expect(answer.status).toBe(200)
    const inbox = await direct.inbox()
    expect(inbox.map(({ envelope }) => envelope.requestId)).toEqual([answer.body.task, answer.body.task])
    expect(inbox.map(({ envelope }) => envelope.retried)).toEqual([undefined, undefined])
  })

  test('before the statement arrives: it is sent again', async () => {
    const marker = randomUUID()
    const [answer] = await Promise.all([track(marker), proxy.cut({ marker, how: 'lost' })])
    expect(answer.status).toBe(200)
    const inbox = await direct.inbox()
    expect(inbox.map(({ envelope }) => envelope.requestId)).toEqual([answer.body.task, answer.body.task])
    expect(inbox.map(({ envelope }) => envelope.retried)).toEqual([true, true])
  })

  test('while the statement is still on its way: the repeat waits until the former connection has ended', async () => {
    const marker = randomUUID()
    const began = Date.now()
    const [answer] = await Promise.all([track(marker), proxy.cut({ marker, how: 'late', delayMs: 1500 })])
    expect(answer.status).toBe(200)
    expect(Date.now() - began).toBeGreaterThan(1400)
    const inbox = await direct.inbox()
    expect(inbox.map(({ envelope }) => envelope.requestId)).toEqual([answer.body.task, answer.body.task])
    // The late one was first; without waiting, it would have come a second time after a worker had taken the repeat.
    expect(inbox.map(({ envelope }) => envelope.retried)).toEqual([undefined, undefined])
  })

  test('and a worker takes the first copy at once: the second says that it may be one', async () => {
    const marker = randomUUID()
    const cut = proxy.cut({ marker, how: 'answer-lost' })
    const answer = track(marker)
    await cut
    const [taken] = await direct.admin.query('DELETE FROM inbox')
    expect(await answer).toMatchObject({ status: 200 })
    const inbox = await direct.inbox()
    // Either the worker was faster, and the repeat is marked, or the repeat found the rows still there.
    if (inbox.length > 0) expect(inbox.map(({ envelope }) => envelope.retried)).toEqual([true, true])
    expect(taken).toMatchObject({ affectedRows: 2 })
  })

  test('with an event that leaves no trace: 503, and the client sends it again', async () => {
    const marker = randomUUID()
    const transient = { options: { saveEvents: false } }
    const [answer] = await Promise.all([track(marker, transient), proxy.cut({ marker, how: 'answer-lost' })])
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('2')
    let again = await track(marker, transient)
    for (const end = Date.now() + 10_000; again.status === 503 && Date.now() < end;)
      again = await track(marker, transient)
    expect(again.status).toBe(200)
  })

  test('under load: every answered request is there exactly once', async () => {
    const answers: { status: number; body: { task: string } }[] = []
    let sending = true
    const clients = Array.from({ length: 8 }, async () => {
      while (sending) answers.push(await track(randomUUID()))
    })
    for (const how of ['answer-lost', 'lost', 'answer-lost', 'lost'] as const) {
      const marker = randomUUID()
      const cut = proxy.cut({ marker, how })
      answers.push(await track(marker))
      await cut
    }
    sending = false
    await Promise.all(clients)
    const stored = new Map<string, number>()
    for (const { envelope } of await direct.inbox())
      stored.set(envelope.requestId, (stored.get(envelope.requestId) ?? 0) + 1)
    const accepted = answers.filter(({ status }) => status === 200)
    expect(accepted).toHaveLength(answers.length)
    expect(stored.size).toBe(accepted.length)
    for (const { body } of accepted) expect(stored.get(body.task)).toBe(2)
  })
})
