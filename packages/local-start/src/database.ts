// The database of an environment: its schema, what ships with Segue, and an account for each kind of process.
import { createAccounts, type AccountKind } from '@segue/database'
import { prepareDatabase } from '@segue/migration-worker'
import { createConnection } from 'mysql2/promise'
import type { EnvironmentName } from './config.js'
import type { EnvironmentSecrets } from './secrets.js'

/** What an environment's processes need to reach its database. */
export interface EnvironmentDatabase {
  /** With the account that may do everything in it. */
  adminUrl: string
  /** URL of each kind of process. */
  urls: Record<string, string>
}

/** Creates what is missing of an environment's database, brings its schema up to date, and sets up its accounts. */
export async function prepareEnvironment(
  server: string,
  environment: EnvironmentName,
  secrets: EnvironmentSecrets,
): Promise<EnvironmentDatabase> {
  const name = `segue_${environment}`
  const connection = await createConnection({ uri: server })
  try {
    await connection.query('CREATE DATABASE IF NOT EXISTS ?? CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci', [name])
  } finally {
    await connection.end()
  }
  const adminUrl = `${server}/${name}`
  await prepareDatabase(adminUrl)
  const passwords = secrets.databasePasswords as Partial<Record<AccountKind, string>>
  const users = await createAccounts({ adminUrl: server, database: name, passwords })
  const urls = Object.entries(users).map(([kind, user]) => {
    const url = new URL(adminUrl)
    url.username = user
    url.password = secrets.databasePasswords[kind] ?? ''
    return [kind, url.href]
  })
  return { adminUrl, urls: Object.fromEntries(urls) as Record<string, string> }
}
