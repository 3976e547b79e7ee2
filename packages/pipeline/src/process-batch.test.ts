// What a batch stores of odd and oversized data.
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { toBytes } from '@segue/database'
import type { RowDataPacket } from 'mysql2/promise'
import { PROFILE_LIMIT } from './profile-document/room.js'
import { insertRows, type Cell } from './sql/insert-rows.js'
import { cut } from './sql/rows.js'
import { createTestPipeline, envelope, mintId, type TestPipeline } from './testing/test-pipeline.js'

let pipeline: TestPipeline
beforeAll(async () => {
  pipeline = await createTestPipeline()
})
afterAll(() => pipeline.close())

async function problemCodes(eventId: string): Promise<string[]> {
  const [row] = await pipeline.rows<{ problems: string | null }>('SELECT problems FROM event WHERE id = ?', [
    toBytes(eventId),
  ])
  return row?.problems ? (JSON.parse(row.problems) as { code: string }[]).map((problem) => problem.code) : []
}

const sizes = (): Promise<{ size: number }[]> =>
  pipeline.rows('SELECT MAX(LENGTH(document) + LENGTH(stamps)) AS size FROM profile')

it('fills a profile up to its limit; what comes then is stored with the event only, and says so', async () => {
  const profileId = mintId()
  const large = (name: string): ReturnType<typeof envelope> =>
    envelope({ profileId, traits: { [name]: 'x'.repeat(100_000) } })
  const events = ['a', 'b', 'c', 'd'].map(large)
  for (const event of events) await pipeline.process(event)
  const many = envelope({ profileId, traits: Object.fromEntries(Array.from({ length: 9999 }, (_, i) => [`k${i}`, i])) })
  await pipeline.process(many)
  expect(await Promise.all(events.map((event) => problemCodes(event.eventId)))).toEqual([
    [],
    [],
    ['PROFILE_FULL'],
    ['PROFILE_FULL'],
  ])
  expect(await problemCodes(many.eventId)).toEqual(['PROFILE_FULL'])
  const [largest] = await sizes()
  expect(Number(largest?.size)).toBeLessThan(PROFILE_LIMIT)
})

it('does not take rewriting for growth', async () => {
  const profileId = mintId()
  const events = Array.from({ length: 30 }, (_, i) => envelope({ profileId, traits: { text: 'x'.repeat(20_000 + i) } }))
  await pipeline.process(...events)
  expect((await Promise.all(events.map((event) => problemCodes(event.eventId)))).flat()).toEqual([])
})

it('sends rows in statements that a server with the usual limits accepts', async () => {
  const tx = await pipeline.pool.getConnection()
  const statements = async (): Promise<number> => {
    const [rows] = await tx.query<RowDataPacket[]>("SHOW SESSION STATUS LIKE 'Com_insert'")
    return Number(rows[0]?.['Value'])
  }
  const before = await statements()
  await tx.beginTransaction()
  const rows = Array.from({ length: 40 }, (_, i): Cell[] => [1, Buffer.alloc(16, i), 's', new Date(), 'x'.repeat(5e5)])
  const into = { into: 'inbox', columns: ['partition_no', 'id', 'source_id', 'received_at', 'body'] }
  expect(await insertRows(tx, into, rows)).toBe(40)
  expect((await statements()) - before).toBe(5)
  await tx.rollback()
  tx.release()
})

it('reads elements of lists by their number', async () => {
  const event = envelope({ type: 'location', properties: { location: [19.9, 50.1] }, profileId: mintId() })
  await pipeline.process(event)
  expect(await pipeline.rows('SELECT number_1, number_2 FROM event WHERE id = ?', [toBytes(event.eventId)])).toEqual([
    { number_1: 19.9, number_2: 50.1 },
  ])
})

it('refuses times that no calendar has', async () => {
  for (const occurredAt of [-1, NaN, Date.UTC(10_000, 0)])
    await expect(pipeline.process(envelope({ occurredAt }))).rejects.toMatchObject({ name: 'EventFailure' })
})

it('cuts between characters, never inside one', () => {
  expect(cut(`a${'😀'.repeat(70)}`, 120)).toBe(`a${'😀'.repeat(70)}`)
  expect(cut(`a${'😀'.repeat(130)}`, 120)).toBe(`a${'😀'.repeat(119)}`)
  expect(cut('abcdef', 3)).toBe('abc')
})
