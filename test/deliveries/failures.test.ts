// Deliveries that do not arrive at once, or not at all: what is tried again, what is kept, what the run is told.
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { toBytes } from '@segue/database'
import { SecretBox, secretKeys } from '@segue/secrets'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { MailOutside } from './mail-outside.js'
import { Deliveries, Outside, SECRET_KEYS, until, type Answer } from './stand.js'

let database: TestDatabase
let deliveries: Deliveries
const outsides: { down(): Promise<void> }[] = []

beforeAll(async () => {
  database = await createMigratedDatabase()
  deliveries = new Deliveries(database.url)
})
afterEach(async () => {
  await deliveries.endWorkers()
  await Promise.all(outsides.splice(0).map((outside) => outside.down()))
})
afterAll(async () => {
  await deliveries.close()
  await database.close()
})

async function outside(answer: Answer): Promise<Outside> {
  const started = await Outside.start(answer)
  outsides.push(started)
  return started
}

const call = (url: string, more: Record<string, unknown> = {}) => ({
  method: 'POST',
  url,
  headers: {},
  body: '1',
  ...more,
})
const mail = (to: string) => ({
  resource: 'shop-mail',
  from: { name: '', address: 'shop@example.com' },
  to: { name: '', address: to },
  subject: 'Hello',
  text: 'Hello',
})

test('what fails for a while is tried again with the same key until it arrives', async () => {
  const server = await outside((_, response) => response.writeHead(server.received.length < 4 ? 500 : 200).end())
  const [id = ''] = await deliveries.queue({ request: call(server.url), awaited: true })
  await deliveries.startWorker()
  const [row] = await deliveries.until('delivered', [id])
  expect(server.keys()).toEqual([id, id, id, id])
  expect(row).toMatchObject({ attempts: 4, error: null, outcome: { delivered: true } })
})

test('what is refused is kept with its reason, and its run is told', async () => {
  const server = await outside((_, response) => response.writeHead(422).end('no such list'))
  const [id = ''] = await deliveries.queue({ request: call(server.url), awaited: true })
  await deliveries.startWorker()
  const [row] = await deliveries.until('rejected', [id])
  expect(row).toMatchObject({ attempts: 1, nextAt: null, error: { code: 'HTTP_422' }, waitIsDue: true })
  expect(row?.outcome).toMatchObject({
    kind: 'answer',
    delivered: false,
    error: { code: 'HTTP_422' },
    response: { status: 422, body: 'no such list' },
  })
})

test('Retry-After is waited for', async () => {
  const server = await outside((_, response) =>
    server.received.length === 1 ? response.writeHead(429, { 'retry-after': '1' }).end() : response.end(),
  )
  const [id = ''] = await deliveries.queue({ request: call(server.url) })
  await deliveries.startWorker()
  await deliveries.until('delivered', [id])
  const [first, second] = server.received
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1000)
})

test('what cannot be built is rejected with its reason, and sent when somebody has replayed it after the fix', async () => {
  const server = await outside((_, response) => response.end())
  const [bad = '', unknown = ''] = await deliveries.queue(
    { request: call('nowhere'), awaited: true },
    { transport: 'pigeon', request: {}, destination: 'roof' },
  )
  await deliveries.startWorker()
  expect(await deliveries.until('rejected', [bad, unknown])).toMatchObject(
    (await deliveries.rows([bad, unknown])).map(({ id }) => ({
      error: { code: id === bad ? 'BAD_REQUEST' : 'UNKNOWN_TRANSPORT' },
    })),
  )
  const before = await deliveries.one(bad)
  await deliveries.pool.query(
    `UPDATE delivery SET state = 'queued', attempts = 0, next_at = UTC_TIMESTAMP(3), finished_at = NULL, request = ?, destination = ? WHERE id = ?`,
    [JSON.stringify(call(server.url)), new URL(server.url).host, toBytes(bad)],
  )
  const [row] = await deliveries.until('delivered', [bad])
  expect(server.keys()).toEqual([bad])
  // The run has gone on with the first outcome.
  expect(row?.outcome).toEqual(before.outcome)
})

