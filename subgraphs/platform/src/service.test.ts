import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { RunningSubgraph } from '@segue/graphql'
import { decodeJwt } from 'jose'
import { createMigratedDatabase, type TestDatabase } from '../../../test/setup/database.js'
import { askGraphql, createTestSignIn, type Answer, type TestSignIn } from '../../../test/setup/graphql-client.js'
import { readPlatformConfig } from './config.js'
import { createAccount, start } from './service.js'

let database: TestDatabase
let subgraph: RunningSubgraph
let signIn: TestSignIn

const PASSWORD = 'correct horse battery'

beforeAll(async () => {
  database = await createMigratedDatabase()
  signIn = await createTestSignIn('staging')
  subgraph = await start(
    readPlatformConfig({
      SEGUE_ENVIRONMENT: 'staging',
      SEGUE_LOG_LEVEL: 'error',
      SEGUE_MYSQL_URL: database.url,
      SEGUE_SUBGRAPH_PLATFORM_PORT: '0',
      SEGUE_TOKEN_PUBLIC_KEYS: signIn.publicKeys,
      SEGUE_TOKEN_PRIVATE_KEY: signIn.privateKey,
    }),
  )
  await createAccount(subgraph.database, {
    email: 'Admin@Example.com',
    name: 'Ada',
    role: 'admin',
    password: PASSWORD,
  })
})
afterAll(async () => {
  await subgraph?.close()
  await database?.close()
})

const ask = (query: string, variables: object = {}, token?: string): Promise<Answer> =>
  askGraphql(subgraph.url, query, variables, token)

const LOGIN = `mutation ($email: String!, $password: String!) { login(input: { email: $email, password: $password }) {
  accessToken expiresAt account { email name role lastLoginAt } userErrors { code message path } } }`

const login = async (email: string, password: string): Promise<Answer['data']> =>
  (await ask(LOGIN, { email, password })).data.login

describe('signing in', () => {
  test('gives a token of fifteen minutes for this environment, with which me answers', async () => {
    const { accessToken, expiresAt, account, userErrors } = await login(' admin@example.com ', PASSWORD)
    expect(userErrors).toEqual([])
    expect(account).toMatchObject({ email: 'admin@example.com', name: 'Ada', role: 'admin' })
    expect(account.lastLoginAt).not.toBeNull()
    const claims = decodeJwt(accessToken)
    expect(claims).toMatchObject({ iss: 'segue', aud: 'staging', role: 'admin' })
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(900)
    expect(Math.floor(Date.parse(expiresAt) / 1000)).toBe(claims.exp)
    const me = await ask('{ me { email } }', {}, accessToken)
    expect(me.data).toEqual({ me: { email: 'admin@example.com' } })
  })

  test('is refused in the same words for a wrong password, an unknown account and a disabled one', async () => {
    const disabled = await createAccount(subgraph.database, {
      email: 'gone@example.com',
      name: 'Gone',
      role: 'viewer',
      password: PASSWORD,
    })
    const { errors } = await ask(
      `mutation ($id: ID!) { updateAccount(input: { id: $id, enabled: false }) { account { enabled } userErrors { code } } }`,
      { id: disabled.id },
      signIn.tokens.admin,
    )
    expect(errors).toBeUndefined()
    const answers = [
      await login('admin@example.com', 'wrong password!'),
      await login('nobody@example.com', PASSWORD),
      await login('gone@example.com', PASSWORD),
    ]
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]).toMatchObject({ accessToken: null, account: null, userErrors: [{ code: 'BAD_CREDENTIALS' }] })
  })

  test('takes as long for an account that does not exist', async () => {
    const time = async (email: string): Promise<number> => {
      const started = performance.now()
      await login(email, 'wrong password!')
      return performance.now() - started
    }
    const pairs: [number, number][] = []
    for (let i = 0; i < 7; i++) pairs.push([await time('admin@example.com'), await time(`unknown${i}@example.com`)])
    const median = (side: 0 | 1): number => pairs.map((pair) => pair[side]).sort((a, b) => a - b)[3] ?? 0
    // Hashing takes tens of milliseconds; without it an unknown account answers in two or three.
    expect(median(1)).toBeGreaterThan(median(0) / 2)
  })

  test('is for the address as it was given, not for one that the database finds alike', async () => {
    expect(await login('ádmin@example.com', PASSWORD)).toMatchObject({
      accessToken: null,
      userErrors: [{ code: 'BAD_CREDENTIALS' }],
    })
  })

  test('is refused for a while after many failures, also with the right password', async () => {
    const account = { email: 'target@example.com', name: 'Target', role: 'viewer', password: PASSWORD } as const
    await createAccount(subgraph.database, account)
    const codes: string[] = []
    for (let i = 0; i < 20; i++) codes.push((await login(account.email, 'a wrong guess')).userErrors[0].code)
    expect(new Set(codes)).toEqual(new Set(['BAD_CREDENTIALS']))
    expect((await login(account.email, PASSWORD)).userErrors).toMatchObject([{ code: 'TOO_MANY_ATTEMPTS' }])
    expect((await login('admin@example.com', PASSWORD)).userErrors).toEqual([])
  })
})

