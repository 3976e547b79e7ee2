// Accounts: seen and changed by admins, who never lose the last of them.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { countStatements } from '@segue/graphql'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { startTestPlatform, type PlatformAnswer, type TestPlatform } from '../../../../test/setup/platform.js'

let database: TestDatabase
let platform: TestPlatform
/** Another process over the same database. */
let second: TestPlatform
let firstId: string

beforeAll(async () => {
  database = await createMigratedDatabase()
  platform = await startTestPlatform(database)
  second = await startTestPlatform(database, platform)
  firstId = (await platform.addAccount('admin@example.com', 'admin')).id
})
afterAll(async () => {
  await second?.close()
  await platform?.close()
  await database?.close()
})

const UPDATE = `mutation ($input: UpdateAccountInput!) { updateAccount(input: $input) {
  account { name role personalData enabled version }
  userErrors { code path stale { yourVersion currentVersion yours current } } } }`

const update = async (input: object, at = platform): Promise<PlatformAnswer['data']> => {
  const answer = await at.ask(UPDATE, { input }, { token: platform.signIn.tokens.admin })
  if (answer.errors) throw new Error(JSON.stringify(answer.errors))
  return answer.data.updateAccount
}

test('an account is changed by an admin, and the audit tells what', async () => {
  const { id } = await platform.addAccount('changed@example.com', 'viewer')
  const changed = await update({ id, version: 1, name: ' Newer ', role: 'developer', personalData: true })
  expect(changed).toEqual({
    account: { name: 'Newer', role: 'developer', personalData: true, enabled: true, version: 2 },
    userErrors: [],
  })
  const [entry] = await platform.database.query<{ before_values: unknown; after_values: unknown }[]>(
    `SELECT before_values, after_values FROM audit_entry WHERE action = 'account.update' AND subject_id = ?`,
    [id],
  )
  const read = (value: unknown): unknown => (typeof value === 'string' ? JSON.parse(value) : value)
  const told = { before: read(entry?.before_values), after: read(entry?.after_values) }
  expect(told).toMatchObject({
    before: { name: 'changed@example.com', role: 'viewer', personalData: false },
    after: { name: 'Newer', role: 'developer', personalData: true },
  })
  expect(JSON.stringify(told)).not.toContain('argon2')
})

test('of two who change one version of an account, the second gets both versions', async () => {
  const { id } = await platform.addAccount('contested@example.com', 'viewer')
  const answers = await Promise.all([
    update({ id, version: 1, name: 'First' }),
    update({ id, version: 1, name: 'Second' }, second),
  ])
  const refused = answers.filter(({ userErrors }) => userErrors.length > 0)
  const saved = answers.find(({ userErrors }) => userErrors.length === 0)
  expect(refused).toHaveLength(1)
  const [{ yourVersion, currentVersion, current }] = refused[0].userErrors.map(
    (error: { stale: object }) => error.stale,
  )
  expect(refused[0].userErrors).toMatchObject([{ code: 'STALE_ACCOUNT', path: ['input', 'version'] }])
  expect({ yourVersion, currentVersion, current }).toEqual({
    yourVersion: 1,
    currentVersion: 2,
    current: { name: saved.account.name },
  })
})

test('the last admin stays, also when two admins disable each other at once', async () => {
  const other = await platform.addAccount('second@example.com', 'admin')
  const answers = await Promise.all([
    update({ id: firstId, version: 1, enabled: false }),
    update({ id: other.id, version: 1, enabled: false }, second),
  ])
  const codes = answers.flatMap(({ userErrors }) => userErrors.map((error: { code: string }) => error.code))
  expect(codes).toEqual(['LAST_ADMIN'])
  const left = answers[0].userErrors.length > 0 ? firstId : other.id
  expect((await update({ id: left, version: 1, role: 'viewer' })).userErrors).toMatchObject([{ code: 'LAST_ADMIN' }])
})

test('an account that does not exist cannot be changed', async () => {
  const unknown = await update({ id: '00000000-0000-4000-8000-000000000000', version: 1, name: 'Nobody' })
  expect(unknown.userErrors).toMatchObject([{ code: 'ACCOUNT_NOT_FOUND', path: ['input', 'id'] }])
  expect((await update({ id: 'nonsense', version: 1 })).userErrors).toMatchObject([{ code: 'BAD_ID' }])
})

test('accounts are listed by address, in pages of one statement', async () => {
  const statements = countStatements(platform.subgraph.database)
  const list = await platform.ask(
    '{ accounts(first: 3) { edges { node { email role version } } pageInfo { hasNextPage } } }',
    {},
    { token: platform.signIn.tokens.admin },
  )
  expect(statements.statements).toHaveLength(1)
  const emails = list.data.accounts.edges.map(({ node }: { node: { email: string } }) => node.email)
  expect(emails).toEqual(['admin@example.com', 'changed@example.com', 'contested@example.com'])
})

test('accounts are nothing for other roles, also where another subgraph refers to one', async () => {
  const { id } = await platform.addAccount('seen@example.com', 'viewer')
  for (const role of ['developer', 'marketer', 'viewer'] as const) {
    const token = platform.signIn.tokens[role]
    for (const query of ['{ accounts { edges { node { email } } } }', `{ account(id: "${id}") { email } }`]) {
      expect((await platform.ask(query, {}, { token })).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    }
    const entities = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { email } } }'
    const referred = await platform.ask(entities, { r: [{ __typename: 'Account', id }] }, { token })
    expect(referred.data).toEqual({ _entities: [null] })
  }
})
