import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { toBytes } from '@segue/database'
import { randomUUID } from 'node:crypto'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { startTestPlatform, type TestPlatform } from '../../../../test/setup/platform.js'
import { sweep } from './sweep.js'

let database: TestDatabase
let platform: TestPlatform

beforeAll(async () => {
  database = await createMigratedDatabase()
  platform = await startTestPlatform(database)
})
afterAll(async () => {
  await platform?.close()
  await database?.close()
})

const count = async (table: string): Promise<number> => {
  const [row] = await platform.database.query<{ n: string }[]>(`SELECT COUNT(*) AS n FROM ${table}`)
  return Number(row?.n)
}

test('what counts no more is deleted, and nothing else', async () => {
  const { email } = await platform.addAccount('somebody@example.com', 'viewer')
  const [over, going] = [await platform.login(email), await platform.login(email)]
  const ended = JSON.parse(Buffer.from(over.token.split('.')[1] ?? '', 'base64url').toString()) as { sid: string }
  await platform.database.query(
    'UPDATE account_session SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE id = ?',
    [toBytes(ended.sid)],
  )
  const refused =
    'mutation { login(input: { email: "nobody@example.com", password: "wrong" }) { userErrors { code } } }'
  await platform.ask(refused, {}, { address: '198.51.100.1' })
  await platform.database.query('UPDATE sign_in_attempt SET until = until - INTERVAL 1 DAY')
  await platform.ask(refused, {}, { address: '198.51.100.2' })
  for (const hours of [-2, 2]) {
    await platform.database.query('INSERT INTO revoked_session VALUES (?, UTC_TIMESTAMP(3) + INTERVAL ? HOUR)', [
      toBytes(randomUUID()),
      hours,
    ])
  }
  const entries = await count('audit_entry')

  // Through the subgraph's own account: it has the rights for it.
  await sweep(platform.subgraph.database)
  expect(await count('account_session')).toBe(1)
  expect(await count('refresh_token')).toBe(1)
  expect(await count('sign_in_attempt')).toBe(2)
  expect(await count('revoked_session')).toBe(1)
  expect(await count('account')).toBe(1)
  expect(await count('audit_entry')).toBe(entries)
  const { data } = await platform.ask(
    'mutation { refreshSession { userErrors { code } } }',
    {},
    { refreshToken: going.refreshToken },
  )
  expect(data.refreshSession.userErrors).toEqual([])
})
