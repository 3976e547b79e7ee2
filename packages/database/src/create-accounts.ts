// Creates one database account for each kind of process, with the rights of `grants.ts` and no others.
import { createConnection } from 'mysql2/promise'
import { TABLE_RIGHTS, type AccountKind } from './grants.js'

export interface AccountOptions {
  /** mysql:// URL of an account that may create users and grant. */
  adminUrl: string
  /** The environment's database, already migrated. */
  database: string
  /** Passwords by kind; only the kinds named here are created. */
  passwords: Partial<Record<AccountKind, string>>
}

/**
 * Creates or updates the accounts and returns their user names: `<database>_<kind>` cut to the 32 characters MySQL allows. Safe to repeat: old
 * rights are taken back first.
 */
export async function createAccounts({
  adminUrl,
  database,
  passwords,
}: AccountOptions): Promise<Partial<Record<AccountKind, string>>> {
  const connection = await createConnection({ uri: adminUrl })
  const users: Partial<Record<AccountKind, string>> = {}
  try {
    for (const [kind, password] of Object.entries(passwords) as [AccountKind, string][]) {
      const user = accountName(database, kind)
      users[kind] = user
      await connection.query('CREATE USER IF NOT EXISTS ?@? IDENTIFIED BY ?', [user, '%', password])
      await connection.query('ALTER USER ?@? IDENTIFIED BY ?', [user, '%', password])
      await connection.query('REVOKE ALL PRIVILEGES, GRANT OPTION FROM ?@?', [user, '%'])
      if (kind === 'migration-worker') {
        await connection.query('GRANT ALL PRIVILEGES ON ??.* TO ?@?', [database, user, '%'])
        continue
      }
      for (const [table, rights] of Object.entries(TABLE_RIGHTS[kind])) {
        await connection.query(`GRANT ${rights.join(', ')} ON ??.?? TO ?@?`, [database, table, user, '%'])
      }
    }
  } finally {
    await connection.end()
  }
  return users
}

/** User name of a kind of process; at most 32 characters (MySQL's limit). */
export function accountName(database: string, kind: AccountKind): string {
  const name = `${database}_${kind.replace('subgraph-', 'sg-')}`
  return name.length <= 32
    ? name
    : `${database.slice(0, 32 - (name.length - database.length))}${name.slice(database.length)}`
}
