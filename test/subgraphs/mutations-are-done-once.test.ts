// A mutation under a client's own id: done once, however often and however simultaneously it is sent.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { toBytes } from '@segue/database'
import { start as startEvent } from '@segue/subgraph-event'
import { readEventConfig } from '@segue/subgraph-event/config'
import { start as startSegment } from '@segue/subgraph-segment'
import { readSegmentConfig } from '@segue/subgraph-segment/config'
import { createHash, randomUUID } from 'node:crypto'
import { decodeJwt } from 'jose'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import type { Answer } from '../setup/graphql-client.js'
import { startTestSubgraph, type TestSubgraph } from '../setup/subgraph.js'

let database: TestDatabase
let segments: TestSubgraph
let events: TestSubgraph
beforeAll(async () => {
  database = await createMigratedDatabase()
  segments = await startTestSubgraph(
    { account: 'subgraph-segment', start: startSegment, config: readSegmentConfig },
    database,
  )
  events = await startTestSubgraph({ account: 'subgraph-event', start: startEvent, config: readEventConfig }, database)
})
afterAll(async () => {
  await segments?.close()
  await events?.close()
  await database?.close()
})

const CREATE = `mutation ($input: CreateSegmentInput!) { createSegment(input: $input) {
  segment { id name createdAt } clientMutationId userErrors { code path } } }`

const create = async (input: object, role: 'admin' | 'marketer' = 'admin'): Promise<Answer['data']> =>
  (await segments.send(CREATE, { input }, role)).data.createSegment

const count = async (sql: string, ...values: unknown[]): Promise<number> => {
  const [row] = await segments.database.query<{ number_of: string }[]>(
    `SELECT COUNT(*) AS number_of FROM ${sql}`,
    values,
  )
  return Number(row?.number_of)
}
const made = (name: string): Promise<number> => count('segment WHERE name = ?', name)
const entries = (id: string): Promise<number> => count('audit_entry WHERE subject_id = ?', id)

/** Waits until so many connections wait for the claim that another one holds. */
async function waiting(atLeast: number): Promise<void> {
  for (;;) {
    const found = await count(
      `information_schema.processlist WHERE db = ? AND info LIKE 'INSERT INTO mutation_request%'`,
      database.name,
    )
    if (found >= atLeast) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Holds the claim of an admin's createSegment under `clientMutationId`, as a process that is in the middle of it. */
async function holdClaim(
  clientMutationId: string,
): Promise<{ rollback: () => Promise<void>; crash: () => Promise<void> }> {
  const runner = segments.database.createQueryRunner()
  await runner.startTransaction()
  await runner.query(
    `INSERT INTO mutation_request (account_id, mutation, client_id_hash, input_hash, created_at)
     VALUES (?, 'createSegment', ?, ?, UTC_TIMESTAMP(3))`,
    [
      toBytes(decodeJwt(segments.tokens.admin).sub ?? ''),
      createHash('sha256').update(clientMutationId).digest(),
      Buffer.alloc(32),
    ],
  )
  const [{ id }] = await runner.query('SELECT CONNECTION_ID() AS id')
  return {
    async rollback() {
      await runner.rollbackTransaction()
      await runner.release()
    },
    async crash() {
      await segments.database.query(`KILL ${id}`)
      await runner.release()
    },
  }
}

test('the same id and input again is answered as before, and neither done nor told to the audit again', async () => {
  const input = { name: 'Once', description: 'Only', clientMutationId: 'once' }
  const first = await create(input)
  expect(first).toMatchObject({ segment: { name: 'Once' }, clientMutationId: 'once', userErrors: [] })
  // The order of an input's fields says nothing.
  expect(await create({ clientMutationId: 'once', description: 'Only', name: 'Once' })).toEqual(first)
  expect(await made('Once')).toBe(1)
  expect(await entries(first.segment.id)).toBe(1)
})

test('the same id with another input is refused, and belongs to its account alone', async () => {
  const first = await create({ name: 'Mine', clientMutationId: 'used' })
  expect(await create({ name: 'Other', clientMutationId: 'used' })).toMatchObject({
    segment: null,
    userErrors: [{ code: 'MUTATION_ID_REUSED', path: ['input', 'clientMutationId'] }],
  })
  const theirs = await create({ name: 'Other', clientMutationId: 'used' }, 'marketer')
  expect(theirs.userErrors).toEqual([])
  expect(theirs.segment.id).not.toBe(first.segment.id)
})

test('twelve that arrive at once are done once, and all get the one answer', async () => {
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => create({ name: 'At once', clientMutationId: 'at once' })),
  )
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  expect(answers[0]).toMatchObject({ segment: { name: 'At once' }, userErrors: [] })
  expect(await made('At once')).toBe(1)
  expect(await entries(answers[0].segment.id)).toBe(1)
})

