// API keys: made once, taken for access tokens, ended; never with more rights than who made them and whom they are for.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { toBytes } from '@segue/database'
import { countStatements } from '@segue/graphql'
import { decodeJwt } from 'jose'
import { setTimeout } from 'node:timers/promises'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { startTestPlatform, type PlatformAnswer, type TestPlatform } from '../../../../test/setup/platform.js'

let database: TestDatabase
let platform: TestPlatform
let admin: string

beforeAll(async () => {
  database = await createMigratedDatabase()
  platform = await startTestPlatform(database)
  await platform.addAccount('admin@example.com', 'admin')
  admin = (await platform.login('admin@example.com')).token
})
afterAll(async () => {
  await platform?.close()
  await database?.close()
})

const CREATE = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  key apiKey { id name scopes expiresAt lastUsedAt revokedAt account { email } } userErrors { code path } } }`

const create = async (token: string, input: object = {}): Promise<PlatformAnswer['data']> => {
  const given = { name: 'Importer', scopes: ['own.read'], ...input }
  return (await platform.ask(CREATE, { input: given }, { token })).data.createApiKey
}
const exchange = async (key: string): Promise<PlatformAnswer['data']> => {
  const answer = await platform.ask(
    `mutation ($input: ExchangeApiKeyInput!) { exchangeApiKey(input: $input) { accessToken expiresAt userErrors { code } } }`,
    { input: { key } },
  )
  return answer.data.exchangeApiKey
}
const revoke = async (token: string, id: string): Promise<PlatformAnswer['data']> => {
  const answer = await platform.ask(
    `mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { revokedAt } userErrors { code } } }`,
    { id },
    { token },
  )
  return answer.data.revokeApiKey
}
const BAD = { accessToken: null, expiresAt: null, userErrors: [{ code: 'BAD_API_KEY' }] }

async function becomes(token: string, code: string | undefined): Promise<void> {
  const until = Date.now() + 2500
  for (;;) {
    const { errors } = await platform.ask('{ me { email } }', {}, { token })
    if (errors?.[0]?.extensions.code === code) return
    if (Date.now() > until) throw new Error(`It is answered with ${errors?.[0]?.extensions.code}, not with ${code}.`)
    await setTimeout(50)
  }
}

let accounts = 0
async function somebody(
  role: 'admin' | 'developer' | 'viewer' = 'developer',
): Promise<{ id: string; email: string; token: string }> {
  const { id, email } = await platform.addAccount(`machine${accounts++}@example.com`, role)
  return { id, email, token: (await platform.login(email)).token }
}
const lastUsed = async (id: string): Promise<Date | null> => {
  const [row] = await platform.database.query<{ at: Date | null }[]>(
    'SELECT last_used_at AS at FROM api_key WHERE id = ?',
    [toBytes(id)],
  )
  return row?.at ?? null
}

describe('an API key', () => {
  test('is shown once, kept as a hash, and taken for tokens of five minutes with its scopes', async () => {
    const { id, email, token } = await somebody()
    const { key, apiKey, userErrors } = await create(token, { scopes: ['own.read', 'events.read', 'own.read'] })
    expect(userErrors).toEqual([])
    expect(key).toMatch(/^segue_staging_[0-9a-f]{32}_[0-9a-f]{64}$/)
    expect(apiKey).toMatchObject({ name: 'Importer', scopes: ['own.read', 'events.read'], account: { email } })
    expect(Date.parse(apiKey.expiresAt) - Date.now()).toBeGreaterThan(89 * 86_400_000)
    const [row] = await platform.database.query<{ secret_hash: Buffer }[]>('SELECT * FROM api_key WHERE id = ?', [
      toBytes(apiKey.id),
    ])
    expect(JSON.stringify(row)).not.toContain(key.split('_')[3])
    const { accessToken } = await exchange(key)
    const claims = decodeJwt(accessToken)
    expect(claims).toMatchObject({ sub: id, sid: apiKey.id, role: 'developer', scp: ['own.read', 'events.read'] })
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(300)
    expect((await platform.ask('{ me { email } }', {}, { token: accessToken })).data).toEqual({ me: { email } })
    const beyond = await platform.ask(CREATE, { input: { name: 'More', scopes: ['own.read'] } }, { token: accessToken })
    expect(beyond.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  })

  test('that is wrong, of another environment, revoked or expired is not taken', async () => {
    const { token } = await somebody()
    const { key, apiKey } = await create(token)
    const wrong = [
      '',
      'nonsense',
      `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`,
      key.replace('_staging_', '_production_'),
      `segue_staging_${'0'.repeat(32)}_${'0'.repeat(64)}`,
    ]
    for (const each of wrong) expect(await exchange(each)).toEqual(BAD)
    await platform.database.query('UPDATE api_key SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE id = ?', [
      toBytes(apiKey.id),
    ])
    expect(await exchange(key)).toEqual(BAD)
    expect(await lastUsed(apiKey.id)).toBeNull()
  })

  test('ends when it is revoked, and its tokens within about a second', async () => {
    const { token } = await somebody()
    const { key, apiKey } = await create(token)
    const { accessToken } = await exchange(key)
    await becomes(accessToken, undefined)
    const { apiKey: revoked } = await revoke(token, apiKey.id)
    expect(Date.now() - Date.parse(revoked.revokedAt)).toBeLessThan(5000)
    expect(await exchange(key)).toEqual(BAD)
    await becomes(accessToken, 'SESSION_ENDED')
    expect((await revoke(token, apiKey.id)).apiKey).toEqual(revoked)
  })

  test('is revoked by its owner and by an admin, not by others', async () => {
    const [owner, other] = [await somebody(), await somebody()]
    const { key, apiKey } = await create(owner.token)
    expect((await revoke(other.token, apiKey.id)).userErrors).toEqual([{ code: 'API_KEY_NOT_FOUND' }])
    expect((await exchange(key)).userErrors).toEqual([])
    expect((await revoke(admin, apiKey.id)).userErrors).toEqual([])
    expect(await exchange(key)).toEqual(BAD)
  })

  test('has never more rights than who makes it, than its account, and than a key that makes it', async () => {
    const { id, token } = await somebody('viewer')
    const path = ['input', 'scopes', '1']
    const refused = async (by: string, input: object): Promise<unknown> => {
      const { key, userErrors } = await create(by, input)
      expect(key).toBeNull()
      return userErrors
    }
    const scopes = ['own.read', 'sources.write']
    expect(await refused(token, { scopes })).toEqual([{ code: 'SCOPE_NOT_HELD', path }])
    expect(await refused(admin, { scopes, accountId: id })).toEqual([{ code: 'SCOPE_NOT_HELD', path }])
    expect(await refused(token, { scopes: ['own.read', 'public'] })).toEqual([{ code: 'BAD_SCOPE', path }])
    expect(await refused(token, { scopes: ['own.read', 'everything'] })).toEqual([{ code: 'BAD_SCOPE', path }])
    expect(await refused(token, { scopes: [] })).toMatchObject([{ code: 'INVALID_INPUT' }])
    expect(await refused(token, { scopes: ['own.read', 'personal.read'] })).toEqual([{ code: 'SCOPE_NOT_HELD', path }])
    const { key } = await create(token, { scopes: ['own.read', 'own.write'] })
    const { accessToken } = await exchange(key)
    expect(await refused(accessToken, { scopes: ['own.read', 'events.read'] })).toEqual([
      { code: 'SCOPE_NOT_HELD', path },
    ])
    expect((await create(accessToken, { scopes: ['own.read'] })).userErrors).toEqual([])
    const another = await somebody()
    expect(await refused(token, { accountId: another.id })).toEqual([
      { code: 'ACCOUNT_NOT_FOUND', path: ['input', 'accountId'] },
    ])
  })

  test('follows its account: new role at once, nothing while it is disabled', async () => {
    const { id, token } = await somebody('admin')
    const { key } = await create(token, { scopes: ['own.read', 'accounts.read'] })
    const before = await exchange(key)
    const update = async (version: number, changes: object): Promise<void> => {
      const { data } = await platform.ask(
        `mutation ($input: UpdateAccountInput!) { updateAccount(input: $input) { userErrors { code } } }`,
        { input: { id, version, ...changes } },
        { token: admin },
      )
      expect(data.updateAccount.userErrors).toEqual([])
    }
    await update(1, { role: 'viewer' })
    const after = await exchange(key)
    await becomes(before.accessToken, 'SESSION_ENDED')
    await becomes(after.accessToken, undefined)
    const list = await platform.ask('{ accounts { edges { node { id } } } }', {}, { token: after.accessToken })
    expect(list.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    await update(2, { enabled: false })
    expect(await exchange(key)).toEqual(BAD)
    await becomes(after.accessToken, 'SESSION_ENDED')
    await update(3, { enabled: true })
    const again = await exchange(key)
    await becomes(again.accessToken, undefined)
  })

  test('of another account, answered again to who was an admin when they made it, shows that account no more', async () => {
    const machine = await platform.addAccount('machine@example.com', 'viewer')
    const maker = await platform.addAccount('maker@example.com', 'admin')
    const input = { accountId: machine.id, clientMutationId: 'once' }
    const made = await create((await platform.login(maker.email)).token, input)
    expect(made.apiKey.account).toEqual({ email: machine.email })
    await platform.database.query(`UPDATE account SET role = 'viewer' WHERE email = ?`, [maker.email])
    const again = await create((await platform.login(maker.email)).token, input)
    expect(again).toMatchObject({ key: null, apiKey: { id: made.apiKey.id, account: null } })
  })

  test('tells when it was last used, with one write a minute', async () => {
    const { token } = await somebody()
    const { key, apiKey } = await create(token)
    await exchange(key)
    const first = await lastUsed(apiKey.id)
    expect(Date.now() - (first?.getTime() ?? 0)).toBeLessThan(10_000)
    await Promise.all([exchange(key), exchange(key), exchange(key)])
    expect(await lastUsed(apiKey.id)).toEqual(first)
    await platform.database.query('UPDATE api_key SET last_used_at = last_used_at - INTERVAL 61 SECOND')
    await exchange(key)
    expect((await lastUsed(apiKey.id))?.getTime()).toBeGreaterThanOrEqual(first?.getTime() ?? Infinity)
  })

  test('ends between now and in a year, and its tokens with it', async () => {
    const { token } = await somebody()
    const at = (ms: number): string => new Date(Date.now() + ms).toISOString()
    for (const expiresAt of [at(-1000), at(367 * 86_400_000)]) {
      expect((await create(token, { expiresAt })).userErrors).toEqual([
        { code: 'BAD_EXPIRY', path: ['input', 'expiresAt'] },
      ])
    }
    const { key, apiKey } = await create(token, { expiresAt: at(60_000) })
    const { expiresAt } = await exchange(key)
    expect(Date.parse(expiresAt)).toBeLessThanOrEqual(Date.parse(apiKey.expiresAt))
  })
})

test('keys are listed newest first, one’s own and all, in pages of two statements', async () => {
  const { id, token } = await somebody()
  for (const name of ['first', 'second', 'third']) await create(token, { name })
  const names = (connection: { edges: { node: { name: string } }[] }): string[] =>
    connection.edges.map(({ node }) => node.name)
  const statements = countStatements(platform.subgraph.database)
  const mine = await platform.ask(
    '{ myApiKeys(first: 2) { edges { node { name account { email } } } pageInfo { endCursor hasNextPage } } }',
    {},
    { token },
  )
  expect(statements.statements).toHaveLength(2)
  expect(names(mine.data.myApiKeys)).toEqual(['third', 'second'])
  const { endCursor: after } = mine.data.myApiKeys.pageInfo
  const rest = await platform.ask(
    'query ($after: String, $id: ID) { apiKeys(first: 2, after: $after, accountId: $id) { edges { node { name } } } }',
    { after, id },
    { token: admin },
  )
  expect(names(rest.data.apiKeys)).toEqual(['first'])
  const refused = await platform.ask('{ apiKeys { edges { node { id } } } }', {}, { token })
  expect(refused.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
})