describe('accounts', () => {
  const create = `mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id email role } userErrors { code path } } }`
  const update = `mutation ($input: UpdateAccountInput!) { updateAccount(input: $input) { account { name role enabled } userErrors { code path } } }`

  test('are created, listed and changed by an admin', async () => {
    const input = { email: 'new@example.com', name: 'New', role: 'viewer', password: PASSWORD }
    const { data } = await ask(create, { input }, signIn.tokens.admin)
    expect(data.createAccount).toMatchObject({ account: { email: 'new@example.com', role: 'viewer' }, userErrors: [] })
    const { id } = data.createAccount.account
    const changed = await ask(
      update,
      { input: { id, name: 'Newer', password: 'another long password' } },
      signIn.tokens.admin,
    )
    expect(changed.data.updateAccount.account).toEqual({ name: 'Newer', role: 'viewer', enabled: true })
    expect((await login('new@example.com', PASSWORD)).userErrors).toMatchObject([{ code: 'BAD_CREDENTIALS' }])
    expect((await login('new@example.com', 'another long password')).account).toMatchObject({ name: 'Newer' })
    const list = await ask(`{ accounts(first: 200) { edges { node { email } } } }`, {}, signIn.tokens.admin)
    const emails = list.data.accounts.edges.map((edge: { node: { email: string } }) => edge.node.email)
    expect(emails).toContain('new@example.com')
    expect(emails).toEqual([...emails].sort())
  })

  test('are refused with the place of the mistake', async () => {
    const good = { email: 'other@example.com', name: 'Other', role: 'viewer', password: PASSWORD }
    const refused = async (change: object): Promise<unknown> =>
      (await ask(create, { input: { ...good, ...change } }, signIn.tokens.admin)).data.createAccount.userErrors
    expect(await refused({ email: 'ADMIN@example.com' })).toEqual([{ code: 'EMAIL_TAKEN', path: ['input', 'email'] }])
    expect(await refused({ email: 'not an address' })).toEqual([{ code: 'INVALID_INPUT', path: ['input', 'email'] }])
    expect(await refused({ password: 'short' })).toEqual([{ code: 'INVALID_INPUT', path: ['input', 'password'] }])
  })

  test('never lose their last admin, also when two admins disable each other at once', async () => {
    const second = await createAccount(subgraph.database, {
      email: 'second@example.com',
      name: 'Second',
      role: 'admin',
      password: PASSWORD,
    })
    const list = await ask(`{ accounts { edges { node { id email } } } }`, {}, signIn.tokens.admin)
    const first = list.data.accounts.edges.find(
      (edge: { node: { email: string } }) => edge.node.email === 'admin@example.com',
    ).node
    const answers = await Promise.all(
      [first.id, second.id].map((id) => ask(update, { input: { id, enabled: false } }, signIn.tokens.admin)),
    )
    const codes = answers.flatMap(({ data }) => data.updateAccount.userErrors.map((e: { code: string }) => e.code))
    expect(codes).toEqual(['LAST_ADMIN'])
    await Promise.all(
      [first.id, second.id].map((id) => ask(update, { input: { id, enabled: true } }, signIn.tokens.admin)),
    )
  })

  test('are nothing for a viewer', async () => {
    for (const query of ['{ accounts { edges { node { email } } } }', `{ account(id: "x") { email } }`]) {
      expect((await ask(query, {}, signIn.tokens.viewer)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    }
  })
})