test('one that was refused may be tried again: nothing of it is kept', async () => {
  const { segment } = await create({ name: 'In the way' })
  const input = { name: 'In the way', clientMutationId: 'refused first' }
  const audited = await count('audit_entry')
  for (let i = 0; i < 2; i++) {
    expect(await create(input)).toMatchObject({ segment: null, userErrors: [{ code: 'SEGMENT_NAME_TAKEN' }] })
  }
  expect(await count('audit_entry')).toBe(audited)
  await segments.ask('mutation ($id: ID!) { deleteSegment(input: { id: $id }) { deletedId } }', { id: segment.id })
  expect(await create(input)).toMatchObject({ segment: { name: 'In the way' }, userErrors: [] })
})

test.each(['rollback', 'crash'] as const)(
  'those that wait for one that ends in a %s: one of them does it, the others get its answer',
  async (end) => {
    const name = `After a ${end}`
    const claim = await holdClaim(name)
    const sent = Array.from({ length: 4 }, () => create({ name, clientMutationId: name }))
    await waiting(4)
    await claim[end]()
    const answers = await Promise.all(sent)
    expect(answers[0]).toMatchObject({ segment: { name }, userErrors: [] })
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(await made(name)).toBe(1)
  },
)

test('after a day the id is free again, also before anybody has cleaned up', async () => {
  const first = await create({ name: 'Yesterday', clientMutationId: 'daily' })
  await segments.database.query(
    'UPDATE mutation_request SET created_at = created_at - INTERVAL 25 HOUR WHERE client_id_hash = ?',
    [createHash('sha256').update('daily').digest()],
  )
  const answers = await Promise.all(
    Array.from({ length: 3 }, () => create({ name: 'Today', clientMutationId: 'daily' })),
  )
  expect(new Set(answers.map((answer) => answer.segment.id)).size).toBe(1)
  expect(answers[0].segment.id).not.toBe(first.segment.id)
})

test('a repeated answer has its fields as they are now, for whatever is asked of it', async () => {
  const input = { name: 'Looked at', clientMutationId: 'looked at' }
  const { segment } = await create(input)
  await segments.ask(
    'mutation ($of: ID!, $who: [ID!]!) { addProfilesToSegment(input: { segmentId: $of, profileIds: $who }) { changed } }',
    { of: segment.id, who: [randomUUID()] },
  )
  const again = await segments.ask<Answer['data']>(
    'mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { segment { id profileCount createdAt } } }',
    { input },
  )
  expect(again.createSegment.segment).toEqual({ id: segment.id, profileCount: 1, createdAt: segment.createdAt })
})

test('a secret is in no repeated answer, and nowhere it could be read again', async () => {
  const createSource = `mutation ($input: CreateEventSourceInput!) { createEventSource(input: $input) { eventSource { id } writeKey userErrors { code } } }`
  const input = { id: 'secret', name: 'S', channel: 'segment', clientMutationId: 'secret' }
  const first = await events.ask<Answer['data']>(createSource, { input })
  const again = await events.ask<Answer['data']>(createSource, { input })
  const { writeKey } = first.createEventSource
  expect(writeKey).toMatch(/^[\w-]{43}$/)
  expect(again.createEventSource).toEqual({ eventSource: { id: 'secret' }, writeKey: null, userErrors: [] })
  const hash = createHash('sha256').update(writeKey).digest()
  const kept = await events.database.query<object[]>('SELECT * FROM mutation_request')
  const audited = await events.database.query<object[]>('SELECT * FROM audit_entry')
  const bytes = [...kept, ...audited]
    .flatMap((row) => Object.values(row))
    .map((value) => Buffer.from(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)))
  expect(bytes.length).toBeGreaterThan(20)
  for (const secret of [
    Buffer.from(writeKey),
    hash,
    Buffer.from(hash.toString('hex')),
    Buffer.from(hash.toString('base64')),
  ]) {
    expect(bytes.some((value) => value.includes(secret))).toBe(false)
  }
})
