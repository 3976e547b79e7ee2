// The platform subgraph for a suite: asked as a gateway would ask it, with refresh tokens and client addresses.
import { createAccounts, dataSource } from '@segue/database'
import {
  CLIENT_ADDRESS_HEADER,
  createGatewaySigner,
  REFRESH_TOKEN_HEADER,
  SIGNATURE_HEADER,
  type Role,
  type RunningSubgraph,
} from '@segue/graphql'
import { createAccount, start } from '@segue/subgraph-platform'
import { readPlatformConfig } from '@segue/subgraph-platform/config'
import { randomUUID } from 'node:crypto'
import { testServerUrl, type TestDatabase } from './database.js'
import { createTestSignIn, TEST_GATEWAY_KEY, type Answer, type TestSignIn } from './graphql-client.js'

/** Who asks, and from where. */
export interface Asking {
  token?: string
  refreshToken?: string
  address?: string
  userAgent?: string
}

/** An answer, with the refresh token that the client's cookie is to hold; '' removes it, undefined leaves it. */
export interface PlatformAnswer extends Answer {
  refreshToken: string | undefined
  maxAgeSeconds: number | undefined
}

export interface TestPlatform {
  /** Of the subgraph's own database account. */
  ownUrl: string
  subgraph: RunningSubgraph
  signIn: TestSignIn
  /** With every right, to look and to prepare. */
  database: RunningSubgraph['database']
  ask(query: string, variables?: object, asking?: Asking): Promise<PlatformAnswer>
  /** Makes an account of a role with PASSWORD. */
  addAccount(email: string, role: Role, personalData?: boolean): Promise<{ id: string; email: string }>
  /** Signs in. Fails when it is refused. */
  login(email: string, asking?: Asking): Promise<{ token: string; refreshToken: string }>
  close(): Promise<void>
}

export const PASSWORD = 'correct horse battery'

const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) { accessToken userErrors { code } } }`

/** Starts it through its own database account, with no more rights than a process has. `first` is one over the same database, with the same keys. */
export async function startTestPlatform({ name, url }: TestDatabase, first?: TestPlatform): Promise<TestPlatform> {
  const ownUrl = first?.ownUrl ?? (await createOwnAccount(name, url))
  const signIn = first?.signIn ?? (await createTestSignIn('staging'))
  const database = await dataSource({ url, connections: 2 }).initialize()
  const subgraph = await start(
    readPlatformConfig({
      SEGUE_ENVIRONMENT: 'staging',
      SEGUE_LOG_LEVEL: 'error',
      SEGUE_MYSQL_URL: ownUrl,
      SEGUE_SUBGRAPH_PLATFORM_PORT: '0',
      SEGUE_TOKEN_PUBLIC_KEYS: signIn.publicKeys,
      SEGUE_TOKEN_PRIVATE_KEY: signIn.privateKey,
      SEGUE_GATEWAY_KEY: TEST_GATEWAY_KEY,
    }),
  )
  const ask: TestPlatform['ask'] = (query, variables = {}, asking = {}) =>
    askPlatform(subgraph.url, query, variables, asking)
  return {
    ownUrl,
    subgraph,
    signIn,
    database,
    ask,
    addAccount: (email, role, personalData = false) =>
      createAccount(database, { email, name: email, role, personalData, password: PASSWORD }),
    async login(email, asking) {
      const { data, errors, refreshToken } = await ask(LOGIN, { input: { email, password: PASSWORD } }, asking)
      if (!data?.login?.accessToken || !refreshToken) throw new Error(JSON.stringify({ data, errors }))
      return { token: data.login.accessToken, refreshToken }
    },
    async close() {
      await subgraph.close()
      if (!first) await database.query(`DROP USER ?@'%'`, [new URL(ownUrl).username])
      await database.destroy()
    },
  }
}

async function createOwnAccount(name: string, url: string): Promise<string> {
  const password = randomUUID()
  const users = await createAccounts({
    adminUrl: testServerUrl(),
    database: name,
    passwords: { 'subgraph-platform': password },
  })
  return Object.assign(new URL(url), { username: users['subgraph-platform'] ?? '', password }).href
}

const sign = createGatewaySigner(TEST_GATEWAY_KEY)

async function askPlatform(
  url: string,
  query: string,
  variables: object,
  { token, refreshToken = '', address = '203.0.113.1', userAgent = 'test' }: Asking,
): Promise<PlatformAnswer> {
  const body = JSON.stringify({ query, variables })
  const authorization = token ? `Bearer ${token}` : ''
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': userAgent,
      [CLIENT_ADDRESS_HEADER]: address,
      [SIGNATURE_HEADER]: sign({ requestId: '', clientAddress: address, authorization, refreshToken, body }),
      ...(token ? { authorization } : {}),
      ...(refreshToken ? { [REFRESH_TOKEN_HEADER]: refreshToken } : {}),
    },
    body,
  })
  const [set, seconds] = response.headers.get('x-segue-set-refresh-token')?.split(';') ?? []
  return {
    ...((await response.json()) as Answer),
    refreshToken: set,
    maxAgeSeconds: seconds === undefined ? undefined : Number(seconds),
  }
}
