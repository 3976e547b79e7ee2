import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { dataSource, toBytes } from '@segue/database'
import { createLogger } from '@segue/service'
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { DataSource } from 'typeorm'
import { createMigratedDatabase, type TestDatabase } from '../../../test/setup/database.js'
import { watchRevocations, type Revocations } from './revocations.js'

let database: TestDatabase
let source: DataSource
let revocations: Revocations

const logger = createLogger('test', 'fatal')

beforeAll(async () => {
  database = await createMigratedDatabase()
  source = await dataSource({ url: database.url, connections: 1 }).initialize()
  revocations = await watchRevocations(database.url, logger)
})
afterAll(async () => {
  await revocations?.close()
  await source?.destroy()
  await database?.close()
})

const inMinutes = (minutes: number): number => Date.now() + minutes * 60_000

async function end(sessionId: string, until: number): Promise<void> {
  await source.query('INSERT INTO revoked_session (session_id, until) VALUES (?, ?)', [
    toBytes(sessionId),
    new Date(until),
  ])
}

/** Milliseconds until the condition holds; fails after three seconds. */
async function timeUntil(holds: () => boolean): Promise<number> {
  const started = performance.now()
  while (!holds()) {
    if (performance.now() - started > 3000) throw new Error('It did not come to hold.')
    await setTimeout(10)
  }
  return performance.now() - started
}

describe('an ended session', () => {
  test('is known within about a second, and only that one', async () => {
    const token = { sessionId: randomUUID(), expiresAt: inMinutes(15) }
    const other = { sessionId: randomUUID(), expiresAt: inMinutes(15) }
    expect(revocations.isRevoked(token)).toBe(false)
    await end(token.sessionId, inMinutes(16))
    expect(await timeUntil(() => revocations.isRevoked(token))).toBeLessThan(2000)
    expect(revocations.isRevoked(other)).toBe(false)
    expect(() => revocations.refuseRevoked(token)).toThrow(expect.objectContaining({ code: 'SESSION_ENDED' }))
    expect(() => revocations.refuseRevoked(undefined)).not.toThrow()
  })

  test('is known from the beginning to a process that starts', async () => {
    const token = { sessionId: randomUUID(), expiresAt: inMinutes(15) }
    await end(token.sessionId, inMinutes(16))
    const started = await watchRevocations(database.url, logger)
    expect(started.isRevoked(token)).toBe(true)
    await started.close()
  })

  test('is one for the tokens that it had, not for those it got afterwards', async () => {
    const sessionId = randomUUID()
    const until = inMinutes(15)
    await end(sessionId, until)
    await timeUntil(() => revocations.isRevoked({ sessionId, expiresAt: until }))
    expect(revocations.isRevoked({ sessionId, expiresAt: until + 1000 })).toBe(false)
  })

  test('stays known while the database cannot be asked, and new ones are known when it can', async () => {
    const [known, later] = [randomUUID(), randomUUID()].map((sessionId) => ({ sessionId, expiresAt: inMinutes(15) }))
    if (!known || !later) throw new Error('Two sessions were made.')
    await end(known.sessionId, inMinutes(16))
    await timeUntil(() => revocations.isRevoked(known))
    await source.query('RENAME TABLE revoked_session TO revoked_session_away')
    await setTimeout(1500)
    expect(revocations.isRevoked(known)).toBe(true)
    await source.query('RENAME TABLE revoked_session_away TO revoked_session')
    await end(later.sessionId, inMinutes(16))
    await timeUntil(() => revocations.isRevoked(later))
    expect(revocations.isRevoked(known)).toBe(true)
  })

  test('cannot be overlooked: a process that may not read them does not start', async () => {
    await source.query('RENAME TABLE revoked_session TO revoked_session_away')
    await expect(watchRevocations(database.url, logger)).rejects.toThrow()
    await source.query('RENAME TABLE revoked_session_away TO revoked_session')
  })
})
