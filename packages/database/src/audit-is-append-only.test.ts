// The audit by database rights: every account is tried, none can change or remove an entry, and only the platform subgraph reads it.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise'
import { randomBytes } from 'node:crypto'
import { createMigratedDatabase, testServerUrl, type TestDatabase } from '../../../test/setup/database.js'
import { createAccounts } from './create-accounts.js'
import { TABLE_RIGHTS, type AccountKind } from './grants.js'

const KINDS = Object.keys(TABLE_RIGHTS) as Exclude<AccountKind, 'migration-worker'>[]
const WRITERS = KINDS.filter((kind) => TABLE_RIGHTS[kind]['audit_entry']?.includes('INSERT'))

let database: TestDatabase
let root: Connection
const accounts = new Map<AccountKind, { user: string; connection: Connection }>()

beforeAll(async () => {
  database = await createMigratedDatabase()
  root = await createConnection({ uri: database.url })
  for (const kind of KINDS) {
    const password = randomBytes(12).toString('hex')
    const users = await createAccounts({
      adminUrl: testServerUrl(),
      database: database.name,
      passwords: { [kind]: password },
    })
    const user = users[kind] ?? ''
    const uri = Object.assign(new URL(database.url), { username: user, password }).href
    accounts.set(kind, { user, connection: await createConnection({ uri }) })
  }
})
afterAll(async () => {
  for (const { user, connection } of accounts.values()) {
    await connection.end()
    await root.query(`DROP USER ?@'%'`, [user])
  }
  await root.end()
  await database.close()
})

const INSERT = `INSERT INTO audit_entry (id, at, action, subject_type, subject_id, address, request_id) VALUES (?, UTC_TIMESTAMP(3), 'a.b', 'A', '1', '::1', 'r')`

test('whoever makes changes can write entries', async () => {
  expect(WRITERS).toEqual(
    expect.arrayContaining(['subgraph-event', 'subgraph-workflow', 'subgraph-segment', 'subgraph-platform']),
  )
  for (const kind of WRITERS) await accounts.get(kind)?.connection.query(INSERT, [randomBytes(16)])
  const [rows] = await root.query<RowDataPacket[]>('SELECT 1 FROM audit_entry')
  expect(rows).toHaveLength(WRITERS.length)
})

test.each(KINDS)('%s can neither change nor remove one', async (kind) => {
  const { connection } = accounts.get(kind) ?? {}
  const contents = async (): Promise<unknown> => (await root.query('SELECT * FROM audit_entry ORDER BY id'))[0]
  const before = await contents()
  for (const statement of [
    `UPDATE audit_entry SET action = 'x.y'`,
    `DELETE FROM audit_entry`,
    `REPLACE INTO audit_entry SELECT * FROM audit_entry`,
    `${INSERT.replace('?', `x'${'00'.repeat(16)}'`)} ON DUPLICATE KEY UPDATE action = 'x.y'`,
    `TRUNCATE audit_entry`,
    `ALTER TABLE audit_entry DROP PARTITION p_later`,
    `DROP TABLE audit_entry`,
    ...(kind === 'subgraph-platform' ? [] : [`SELECT action FROM audit_entry`]),
  ]) {
    await expect(connection?.query(statement)).rejects.toMatchObject({
      code: expect.stringMatching(/^ER_(TABLE|COLUMN)ACCESS_DENIED_ERROR$/),
    })
  }
  expect(await contents()).toEqual(before)
})

test('of accounts the writers see no more than whose an entry is', async () => {
  for (const kind of WRITERS.filter((writer) => writer !== 'subgraph-platform')) {
    const { connection } = accounts.get(kind) ?? {}
    await connection?.query('SELECT id, email FROM account')
    await expect(connection?.query('SELECT password_hash FROM account')).rejects.toMatchObject({
      code: 'ER_COLUMNACCESS_DENIED_ERROR',
    })
  }
})
