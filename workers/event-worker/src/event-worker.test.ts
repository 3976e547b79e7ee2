// The event worker on a real inbox: repeats, failures, sharing, and a worker that dies.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { connect, toBytes } from '@segue/database'
import { partitionOf, type Envelope } from '@segue/event-model'
import { installBuiltIns } from '@segue/pipeline'
import type { Running } from '@segue/service'
import type { Pool, RowDataPacket } from 'mysql2/promise'
import { createMigratedDatabase, type TestDatabase } from '../../../test/setup/database.js'
import { start } from './service.js'
import { take } from './sql/lease.js'

let database: TestDatabase
let pool: Pool
const running: Running[] = []

beforeAll(async () => {
  database = await createMigratedDatabase()
  pool = connect({ url: database.url, connections: 4 })
  await installBuiltIns(pool)
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.close()))
})
afterAll(async () => {
  await pool.end()
  await database.close()
})

async function startWorker(): Promise<Running & { port: number }> {
  const worker = await start({
    environment: 'staging',
    logLevel: 'silent',
    mysqlUrl: database.url,
    healthHost: '127.0.0.1',
    healthPort: 0,
  })
  running.push(worker)
  return worker
}

function envelope(given: Partial<Envelope> = {}): Envelope {
  const now = Date.now()
  return {
    v: 1,
    eventId: randomUUID(),
    requestId: randomUUID(),
    protocol: 'tracker',
    sourceId: 'shop',
    trusted: true,
    receivedAt: now,
    occurredAt: now,
    type: 'visited',
    properties: {},
    context: {},
    newProfileId: randomUUID(),
    identities: [],
    ...given,
  }
}

async function put(...envelopes: Envelope[]): Promise<void> {
  await pool.query('INSERT INTO inbox (partition_no, id, source_id, received_at, body) VALUES ?', [
    envelopes.map((one) => [
      partitionOf(one),
      toBytes(one.eventId),
      one.sourceId,
      new Date(one.receivedAt),
      Buffer.from(JSON.stringify(one)),
    ]),
  ])
}