test('a missing resource, and one whose secret nobody can read, hold their deliveries until it is mended', async () => {
  const server = await outside((_, response) => response.end())
  const [id = ''] = await deliveries.queue({ request: call(server.url, { resource: 'crm' }), awaited: true })
  await deliveries.startWorker()
  const failsWith = (code: string) =>
    until(`it fails with ${code}`, async () => (await deliveries.one(id)).error?.code === code)
  await failsWith('RESOURCE_MISSING')

  const settings = JSON.stringify({ hosts: [new URL(server.url).host], auth: { kind: 'bearer' } })
  const sealed = (keys: string) => new SecretBox(secretKeys().parse(keys)).encrypt('crm', '{"token":"abc"}')
  await deliveries.pool.query(
    `INSERT INTO resource (id, name, transport, settings, secret, created_at, updated_at) VALUES ('crm', 'CRM', 'http', ?, ?, NOW(3), NOW(3))`,
    [settings, sealed(`gone:${'11'.repeat(32)}`)],
  )
  await failsWith('SECRET_KEY_UNKNOWN')
  expect(await deliveries.one(id)).toMatchObject({ state: 'queued', outcome: null })

  await deliveries.pool.query(`UPDATE resource SET secret = ?, version = 2 WHERE id = 'crm'`, [sealed(SECRET_KEYS)])
  await deliveries.until('delivered', [id])
  expect(server.received[0]?.headers.authorization).toBe('Bearer abc')
})

test('what fails for too long is given up, with the last reason; replayed, it has all its time again', async () => {
  const server = await outside((_, response) => response.writeHead(500).end())
  const [id = ''] = await deliveries.queue({ request: call(server.url), awaited: true })
  await deliveries.startWorker({ breakerFailures: 1000 }, { giveUpHours: 0.5 / 3600 })
  const [row] = await deliveries.until('rejected', [id])
  expect(row?.error?.code).toBe('HTTP_500')
  expect(row?.attempts).toBeGreaterThan(1)
  expect(row?.outcome).toMatchObject({ delivered: false, error: { code: 'HTTP_500' } })
  await deliveries.pool.query(
    `UPDATE delivery SET state = 'queued', attempts = 0, next_at = UTC_TIMESTAMP(3), finished_at = NULL WHERE id = ?`,
    [toBytes(id)],
  )
  server.answer = (_, response) => response.writeHead(server.received.at(-1)?.key === 'x' ? 500 : 200).end()
  await deliveries.until('delivered', [id])
})

test('what waits for a destination that stays away is given up too, without an attempt of its own', async () => {
  const ids = await deliveries.queue(
    ...Array.from({ length: 40 }, () => ({ request: call('http://127.0.0.1:1/'), awaited: true })),
  )
  await deliveries.startWorker({}, { giveUpHours: 0.5 / 3600 })
  const rows = await deliveries.until('rejected', ids)
  expect(new Set(rows.map(({ error }) => error?.code))).toContain('CONNECTION_FAILED')
  expect(rows.every(({ waitIsDue }) => waitIsDue)).toBe(true)
  // The breaker let few through.
  expect(rows.filter(({ attempts }) => attempts === 0).length).toBeGreaterThan(10)
})

