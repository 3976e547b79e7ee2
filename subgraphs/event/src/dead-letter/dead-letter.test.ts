import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { toBytes, toId } from '@segue/database'
import { partitionOf } from '@segue/event-model'
import { randomUUID } from 'node:crypto'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { startTestSubgraph, type TestSubgraph } from '../../../../test/setup/subgraph.js'
import { readEventConfig } from '../config.js'
import { start } from '../service.js'

let database: TestDatabase
let subgraph: TestSubgraph
beforeAll(async () => {
  database = await createMigratedDatabase()
  subgraph = await startTestSubgraph({ account: 'subgraph-event', start, config: readEventConfig }, database)
})
afterAll(async () => {
  await subgraph?.close()
  await database?.close()
})

async function addLetters(...letters: { code: string; body?: string; profileId?: string }[]): Promise<string[]> {
  const rows = letters.map(({ code, body, profileId }) => {
    const id = randomUUID()
    return { id, code, body: body ?? JSON.stringify({ eventId: id, profileId, identities: [] }) }
  })
  await subgraph.database.query(
    'INSERT INTO dead_letter (id, source_id, event_type, received_at, failed_at, error_code, error_message, body) VALUES ?',
    [
      rows.map(({ id, code, body }) => [
        toBytes(id),
        'shop',
        'order',
        new Date(1e12),
        new Date(),
        code,
        'It broke.',
        Buffer.from(body),
      ]),
    ],
  )
  return rows.map((row) => row.id)
}

const REPLAY = `mutation ($ids: [ID!]!) { result: replayDeadLetters(input: { ids: $ids }) { doneIds missingIds userErrors { code path } } }`
const DISCARD = REPLAY.replace('replayDeadLetters', 'discardDeadLetters')

async function inInbox(ids: string[]): Promise<{ partition: number; id: string; body: string }[]> {
  const rows = await subgraph.database.query<{ partition_no: number; id: Buffer; body: Buffer }[]>(
    'SELECT * FROM inbox WHERE id IN (?)',
    [ids.map(toBytes)],
  )
  return rows.map((row) => ({ partition: row.partition_no, id: toId(row.id), body: row.body.toString() }))
}

describe('dead letters', () => {
  test('are listed with the reason, the latest first, and filtered by it', async () => {
    const [id = ''] = await addLetters({ code: 'NOT_A_NUMBER' })
    await addLetters({ code: 'OTHER', body: 'no JSON' })
    const query = `query ($code: String) { deadLetters(errorCode: $code) { edges { node { id sourceId eventType errorCode errorMessage receivedAt envelope } } } }`
    expect(await subgraph.ask(query, { code: 'NOT_A_NUMBER' })).toEqual({
      deadLetters: {
        edges: [
          {
            node: {
              id,
              sourceId: 'shop',
              eventType: 'order',
              errorCode: 'NOT_A_NUMBER',
              errorMessage: 'It broke.',
              receivedAt: new Date(1e12).toISOString(),
              envelope: { eventId: id, identities: [] },
            },
          },
        ],
      },
    })
    expect(await subgraph.ask(query, { code: 'OTHER' })).toMatchObject({
      deadLetters: { edges: [{ node: { envelope: null } }] },
    })
    const [plan] = await subgraph.database.query<{ key: string; Extra: string }[]>(
      'EXPLAIN SELECT * FROM dead_letter WHERE failed_at <= NOW() ORDER BY failed_at DESC, id DESC LIMIT 26',
    )
    expect(plan?.key).toBe('by_time')
    expect(plan?.Extra).not.toContain('filesort')
  })

  test('go back to the partition that the collector chose, and only once', async () => {
    const profileId = randomUUID()
    const ids = await addLetters({ code: 'A', profileId }, { code: 'B', body: 'broken' })
    const unknown = randomUUID()
    const replies = await Promise.all([
      subgraph.ask<{ result: { doneIds: string[]; missingIds: string[] } }>(REPLAY, { ids: [...ids, unknown] }),
      subgraph.ask<{ result: { doneIds: string[]; missingIds: string[] } }>(REPLAY, { ids: [...ids, unknown] }),
    ])
    const done = replies.flatMap(({ result }) => result.doneIds)
    expect([...done].sort()).toEqual([...ids].sort())
    expect(replies.every(({ result }) => result.missingIds.includes(unknown))).toBe(true)
    const rows = await inInbox(ids)
    expect(rows).toHaveLength(2)
    const whole = rows.find((row) => row.id === ids[0])
    expect(whole?.partition).toBe(partitionOf({ profileId, eventId: ids[0] ?? '', identities: [] }))
    expect(JSON.parse(whole?.body ?? '')).toMatchObject({ eventId: ids[0], profileId })
    expect(await subgraph.database.query('SELECT 1 FROM dead_letter WHERE id IN (?)', [ids.map(toBytes)])).toEqual([])
  })

  test('are discarded for good', async () => {
    const ids = await addLetters({ code: 'C' }, { code: 'C' })
    expect(await subgraph.ask(DISCARD, { ids: ids.slice(0, 1) })).toEqual({
      result: { doneIds: ids.slice(0, 1), missingIds: [], userErrors: [] },
    })
    expect(await inInbox(ids)).toEqual([])
    expect(await subgraph.ask('query ($id: ID!) { deadLetter(id: $id) { errorCode } }', { id: ids[1] })).toEqual({
      deadLetter: { errorCode: 'C' },
    })
  })

  test('too many and malformed ids are refused', async () => {
    expect(await subgraph.ask(REPLAY, { ids: Array.from({ length: 1001 }, () => randomUUID()) })).toMatchObject({
      result: { userErrors: [{ code: 'TOO_MANY_LETTERS' }] },
    })
    expect(await subgraph.ask(REPLAY, { ids: ['x'] })).toEqual({
      result: { doneIds: null, missingIds: null, userErrors: [{ code: 'BAD_ID', path: ['input', 'ids', '0'] }] },
    })
    expect(await subgraph.ask(REPLAY, { ids: [] })).toMatchObject({ result: { doneIds: [], userErrors: [] } })
  })
})

test('the depth of the inbox says how many wait in each partition, and since when', async () => {
  await subgraph.database.query('DELETE FROM inbox')
  await subgraph.database.query('INSERT INTO inbox (partition_no, id, source_id, received_at, body) VALUES ?', [
    Array.from({ length: 5 }, (_, i) => [
      i < 3 ? 2 : 9,
      toBytes(`0000000${i}-0000-7000-8000-000000000000`),
      'shop',
      new Date(1e12 + i),
      '{}',
    ]),
  ])
  const { inboxDepth } = await subgraph.ask<{ inboxDepth: { partitions: object[] } }>(
    '{ inboxDepth { waiting exact oldestReceivedAt partitions { partition waiting exact oldestReceivedAt } } }',
  )
  expect(inboxDepth).toMatchObject({ waiting: 5, exact: true, oldestReceivedAt: new Date(1e12).toISOString() })
  expect(inboxDepth.partitions).toHaveLength(16)
  expect(inboxDepth.partitions[9]).toEqual({
    partition: 9,
    waiting: 2,
    exact: true,
    oldestReceivedAt: new Date(1e12 + 3).toISOString(),
  })
  expect(inboxDepth.partitions[0]).toEqual({ partition: 0, waiting: 0, exact: true, oldestReceivedAt: null })
})