async function rows(sql: string, values: unknown[] = []): Promise<RowDataPacket[]> {
  const [found] = await pool.query<RowDataPacket[]>(sql, values)
  return found
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 30_000; !(await holds()); await pause(20)) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}.`)
  }
}

/** An id of a profile whose partition is even (0) or odd (1). */
function idIn(parity: number): string {
  for (;;) {
    const profileId = randomUUID()
    if (partitionOf(envelope({ profileId })) % 2 === parity) return profileId
  }
}

const drained = (): Promise<void> =>
  until('the inbox is empty', async () => (await rows('SELECT 1 FROM inbox LIMIT 1')).length === 0)

test('a client’s event id counts once, in one batch and over batches', async () => {
  const clientKey = { id: randomUUID(), time: Date.now() }
  const [first, second, third] = [
    envelope({ clientKey }),
    envelope({ clientKey }),
    envelope({ clientKey, awaitsResult: true }),
  ]
  await put(first, second)
  await startWorker()
  await drained()
  await put(third)
  await drained()
  const ids = [first, second, third].map((one) => toBytes(one.eventId))
  expect(await rows('SELECT id FROM event WHERE id IN (?)', [ids])).toHaveLength(1)
  const [result] = await rows('SELECT body FROM inbox_result WHERE id = ?', [ids[2]])
  expect(JSON.parse(result?.['body'].toString()).warnings).toEqual([
    'This event had been received before; it was not processed again.',
  ])
})

test('events that cannot be processed go to the dead letters with their reason; their neighbours do not', async () => {
  const good = Array.from({ length: 40 }, () => envelope())
  const badValue = envelope({ type: 'x'.repeat(300) })
  const badVersion = envelope({ v: 2 as 1 })
  await put(...good.slice(0, 20), badValue, ...good.slice(20), badVersion)
  await pool.query('INSERT INTO inbox (partition_no, id, source_id, received_at, body) VALUES (3, ?, ?, NOW(), ?)', [
    toBytes(randomUUID()),
    'shop',
    Buffer.from('no envelope'),
  ])
  await startWorker()
  await drained()
  expect(await rows('SELECT id FROM event WHERE id IN (?)', [good.map((one) => toBytes(one.eventId))])).toHaveLength(40)
  const dead = await rows('SELECT id, error_code, error_message, body FROM dead_letter ORDER BY error_code')
  expect(dead.map((row) => row['error_code'])).toEqual(['ER_DATA_TOO_LONG', 'PROCESSING_FAILED', 'PROCESSING_FAILED'])
  const version = dead.find((row) => row['id'].equals(toBytes(badVersion.eventId)))
  expect(version?.['error_message']).toBe('The envelope has version 2; this worker reads version 1.')
  expect(JSON.parse(version?.['body'].toString())).toEqual(badVersion)
})

test('a row whose envelope has no possible time of receipt stops nobody', async () => {
  const [impossible, good] = [envelope(), envelope()]
  await pool.query('INSERT INTO inbox (partition_no, id, source_id, received_at, body) VALUES (?, ?, ?, NOW(), ?)', [
    partitionOf(good),
    toBytes(impossible.eventId),
    'shop',
    Buffer.from(JSON.stringify({ ...impossible, receivedAt: 1e300 })),
  ])
  await put(good)
  await startWorker()
  await drained()
  expect(await rows('SELECT 1 FROM dead_letter WHERE id = ?', [toBytes(impossible.eventId)])).toHaveLength(1)
})

test('text cut in the middle of a character is stored as JSON that any database reads', async () => {
  const event = envelope({
    profileId: randomUUID(),
    properties: { half: 'a\ud83d', whole: '😀', path: 'C:\\ud83d' },
    traits: { '\udc00': 'x' },
  })
  await put(event)
  await startWorker()
  await drained()
  const [stored] = await rows('SELECT JSON_VALID(properties) AS valid, properties FROM event WHERE id = ?', [
    toBytes(event.eventId),
  ])
  expect(stored?.['valid']).toBe(1)
  expect(JSON.parse(stored?.['properties'])).toEqual({ half: 'a\ufffd', whole: '😀', path: 'C:\\ud83d' })
  expect(await rows('SELECT 1 FROM profile WHERE NOT JSON_VALID(document) OR NOT JSON_VALID(stamps)')).toEqual([])
})

test('a dead letter that is put back is processed, and its client’s repeat is still dropped', async () => {
  const clientKey = { id: randomUUID(), time: Date.now() }
  const failing = envelope({ clientKey, v: 2 as 1 })
  await put(failing)
  await startWorker()
  await until(
    'it is dead',
    async () => (await rows('SELECT 1 FROM dead_letter WHERE id = ?', [toBytes(failing.eventId)])).length === 1,
  )
  await pool.query('DELETE FROM dead_letter WHERE id = ?', [toBytes(failing.eventId)])
  const repeat = envelope({ clientKey })
  await put({ ...failing, v: 1 }, repeat)
  await drained()
  const stored = await rows('SELECT id FROM event WHERE id IN (?)', [
    [failing, repeat].map((one) => toBytes(one.eventId)),
  ])
  expect(stored.map((row) => row['id'])).toEqual([toBytes(failing.eventId)])
})

test('workers share the partitions, and one that ends hands its share over', async () => {
  await startWorker()
  const second = await startWorker()
  const owners = async (): Promise<number[]> =>
    (await rows('SELECT COUNT(*) AS n FROM partition_lease WHERE owner IS NOT NULL GROUP BY owner ORDER BY n')).map(
      (row) => Number(row['n']),
    )
  await until('each has eight', async () => String(await owners()) === '8,8')
  await second.close()
  running.splice(running.indexOf(second), 1)
  await until('one has all', async () => String(await owners()) === '16')
})

test('the partitions of a worker that vanished are taken over when its lease has run out', async () => {
  await pool.query(
    `UPDATE partition_lease SET owner = 'vanished', epoch = epoch + 1, expires_at = UTC_TIMESTAMP(3) + INTERVAL 2 SECOND`,
  )
  const event = envelope()
  await put(event)
  await startWorker()
  await drained()
  expect(await rows(`SELECT 1 FROM partition_lease WHERE owner = 'vanished'`)).toEqual([])
  expect(await rows('SELECT 1 FROM event WHERE id = ?', [toBytes(event.eventId)])).toHaveLength(1)
})

test('a partition that is taken over again and again, though no event of it is at fault, is drained and then as good as any', async () => {
  const events = Array.from({ length: 40 }, () => envelope())
  await put(...events)
  await pool.query(
    `UPDATE partition_lease SET owner = 'vanished', epoch = epoch + 1, expires_at = UTC_TIMESTAMP(3), takeovers = 2`,
  )
  await startWorker()
  await drained()
  const ids = events.map((one) => toBytes(one.eventId))
  expect(await rows('SELECT 1 FROM event WHERE id IN (?)', [ids])).toHaveLength(40)
  expect(await rows('SELECT 1 FROM dead_letter WHERE id IN (?)', [ids])).toEqual([])
  expect(await rows('SELECT 1 FROM partition_lease WHERE takeovers > 0 OR tries > 0')).toEqual([])
})

test('only a partition with events in it counts that its worker vanished, and only when it vanished', async () => {
  const event = envelope()
  await put(event)
  await pool.query(
    `UPDATE partition_lease SET owner = IF(partition_no % 2 = ?, 'vanished', NULL), epoch = epoch + 1,
       expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND, takeovers = 1`,
    [partitionOf(event) % 2],
  )
  const other = envelope({ profileId: idIn(1 - (partitionOf(event) % 2)) })
  await put(other)
  const connection = await pool.getConnection()
  try {
    await take(connection, 'test', 60, 16)
  } finally {
    connection.release()
  }
  const counts = new Map(
    (await rows('SELECT partition_no, takeovers FROM partition_lease')).map((row) => [
      row['partition_no'],
      row['takeovers'],
    ]),
  )
  const expected = Array.from({ length: 16 }, (_, n) =>
    n === partitionOf(event) ? 2 : n === partitionOf(other) ? 1 : 0,
  )
  expect([...counts.keys()].sort((a, b) => a - b).map((n) => counts.get(n))).toEqual(expected)
  await pool.query('UPDATE partition_lease SET owner = NULL, takeovers = 0')
  await startWorker()
  await drained()
})

test('a worker that has lost its lease writes nothing', async () => {
  await startWorker()
  await until(
    'it holds all',
    async () => (await rows('SELECT 1 FROM partition_lease WHERE owner IS NOT NULL')).length === 16,
  )
  await pool.query(
    `UPDATE partition_lease SET owner = 'somebody else', epoch = epoch + 1, expires_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR`,
  )
  const event = envelope()
  await put(event)
  // Long enough for several tries of a worker that looks every 25 ms.
  await pause(1500)
  expect(await rows('SELECT 1 FROM event WHERE id = ?', [toBytes(event.eventId)])).toEqual([])
  await pool.query('UPDATE partition_lease SET owner = NULL')
  await drained()
  expect(await rows('SELECT 1 FROM event WHERE id = ?', [toBytes(event.eventId)])).toHaveLength(1)
})

test('readiness and metrics tell of its work', async () => {
  const worker = await startWorker()
  await put(envelope())
  await drained()
  expect(await (await fetch(`http://127.0.0.1:${worker.port}/ready`)).json()).toEqual({ status: 'ready' })
  await until('the metrics count it', async () =>
    /segue_events_processed_total\{[^}]*\} 1\n/.test(
      await (await fetch(`http://127.0.0.1:${worker.port}/metrics`)).text(),
    ),
  )
})
