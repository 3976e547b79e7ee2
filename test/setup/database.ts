// A database of its own for a suite, on the server of the jest run.
import { randomBytes } from 'node:crypto'
import { createConnection } from 'mysql2/promise'

/** An empty database that exists until it is closed. */
export interface TestDatabase {
  /** `segue_test_` and twelve hex digits. */
  readonly name: string
  /** `mysql://user:password@host:port/name`, with every right on the server. */
  readonly url: string
  /** Drops the database. Close connections to it first: an open transaction would hold the drop up. */
  close(): Promise<void>
}

/** The server of this run, as root, without a database name. */
export function testServerUrl(): string {
  const url = process.env['SEGUE_TEST_DATABASE_URL']
  if (!url) throw new Error('SEGUE_TEST_DATABASE_URL is not set: run suites with jest, whose setup starts a server.')
  return url
}

/** Creates an empty database. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `segue_test_${randomBytes(6).toString('hex')}`
  await runOnServer(`CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`)
  const url = new URL(testServerUrl())
  url.pathname = `/${name}`
  return { name, url: url.href, close: () => runOnServer(`DROP DATABASE IF EXISTS \`${name}\``) }
}

/** Creates a database with the whole schema in it. */
export async function createMigratedDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase()
  // Only now: most suites with an empty database have no use for TypeORM and all entities.
  const { copyMigratedSchema } = await import('./schema-copy.js')
  await copyMigratedSchema(testServerUrl(), database.name)
  return database
}

async function runOnServer(statement: string): Promise<void> {
  const connection = await createConnection(testServerUrl())
  try {
    await connection.query(statement)
  } finally {
    await connection.end()
  }
}
