// Anything may come from the internet: never a 5xx for a client's mistake, always a clear error, nothing half-saved.
import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { RowDataPacket } from 'mysql2/promise'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { startCollector, type TestCollector } from './start-collector.js'

const RUNS = 70

let database: TestDatabase
let collector: TestCollector
beforeAll(async () => {
  database = await createMigratedDatabase()
  collector = await startCollector(database, { SEGUE_COLLECTOR_MAX_BODY_BYTES: '20000' })
  const write_key_hash = createHash('sha256').update('key').digest()
  await collector.source({ id: 's', channel: 'tracker', events_per_second: 1_000_000 })
  await collector.source({ id: 'app', channel: 'segment', write_key_hash, events_per_second: 1_000_000 })
  await collector.source({ id: 'h', channel: 'webhook', events_per_second: 1_000_000 })
  await collector.source({ id: 'p', channel: 'pixel', events_per_second: 1_000_000 })
})
afterAll(async () => {
  await collector.close()
  await database.close()
})

async function stored(): Promise<number> {
  const [rows] = await collector.admin.query<RowDataPacket[]>('SELECT COUNT(*) AS count FROM inbox')
  return rows[0]?.['count']
}

/** Sends a request and holds its answer to the rules; `events` is how many are stored when it is accepted. */
async function hold(path: string, init: RequestInit, events: number | null): Promise<void> {
  const before = await stored()
  const response = await fetch(collector.url + path, init)
  const text = await response.text()
  expect(response.status).toBeLessThan(500)
  if (response.status >= 400) {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } }
    expect(error.code).toMatch(/^[A-Z_]+$/)
    expect(error.message.length).toBeGreaterThan(10)
    expect(await stored()).toBe(before)
  } else {
    expect(response.status).toBe(200)
    expect((await stored()) - before).toBe(events ?? 1)
  }
}

/** Values where something is expected: mostly nearly right. */
const nearly = (right: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 6, arbitrary: right },
    { weight: 1, arbitrary: fc.jsonValue() },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )

const anything = fc.oneof(
  fc.jsonValue(),
  fc.dictionary(
    fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', 'length', '')),
    fc.jsonValue(),
    { maxKeys: 5 },
  ),
)

const event = nearly(
  fc.record(
    {
      type: nearly(fc.string({ unit: 'binary', maxLength: 140 })),
      id: nearly(fc.string({ maxLength: 130 })),
      properties: nearly(anything),
      context: nearly(anything),
      options: nearly(anything),
      tags: nearly(fc.array(nearly(fc.string()))),
      time: nearly(
        fc.record({
          create: nearly(
            fc.oneof(
              fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
              fc.integer(),
            ),
          ),
        }),
      ),
    },
    { requiredKeys: ['type'] },
  ),
)

const trackerBody = fc.record(
  {
    source: nearly(fc.record({ id: nearly(fc.constantFrom('s', 'h', '@s', 'nobody')) })),
    session: nearly(fc.record({ id: nearly(fc.oneof(fc.uuid(), fc.string())) })),
    profile: nearly(
      fc.record({
        id: nearly(fc.oneof(fc.uuid(), fc.string())),
        identities: nearly(
          fc.array(nearly(fc.record({ kind: nearly(fc.string()), value: nearly(fc.string()) })), { maxLength: 3 }),
        ),
      }),
    ),
    device: nearly(fc.record({ id: nearly(fc.string()) })),
    context: nearly(anything),
    options: nearly(anything),
    events: nearly(fc.array(event, { minLength: 1, maxLength: 4 })),
  },
  { requiredKeys: ['source', 'events'] },
)

const message = nearly(
  fc.record(
    {
      type: nearly(fc.constantFrom('identify', 'track', 'page', 'screen', 'group', 'alias')),
      event: nearly(fc.string()),
      userId: nearly(fc.string()),
      anonymousId: nearly(fc.uuid()),
      previousId: nearly(fc.string()),
      groupId: nearly(fc.string()),
      traits: nearly(anything),
      properties: nearly(anything),
      context: nearly(anything),
      messageId: nearly(fc.string()),
      timestamp: nearly(fc.string()),
    },
    { requiredKeys: ['type', 'userId', 'event', 'previousId', 'groupId'] },
  ),
)

