// Brings a database's schema to this version of the code. Two that start at once wait for each other.
import mysql2 from 'mysql2'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { createConnection } from 'mysql2/promise'
import { DataSource } from 'typeorm'
import { Initial } from './migrations/0001-initial.js'
import { Accounts } from './migrations/0002-accounts.js'
import { AuditAndMutations } from './migrations/0003-audit-and-mutations.js'
import { PersonalFields } from './migrations/0004-personal-fields.js'
import { ChangeFeed } from './migrations/0005-change-feed.js'
import { LeaseAttempts } from './migrations/0006-lease-attempts.js'
import { WaitingRuns } from './migrations/0007-waiting-runs.js'
import { Agenda } from './migrations/0008-agenda.js'

const MIGRATIONS = [
  Initial,
  Accounts,
  AuditAndMutations,
  PersonalFields,
  ChangeFeed,
  LeaseAttempts,
  WaitingRuns,
  Agenda,
]

/** How long a second migrator waits for the first: longer than any migration of an empty or small database takes. */
const LOCK_SECONDS = 600

/** Runs what is missing and returns the names of the migrations that it ran. `url` names the database and an account with all rights on it. */
export async function migrate(url: string): Promise<string[]> {
  const guard = await createConnection({ uri: url })
  try {
    await lock(guard)
    const source = new DataSource({
      type: 'mysql',
      driver: mysql2,
      url,
      migrations: MIGRATIONS,
      migrationsTableName: 'schema_migration',
      // MySQL commits DDL statement by statement; a failed migration is named and the operator decides.
      migrationsTransactionMode: 'none',
      charset: 'utf8mb4_unicode_ci',
      timezone: 'Z',
    })
    await source.initialize()
    try {
      return (await source.runMigrations()).map((migration) => migration.name)
    } finally {
      await source.destroy()
    }
  } finally {
    await guard.end()
  }
}

async function lock(connection: Connection): Promise<void> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT GET_LOCK(CONCAT('segue_migrate_', MD5(DATABASE())), ?) AS locked`,
    [LOCK_SECONDS],
  )
  if (rows[0]?.['locked'] !== 1)
    throw new Error('Another process is migrating this database; try again when it has finished.')
}
