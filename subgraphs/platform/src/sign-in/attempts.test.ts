// Counts of failed attempts, by two that count in one database as two processes do.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { dataSource } from '@segue/database'
import type { DataSource } from 'typeorm'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { createAttempts, type Attempts } from './attempts.js'

let database: TestDatabase
let sources: DataSource[]
let processes: [Attempts, Attempts]

beforeAll(async () => {
  database = await createMigratedDatabase()
  const connected = async (): Promise<DataSource> =>
    await dataSource({ url: database.url, connections: 4 }).initialize()
  const [one, two] = [await connected(), await connected()]
  sources = [one, two]
  processes = [createAttempts(one), createAttempts(two)]
})
afterAll(async () => {
  for (const source of sources ?? []) await source.destroy()
  await database?.close()
})

/** What becomes of a failed attempt: undefined when it was tried. */
const fail = async (email: string, address: string, at: 0 | 1 = 0): Promise<string | undefined> => {
  try {
    await processes[at].begin(email, address)
    return undefined
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

test('a network that tries many accounts is stopped, at whatever address of its own it is', async () => {
  for (let i = 0; i < 60; i++) {
    expect(await fail(`account${i}@example.com`, `2001:db8:1:2::${i.toString(16)}`, i % 2 ? 1 : 0)).toBeUndefined()
  }
  expect(await fail('another@example.com', '2001:0db8:0001:0002:ffff::1')).toBe('TOO_MANY_ATTEMPTS')
  expect(await fail('another@example.com', '2001:db8:1:3::1')).toBeUndefined()
})

test('many at once cannot all be tried before the first has failed', async () => {
  const guesses = Array.from({ length: 60 }, (_, i) => fail('stormed@example.com', '198.51.100.20', i % 2 ? 1 : 0))
  const outcomes = await Promise.all(guesses)
  expect(outcomes.filter((code) => code === undefined)).toHaveLength(20)
  expect(new Set(outcomes)).toEqual(new Set([undefined, 'TOO_MANY_ATTEMPTS']))
  expect(await fail('colleague@example.com', '198.51.100.20')).toBeUndefined()
})

test('one who is stopped and keeps trying does not stop the others of the network', async () => {
  for (let i = 0; i < 100; i++) await fail('stubborn@example.com', '198.51.100.25')
  expect(await fail('stubborn@example.com', '198.51.100.25')).toBe('TOO_MANY_ATTEMPTS')
  expect(await fail('colleague@example.com', '198.51.100.25')).toBeUndefined()
})

test('who signs in leaves nothing behind, and forgets what failed before', async () => {
  const [own, other] = processes
  for (let i = 0; i < 100; i++) await (await own.begin('busy@example.com', '198.51.100.30')).succeeded()
  for (let i = 0; i < 19; i++) await fail('busy@example.com', '198.51.100.30')
  await (await other.begin('busy@example.com', '198.51.100.30')).succeeded()
  for (let i = 0; i < 20; i++) expect(await fail('busy@example.com', '198.51.100.30')).toBeUndefined()
  expect(await fail('busy@example.com', '198.51.100.30')).toBe('TOO_MANY_ATTEMPTS')
})
