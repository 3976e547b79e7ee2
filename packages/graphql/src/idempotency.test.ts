import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { dataSource } from '@segue/database'
import { randomUUID } from 'node:crypto'
import type { DataSource } from 'typeorm'
import { createMigratedDatabase, type TestDatabase } from '../../../test/setup/database.js'
import { claim } from './idempotency.js'
import { createTransactions } from './transactions.js'

let database: TestDatabase
let source: DataSource
beforeAll(async () => {
  database = await createMigratedDatabase()
  source = await dataSource({ url: database.url, connections: 4 }).initialize()
})
afterAll(async () => {
  await source?.destroy()
  await database?.close()
})

const NONE = { input: new Set<string>(), payload: new Set<string>() }
const request = (input: object = {}) => ({
  accountId: randomUUID(),
  mutation: 'change',
  clientMutationId: 'mine',
  input,
})

test('a mutation whose first request does not come to an end is told so, and can be sent again', async () => {
  const inTransaction = createTransactions(source, 2, 1)
  const asked = request()
  await inTransaction(async (first) => {
    await (await claim(first, asked, NONE)).keep({ done: true })
    await expect(inTransaction((second) => claim(second, asked, NONE))).rejects.toMatchObject({
      code: 'MUTATION_UNDER_WAY',
    })
  })
  expect(await inTransaction(async (third) => (await claim(third, asked, NONE)).done)).toEqual({ done: true })
})

test('an answer comes back as it was, with its times as times, whatever it looks like', async () => {
  const inTransaction = createTransactions(source, 1)
  const asked = request()
  const payload = {
    at: new Date(1_700_000_000_123),
    list: [1, null, ['time', 5], [], { at: new Date(0) }],
    json: { $date: 5, list: ['list', 'x'], __proto__x: 'y', 'ä"\n': '\u2028' },
    nothing: null,
  }
  await inTransaction(async (transaction) =>
    (await claim(transaction, asked, NONE)).keep({ ...payload, gone: undefined }),
  )
  const again = await inTransaction(async (transaction) => (await claim(transaction, asked, NONE)).done)
  expect(again).toEqual(payload)
})

test('secrets of an input say nothing, everything else does', async () => {
  const inTransaction = createTransactions(source, 1)
  const secrets = { input: new Set(['password']), payload: new Set(['token']) }
  const asked = request({ name: 'a', password: 'one' })
  const claimed = (input: object) =>
    inTransaction(async (transaction) => (await claim(transaction, { ...asked, input }, secrets)).done)
  await inTransaction(async (transaction) =>
    (await claim(transaction, asked, secrets)).keep({ name: 'a', token: 'secret' }),
  )
  expect(await claimed({ password: 'two', name: 'a' })).toEqual({ name: 'a' })
  await expect(claimed({ name: 'b', password: 'one' })).rejects.toMatchObject({ code: 'MUTATION_ID_REUSED' })
})