const encoding = fc.constantFrom('', 'gzip', 'deflate', 'br', 'identity', 'nonsense')
const contentType = fc.constantFrom(
  'application/json',
  'text/plain',
  'application/x-www-form-urlencoded',
  '',
  'a/b;',
  'x',
  ';;;',
)

describe('whatever comes', () => {
  test('to /track: nearly right bodies', async () => {
    await fc.assert(
      fc.asyncProperty(trackerBody, fc.string({ maxLength: 20 }), async (body, timestamp) => {
        const events = Array.isArray(body.events) ? body.events.length : 0
        const headers = { 'x-timestamp': encodeURIComponent(timestamp) }
        await hold('/track', { method: 'POST', body: JSON.stringify(body), headers }, events)
      }),
      { numRuns: RUNS * 3 },
    )
  })

  test('to the Segment API: nearly right messages and batches', async () => {
    const headers = { authorization: `Basic ${Buffer.from('key:').toString('base64')}` }
    const path = fc.constantFrom('identify', 't', 'page', 'screen', 'g', 'alias')
    await fc.assert(
      fc.asyncProperty(path, message, async (name, body) => {
        await hold(`/v1/${name}`, { method: 'POST', body: JSON.stringify(body) ?? '', headers }, 1)
      }),
      { numRuns: RUNS },
    )
    const batch = fc.record({
      batch: nearly(fc.array(message, { minLength: 1, maxLength: 4 })),
      context: nearly(anything),
      sentAt: nearly(fc.string()),
    })
    await fc.assert(
      fc.asyncProperty(batch, async (body) => {
        const events = Array.isArray(body.batch) ? body.batch.length : 0
        await hold('/v1/batch', { method: 'POST', body: JSON.stringify(body), headers }, events)
      }),
      { numRuns: RUNS },
    )
  })

  test('to every route: bytes with any content type and encoding, packed or only said to be', async () => {
    const path = fc.constantFrom('/track', '/v1/batch', '/v1/p', '/collect/a/h', '/collect/a/h/visit', '/nothing')
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      anything.map((value) => new TextEncoder().encode(JSON.stringify(value) ?? '')),
      fc.constant(new TextEncoder().encode('['.repeat(19_000))),
      fc.constant(new Uint8Array(30_000)),
    )
    await fc.assert(
      fc.asyncProperty(path, bytes, contentType, encoding, fc.boolean(), async (to, plain, type, coding, pack) => {
        const body = pack && coding === 'gzip' ? gzipSync(plain) : plain
        await hold(
          to,
          { method: 'POST', body: new Uint8Array(body), headers: { 'content-type': type, 'content-encoding': coding } },
          null,
        )
      }),
      { numRuns: RUNS * 2 },
    )
  })

  test('to webhooks and the pixel: any path and query', async () => {
    const part = fc.oneof(
      fc.string({ minLength: 1, maxLength: 150 }).map(encodeURIComponent),
      fc.constantFrom('%', '%00', '%ff', '..', '%2F', '%2e%2e'),
    )
    const query = fc.array(
      fc.tuple(fc.constantFrom('source', 'type', 'id', 'profile', 'device', 'x', '__proto__', '%'), part),
      { maxLength: 8 },
    )
    await fc.assert(
      fc.asyncProperty(part, fc.constantFrom('h', 'p', 'nobody'), query, async (type, source, members) => {
        const search = members.map(([name, value]) => `${name}=${value}`).join('&')
        await hold(`/collect/${type}/${source}?${search}`, {}, 1)
        await hold(`/pixel.gif?source=p&${search}`, {}, 1)
      }),
      { numRuns: RUNS },
    )
  })

  test('to the port: what is no HTTP', async () => {
    const port = Number(new URL(collector.url).port)
    const request = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 200 }),
      fc
        .constantFrom(
          'GET / HTTP/9.9\r\n\r\n',
          'POST /track HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
          'POST /track HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
          `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
          'POST /track HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n',
        )
        .map((text) => new TextEncoder().encode(text)),
    )
    await fc.assert(
      fc.asyncProperty(request, async (bytes) => {
        const answer = await new Promise<string>((resolve, reject) => {
          const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
          let text = ''
          socket.on('data', (chunk) => (text += chunk.toString('latin1')))
          socket.on('close', () => resolve(text))
          socket.on('error', reject)
        })
        if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /)
      }),
      { numRuns: RUNS },
    )
    expect((await fetch(`${collector.url}/health`)).status).toBe(200)
  })
})
