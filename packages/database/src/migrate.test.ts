// Upgrades: a database of the first version, with rows in it, becomes one of this version.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { DataSource } from 'typeorm'
import { createTestDatabase, type TestDatabase } from '../../../test/setup/database.js'
import { dataSource } from './connect.js'
import { Account } from './entities/index.js'
import { toBytes } from './identifier.js'
import { migrate } from './migrate.js'
import { Initial } from './migrations/0001-initial.js'

const ADMIN = '00000000-0000-4000-8000-00000000000a'
const VIEWER = '00000000-0000-4000-8000-00000000000b'

let old: TestDatabase
beforeEach(async () => {
  old = await createTestDatabase()
  const source = new DataSource({
    type: 'mysql',
    url: old.url,
    migrations: [Initial],
    migrationsTableName: 'schema_migration',
    migrationsTransactionMode: 'none',
    charset: 'utf8mb4_unicode_ci',
    timezone: 'Z',
  })
  await source.initialize()
  await source.runMigrations()
  for (const [id, role] of [
    [ADMIN, 'admin'],
    [VIEWER, 'viewer'],
  ] as const) {
    await source.query(
      `INSERT INTO account (id, email, name, role, password_hash, enabled, created_at, updated_at)
       VALUES (?, ?, 'Somebody', ?, 'a hash', TRUE, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
      [toBytes(id), `${role}@example.com`, role],
    )
  }
  await source.destroy()
})
afterEach(() => old.close())

test('accounts keep what they are, and nobody is given the sight of personal data', async () => {
  expect(await migrate(old.url)).toHaveLength(7)
  expect(await migrate(old.url)).toEqual([])
  const source = await dataSource({ url: old.url, connections: 1 }).initialize()
  try {
    const accounts = await source.getRepository(Account).find({ order: { email: 'ASC' } })
    expect(accounts).toMatchObject([
      { id: ADMIN, role: 'admin', enabled: true, personalData: false, version: 1 },
      { id: VIEWER, role: 'viewer', enabled: true, personalData: false, version: 1 },
    ])
  } finally {
    await source.destroy()
  }
})

test('a migration that was interrupted between two statements is taken over', async () => {
  const source = await dataSource({ url: old.url, connections: 1 }).initialize()
  await source.query('ALTER TABLE account ADD COLUMN personal_data BOOLEAN NOT NULL DEFAULT FALSE AFTER role')
  await source.destroy()
  expect(await migrate(old.url)).toHaveLength(7)
})
