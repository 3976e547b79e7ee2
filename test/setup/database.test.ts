// The database that suites get.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { migrate } from '@segue/database'
import { createMigratedDatabase, createTestDatabase, testServerUrl, type TestDatabase } from './database.js'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.close())

async function read(url: string, statement: string): Promise<Record<string, unknown> | undefined> {
  const connection = await createConnection(url)
  try {
    const [rows] = await connection.query<RowDataPacket[]>(statement)
    return rows[0]
  } finally {
    await connection.end()
  }
}

test('a suite gets an empty database under its own name', async () => {
  const row = await read(
    database.url,
    'SELECT DATABASE() AS name, COUNT(*) AS tables FROM information_schema.tables WHERE table_schema = DATABASE()',
  )
  expect(row).toEqual({ name: database.name, tables: 0 })
})

test('closing drops the database', async () => {
  const other = await createTestDatabase()
  await other.close()
  const row = await read(
    testServerUrl(),
    `SELECT COUNT(*) AS found FROM information_schema.schemata WHERE schema_name = '${other.name}'`,
  )
  expect(row).toEqual({ found: 0 })
})

test('a migrated database has every table and row that the migrations make, and they have nothing to add', async () => {
  const byMigration = await createTestDatabase()
  const copied = await createMigratedDatabase()
  try {
    await migrate(byMigration.url)
    const tables = await tablesOf(byMigration)
    expect(tables.length).toBeGreaterThan(5)
    expect(await tablesOf(copied)).toEqual(tables)
    expect(await migrate(copied.url)).toEqual([])
  } finally {
    await byMigration.close()
    await copied.close()
  }
})

async function tablesOf(database: TestDatabase): Promise<unknown[]> {
  const connection = await createConnection(database.url)
  try {
    const [tables] = await connection.query<RowDataPacket[]>('SHOW TABLES')
    const described: unknown[] = []
    for (const name of tables.flatMap((row) => Object.values(row) as string[]).sort()) {
      const [definition] = await connection.query<RowDataPacket[]>('SHOW CREATE TABLE ??', [name])
      const [count] = await connection.query<RowDataPacket[]>('SELECT COUNT(*) AS number_of FROM ??', [name])
      described.push([definition[0], count[0]])
    }
    return described
  } finally {
    await connection.end()
  }
}
