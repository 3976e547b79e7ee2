// The database that suites get.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { createTestDatabase, testServerUrl, type TestDatabase } from './database.js'

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
