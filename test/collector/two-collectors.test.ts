// Two collectors of one environment: neither knows of the other, and clients do not notice which one they reach.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { post, startCollector, type TestCollector, type Answer } from './start-collector.js'

let database: TestDatabase
let collectors: [TestCollector, TestCollector]
beforeAll(async () => {
  database = await createMigratedDatabase()
  const first = await startCollector(database)
  collectors = [first, await startCollector(database, {}, first)]
  await first.source({ id: 'shop', channel: 'tracker' })
})
afterAll(async () => {
  await collectors[1].close()
  await collectors[0].close()
  await database.close()
})

describe('two collectors', () => {
  test('take turns with a visitor, who keeps one profile id', async () => {
    let profile: { id: string } | null = null
    const given = new Set<string | undefined>()
    for (let i = 0; i < 10; i++) {
      const { body }: Answer = await post(`${collectors[i % 2]?.url}/track`, {
        source: { id: 'shop' },
        profile,
        events: [{ type: 'page-view' }],
      })
      profile = body.profile
      given.add(profile?.id)
    }
    expect(given.size).toBe(1)
  })

  test('write at once: everything is there, once', async () => {
    await collectors[0].clear()
    const sent = Array.from({ length: 400 }, () => randomUUID())
    const answers = await Promise.all(
      sent.map((id, index) =>
        post(`${collectors[index % 2]?.url}/track`, { source: { id: 'shop' }, events: [{ id, type: 'page-view' }] }),
      ),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const inbox = await collectors[0].inbox()
    expect(inbox.map(({ envelope }) => envelope.clientKey?.id).sort()).toEqual(sent.sort())
    expect(new Set(inbox.map(({ eventId }) => eventId)).size).toBe(400)
  })
})