test('a consent that was withdrawn, or an erasure, between queueing and sending stops the delivery and ends the wait', async () => {
  const server = await outside((_, response) => response.end())
  const [given, withdrawn, merged, gone] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()] as const
  const alias = randomUUID()
  const now = new Date()
  await deliveries.pool.query(
    'INSERT INTO profile (id, created_at, updated_at, first_seen_at, last_seen_at, version, identified, document, stamps) VALUES ?',
    [
      [
        [given, { mail: true, sms: { revoke: '2999-01-01T00:00:00Z' } }],
        [withdrawn, { mail: true, sms: { revoke: '2020-01-01T00:00:00Z' } }],
        [merged, { mail: true, sms: true }],
      ].map(([id, consents]) => [
        toBytes(String(id)),
        now,
        now,
        now,
        now,
        1,
        false,
        JSON.stringify({ consents }),
        '{}',
      ]),
    ],
  )
  await deliveries.pool.query('INSERT INTO profile_alias (alias_id, profile_id, created_at) VALUES (?, ?, ?)', [
    toBytes(alias),
    toBytes(merged),
    now,
  ])
  const ids = await deliveries.queue(
    ...[given, withdrawn, alias, gone].map((profileId) => ({
      request: call(server.url),
      requiredConsents: ['mail', 'sms'],
      profileId,
      awaited: true,
    })),
  )
  await deliveries.startWorker()
  await until('none is queued', async () => (await deliveries.rows(ids)).every(({ state }) => state !== 'queued'))
  const rows = new Map((await deliveries.rows(ids)).map((row) => [row.id, row]))
  expect(ids.map((id) => [rows.get(id)?.state, rows.get(id)?.error?.code])).toEqual([
    ['delivered', undefined],
    ['cancelled', 'CONSENT_WITHDRAWN'],
    ['delivered', undefined],
    ['cancelled', 'PROFILE_GONE'],
  ])
  expect(rows.get(ids[1] ?? '')).toMatchObject({
    attempts: 0,
    waitIsDue: true,
    outcome: { delivered: false, error: { code: 'CONSENT_WITHDRAWN' } },
  })
  expect(new Set(server.keys())).toEqual(new Set([ids[0], ids[2]]))
})

test('a mail server’s 4xx is asked again, its 5xx is final', async () => {
  let busy = 2
  const refusal = (responseCode: number) => Object.assign(new Error('No'), { responseCode })
  const server = await MailOutside.start({
    recipient: (address) =>
      address.startsWith('nobody') ? refusal(550) : address.startsWith('busy') && busy-- > 0 ? refusal(450) : undefined,
  })
  outsides.push(server)
  await server.makeResource(deliveries.pool, 'shop-mail')
  const [later = '', never = ''] = await deliveries.queue(
    { transport: 'mail', request: mail('busy@example.org'), awaited: true },
    { transport: 'mail', request: mail('nobody@example.org'), awaited: true },
  )
  await deliveries.startWorker()
  const [refused] = await deliveries.until('rejected', [never])
  expect(refused).toMatchObject({ error: { code: 'SMTP_550' }, attempts: 1, outcome: { delivered: false } })
  const [arrived] = await deliveries.until('delivered', [later])
  expect(arrived?.attempts).toBe(3)
  expect(server.received.map(({ to }) => to)).toEqual([['busy@example.org']])
})

test('a wrong mail password holds the mails until somebody has mended it', async () => {
  const server = await MailOutside.start({ password: 'correct' })
  outsides.push(server)
  await server.makeResource(deliveries.pool, 'shop-mail', 'wrong')
  const [id = ''] = await deliveries.queue({ transport: 'mail', request: mail('ada@example.org') })
  await deliveries.startWorker()
  await until('it was refused', async () => (await deliveries.one(id)).error?.code === 'CREDENTIALS_REFUSED')
  await server.makeResource(deliveries.pool, 'shop-mail')
  await deliveries.until('delivered', [id])
  expect(server.received).toHaveLength(1)
})

test('answers that databases do not like are stored all the same', async () => {
  const bodies = ['"\\ud800 \\u0000"', `{"a":${'['.repeat(60)}${']'.repeat(60)}}`, '{"emoji":"😀","n":1e400}']
  const server = await outside(({ body }, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(bodies[Number(body)])
  })
  const ids = await deliveries.queue(
    ...bodies.map((_, at) => ({ request: call(server.url, { body: String(at) }), awaited: true })),
  )
  await deliveries.startWorker()
  for (const row of await deliveries.until('delivered', ids))
    expect(row.outcome).toMatchObject({ delivered: true, response: { status: 200 } })
})
