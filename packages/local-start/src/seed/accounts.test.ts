// Accounts of a new environment.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Account, dataSource } from '@segue/database'
import type { DataSource } from 'typeorm'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { seedAccounts } from './accounts.js'

let database: TestDatabase
let source: DataSource

beforeAll(async () => {
  database = await createMigratedDatabase()
  source = await dataSource({ url: database.url, connections: 1 }).initialize()
})
afterAll(async () => {
  await source?.destroy()
  await database?.close()
})

test('a new environment gets a first admin and a demo account of each role; later starts show those that are left', async () => {
  const { firstAdmin, demo } = await seedAccounts(source, 'a demo password')
  expect(firstAdmin).toMatchObject({ email: 'admin@segue.local', role: 'admin' })
  expect(demo.map(({ email, role }) => [email, role])).toEqual([
    ['demo-admin@segue.local', 'admin'],
    ['demo-developer@segue.local', 'developer'],
    ['demo-marketer@segue.local', 'marketer'],
    ['demo-viewer@segue.local', 'viewer'],
  ])
  const accounts = await source.getRepository(Account).find()
  for (const { email, role } of demo)
    expect(accounts).toContainEqual(expect.objectContaining({ email, role, enabled: true }))
  await source.getRepository(Account).delete({ email: 'demo-marketer@segue.local' })
  const again = await seedAccounts(source, 'a demo password')
  expect(again.firstAdmin).toBeUndefined()
  expect(again.demo.map(({ role }) => role)).toEqual(['admin', 'developer', 'viewer'])
})
