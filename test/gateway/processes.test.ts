import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createClient, graphql } from '@segue/api-client'
import { createAccounts, dataSource, type AccountKind } from '@segue/database'
import { createAccount } from '@segue/subgraph-platform'
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createConnection } from 'mysql2/promise'
import { createMigratedDatabase, testServerUrl, type TestDatabase } from '../setup/database.js'
import { askGraphql, createTestSignIn, TEST_GATEWAY_KEY, type TestSignIn } from '../setup/graphql-client.js'

const ROOT = join(import.meta.dirname, '../..')
/** Two processes start, each in seconds of a busy machine. */
const SLOWEST_MS = 180_000
const SUBGRAPHS = ['profile', 'event', 'workflow', 'segment', 'platform'] as const

let database: TestDatabase
let signIn: TestSignIn
let users: Partial<Record<AccountKind, string>>
const password = randomBytes(12).toString('hex')
const children: ChildProcess[] = []

beforeAll(async () => {
  database = await createMigratedDatabase()
  signIn = await createTestSignIn('staging')
  const passwords = Object.fromEntries(SUBGRAPHS.map((name) => [`subgraph-${name}`, password]))
  users = await createAccounts({ adminUrl: testServerUrl(), database: database.name, passwords })
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  if (users) {
    const server = await createConnection(testServerUrl())
    for (const user of Object.values(users)) await server.query('DROP USER IF EXISTS ?@?', [user, '%'])
    await server.end()
  }
  await database?.close()
})

/** The database through the account that this kind of process has. */
function ownUrl(name: string): string {
  const url = new URL(database.url)
  url.username = users[`subgraph-${name}` as AccountKind] ?? ''
  url.password = password
  return url.href
}

/** Starts a built service as a process of its own and waits until it listens. */
async function run(script: string, variables: Record<string, string>): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [join(ROOT, script)], {
    env: {
      SEGUE_ENVIRONMENT: 'staging',
      SEGUE_TOKEN_PUBLIC_KEYS: signIn.publicKeys,
      SEGUE_GATEWAY_KEY: TEST_GATEWAY_KEY,
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const { msg, url } = JSON.parse(line) as { msg: string; url?: string }
    if (msg === 'Listening' && url) return { child, url }
  }
  throw new Error(`${script} ended before it listened.`)
}

const runSubgraph = (name: (typeof SUBGRAPHS)[number]) =>
  run(`subgraphs/${name}/dist/main.js`, {
    SEGUE_MYSQL_URL: ownUrl(name),
    [`SEGUE_SUBGRAPH_${name.toUpperCase()}_PORT`]: '0',
    ...(name === 'platform' ? { SEGUE_TOKEN_PRIVATE_KEY: signIn.privateKey } : {}),
  })

async function end(child: ChildProcess): Promise<number | null> {
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const [code] = (await exited) as [number | null]
  return code
}

/** A query of each subgraph that reads its tables. */
const QUERIES: Record<(typeof SUBGRAPHS)[number], string> = {
  profile: '{ profiles { edges { node { id } } } }',
  event: '{ eventSources { edges { node { id } } } }',
  workflow: '{ workflows { edges { node { id } } } }',
  segment: '{ segments { edges { node { id profileCount } } } }',
  platform: '{ accounts { edges { node { id } } } }',
}

const LOGIN = graphql('mutation ($input: LoginInput!) { login(input: $input) { account { email } } }')

describe('as a process of its own, with the rights of its own database account,', () => {
  test.each(SUBGRAPHS)(
    'the %s subgraph starts, answers and ends in order',
    async (name) => {
      const { child, url } = await runSubgraph(name)
      expect((await fetch(url.replace('/graphql', '/ready'))).status).toBe(200)
      const answer = await askGraphql(url, QUERIES[name], {}, signIn.tokens.admin)
      expect(answer.errors).toBeUndefined()
      expect(await end(child)).toBe(0)
    },
    SLOWEST_MS,
  )

  test(
    'the gateway starts, and answers what is under way before it ends',
    async () => {
      const source = await dataSource({ url: database.url, connections: 1 }).initialize()
      const account = { email: 'ann@example.com', password: 'correct horse battery' }
      await createAccount(source, { ...account, name: 'Ann', role: 'viewer' })
      await source.destroy()
      const platform = await runSubgraph('platform')
      const gateway = await run('gateway/dist/main.js', {
        SEGUE_GATEWAY_PORT: '0',
        SEGUE_SUBGRAPH_PLATFORM_URL: platform.url,
      })
      const client = createClient({ url: gateway.url })
      const logIn = () => client.request(LOGIN, { input: account })
      expect(await logIn()).toEqual({ login: { account: { email: account.email } } })
      // Four passwords are hashed at once: when the first answer is there, the others are under way or wait.
      const answers = Array.from({ length: 12 }, logIn)
      await Promise.race(answers)
      const ended = end(gateway.child)
      for (const { login } of await Promise.all(answers)) expect(login?.account).toEqual({ email: account.email })
      expect(await ended).toBe(0)
      expect(await end(platform.child)).toBe(0)
    },
    SLOWEST_MS,
  )
})

test('a service that lacks its configuration says all that is missing, and ends', async () => {
  const child = spawn(process.execPath, [join(ROOT, 'subgraphs/platform/dist/main.js')], { env: {} })
  children.push(child)
  let said = ''
  child.stderr.on('data', (chunk) => (said += String(chunk)))
  const [code] = (await once(child, 'exit')) as [number]
  expect(code).toBe(2)
  for (const name of ['SEGUE_ENVIRONMENT', 'SEGUE_MYSQL_URL', 'SEGUE_TOKEN_PUBLIC_KEYS', 'SEGUE_TOKEN_PRIVATE_KEY']) {
    expect(said).toContain(name)
  }
})
