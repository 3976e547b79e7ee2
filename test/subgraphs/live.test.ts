// Watching at a subgraph: nothing lost, nothing twice, nothing for whom it is not meant, and one execution for all who watch the same.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { ChangesWriter, connect as connectDatabase, deleteOldFeed, INSERT_CHANGES, toBytes } from '@segue/database'
import {
  countStatements,
  createGatewaySigner,
  createTokenSigner,
  type RunningSubgraph,
  type SignedInAccount,
} from '@segue/graphql'
import type { JWK } from 'jose'
import type { Pool } from 'mysql2/promise'
import { randomUUID } from 'node:crypto'
import { readWorkflowConfig } from '../../subgraphs/workflow/src/config.js'
import { start } from '../../subgraphs/workflow/src/service.js'
import { startDatabaseProxy, type DatabaseProxy } from '../setup/database-proxy.js'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { askGraphql, createTestSignIn, TEST_GATEWAY_KEY, type TestSignIn } from '../setup/graphql-client.js'
import { connectLive, type LiveClient, type Watching } from '../setup/live-client.js'

const WORKFLOW = randomUUID()
const WATCH = `subscription ($id: ID!, $after: String) { nodeActivity(workflowId: $id, after: $after) {
  workflow { name } nodes { version nodeId entered failed } skipped missed cursor } }`

let database: TestDatabase
let pool: Pool
let proxy: DatabaseProxy
let signIn: TestSignIn
let subgraph: RunningSubgraph
let live: LiveClient
const clients: LiveClient[] = []

/** A socket that is closed after the test. */
async function connect(url: string): Promise<LiveClient> {
  const client = await connectLive(url)
  clients.push(client)
  return client
}

const startSubgraph = (): Promise<RunningSubgraph> =>
  start(
    readWorkflowConfig({
      SEGUE_ENVIRONMENT: 'staging',
      SEGUE_LOG_LEVEL: 'error',
      SEGUE_MYSQL_URL: proxy.url,
      SEGUE_SUBGRAPH_WORKFLOW_PORT: '0',
      SEGUE_TOKEN_PUBLIC_KEYS: signIn.publicKeys,
      SEGUE_GATEWAY_KEY: TEST_GATEWAY_KEY,
    }),
  )

beforeAll(async () => {
  database = await createMigratedDatabase()
  pool = connectDatabase({ url: database.url, connections: 4 })
  proxy = await startDatabaseProxy(database.url)
  signIn = await createTestSignIn('staging')
  await pool.query(
    `INSERT INTO workflow (id, name, draft, created_at, updated_at) VALUES (?, 'Welcome', '{}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    [toBytes(WORKFLOW)],
  )
  subgraph = await startSubgraph()
})
beforeEach(async () => {
  live = await connect(subgraph.url)
})
afterEach(async () => {
  clients.splice(0).forEach(({ socket }) => socket.terminate())
  proxy.mend()
  await until(() => subgraph.watched().subscribers === 0)
})
afterAll(async () => {
  await subgraph?.close()
  await proxy?.close()
  await pool?.end()
  await database?.close()
})

async function until(test: () => boolean): Promise<void> {
  const end = Date.now() + 10_000
  while (!test()) {
    if (Date.now() > end) throw new Error('In vain.')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** A row of the feed: the node was entered `count` times. */
function body(node: string, count = 1, workflowId = WORKFLOW): Buffer {
  const changes = new ChangesWriter()
  changes.node(changes.version(toBytes(workflowId), 1), node, count, 0)
  return changes.finish() ?? Buffer.alloc(0)
}

const tell = async (node: string, count = 1): Promise<void> =>
  void (await pool.query(INSERT_CHANGES, [body(node, count)]))

const watch = (variables: object = {}, token = signIn.tokens.admin, client = live): Watching =>
  client.watch(WATCH, { id: WORKFLOW, ...variables }, token)

/** How often each node was entered, over all messages. */
function totals({ messages }: Watching): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { data } of messages) {
    for (const { nodeId, entered } of data.nodeActivity.nodes) sums[nodeId] = (sums[nodeId] ?? 0) + entered
  }
  return sums
}

const cursorOf = (watching: Watching): string => watching.messages.at(-1)?.data.nodeActivity.cursor

async function token(given: Partial<SignedInAccount>, seconds?: number): Promise<string> {
  const sign = await createTokenSigner(JSON.parse(signIn.privateKey) as JWK, 'staging')
  const account = { id: randomUUID(), role: 'viewer', sessionId: randomUUID(), personalData: false, ...given } as const
  return await sign(account, Date.now(), seconds)
}

describe('the feed', () => {
  test('tells what is committed, added up, after a first message without news', async () => {
    const watching = watch()
    expect((await watching.message(1)).nodeActivity).toMatchObject({
      workflow: { name: 'Welcome' },
      nodes: [],
      skipped: 0,
      missed: false,
    })
    await Promise.all([tell('a', 2), tell('b'), tell('a')])
    await watching.until((seen) => totals(seen)['a'] === 3 && totals(seen)['b'] === 1)
  })

  test('delivers both of two open transactions, of which the one that began first commits last, each once', async () => {
    const watching = watch()
    await watching.message(1)
    const [first, second] = [await pool.getConnection(), await pool.getConnection()]
    await first.beginTransaction()
    await first.query(INSERT_CHANGES, [body('first')])
    await second.beginTransaction()
    await second.query(INSERT_CHANGES, [body('second')])
    await second.commit()
    await watching.until((seen) => totals(seen)['second'] === 1)
    // Who comes now, or comes again with the place between the two, gets the first one too, and the second only if it was before.
    const later = watch({ after: null })
    const again = watch({ after: cursorOf(watching) })
    await later.message(1)
    await again.message(1)
    await first.commit()
    for (const each of [watching, later, again]) await each.until((seen) => totals(seen)['first'] === 1)
    await tell('end')
    for (const each of [watching, later, again]) await each.until((seen) => totals(seen)['end'] === 1)
    expect(totals(watching)).toEqual({ first: 1, second: 1, end: 1 })
    expect(totals(later)).toEqual({ first: 1, end: 1 })
    expect(totals(again)).toEqual({ first: 1, end: 1 })
    first.release()
    second.release()
  })

  test('gives what came between to whoever comes again, once, also at another subgraph', async () => {
    const watching = watch()
    await watching.message(1)
    await tell('before')
    await watching.until((seen) => totals(seen)['before'] === 1)
    const after = cursorOf(watching)
    watching.stop()
    await until(() => subgraph.watched().subscribers === 0)
    // More than one page of the feed.
    const rows = Array.from({ length: 450 }, () => [new Date(), body('between')])
    await pool.query('INSERT INTO change_feed (at, body) VALUES ?', [rows])
    const other = await startSubgraph()
    const client = await connect(other.url)
    const again = watch({ after }, signIn.tokens.admin, client)
    const first = await again.message(1)
    expect(first.nodeActivity).toMatchObject({ missed: false, nodes: [{ nodeId: 'between', entered: 450 }] })
    await tell('then')
    await again.until((seen) => totals(seen)['then'] === 1)
    expect(totals(again)).toEqual({ between: 450, then: 1 })
    await other.close()
  })

  test('says so when what came between is not kept any more', async () => {
    const watching = watch()
    await watching.message(1)
    const after = cursorOf(watching)
    for (const node of ['a', 'b', 'c']) await tell(node)
    await watching.until((seen) => totals(seen)['c'] === 1)
    const feed = { query: async <Rows>(sql: string, values?: unknown[]) => (await pool.query(sql, values))[0] as Rows }
    await pool.query('UPDATE change_feed SET at = at - INTERVAL 1 HOUR')
    await deleteOldFeed(feed, 900, 100_000)
    const tooLate = watch({ after })
    expect((await tooLate.message(1)).nodeActivity).toMatchObject({ nodes: [], missed: true })
    const inTime = watch({ after: cursorOf(tooLate) })
    expect((await inTime.message(1)).nodeActivity).toMatchObject({ nodes: [], missed: false })
    // The place of a feed that went on further than this one: the database was put back.
    const beyond = watch({ after: Buffer.from('[999999999]').toString('base64url') })
    expect((await beyond.message(1)).nodeActivity.missed).toBe(true)
    await tell('d')
    for (const each of [tooLate, inTime, beyond]) await each.until((seen) => totals(seen)['d'] === 1)
  })

  test('loses nothing while the database is away', async () => {
    const watching = watch()
    await watching.message(1)
    await tell('before')
    await watching.until((seen) => totals(seen)['before'] === 1)
    proxy.cut()
    await tell('while')
    const duringIt = watch({ after: cursorOf(watching) })
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(totals(watching)).toEqual({ before: 1 })
    proxy.mend()
    await watching.until((seen) => totals(seen)['while'] === 1)
    await duringIt.until((seen) => totals(seen)['while'] === 1)
    await tell('after')
    await watching.until((seen) => totals(seen)['after'] === 1)
    expect(totals(watching)).toEqual({ before: 1, while: 1, after: 1 })
    expect(watching.messages.filter(({ errors }) => errors)).toEqual([])
  })

  test('makes a message again that the database was away for', async () => {
    const watching = watch()
    await watching.message(1)
    const away = jest.spyOn(subgraph.database, 'createQueryRunner').mockImplementation(() => {
      throw Object.assign(new Error('Nobody there.'), { code: 'ECONNREFUSED' })
    })
    await tell('while')
    await until(() => away.mock.calls.length > 1)
    await tell('later')
    away.mockRestore()
    await watching.until((seen) => totals(seen)['while'] === 1 && totals(seen)['later'] === 1)
    expect(watching.messages.filter(({ errors }) => errors)).toEqual([])
  })

  test('goes past what was rolled back', async () => {
    const watching = watch()
    await watching.message(1)
    const rolledBack = await pool.getConnection()
    await rolledBack.beginTransaction()
    await rolledBack.query(INSERT_CHANGES, [body('never')])
    await rolledBack.rollback()
    rolledBack.release()
    await tell('after')
    await watching.until((seen) => totals(seen)['after'] === 1)
    expect(totals(watching)).toEqual({ after: 1 })
  })
})

describe('who watches', () => {
  test('shares one execution with all who watch the same, and has another where the rights differ', async () => {
    const tokens = await Promise.all([token({}), token({}), token({ role: 'admin' })])
    const watchers = Array.from({ length: 1000 }, (_, i) => watch({}, tokens[i % 2]))
    const admin = watch({}, tokens[2])
    await Promise.all([...watchers, admin].map((one) => one.message(1)))
    await until(() => subgraph.watched().subscribers === 1001)
    expect(subgraph.watched().streams).toBe(2)
    const statements = countStatements(subgraph.database)
    statements.reset()
    await tell('a')
    await Promise.all([...watchers, admin].map((one) => one.until((seen) => totals(seen)['a'] === 1)))
    // The workflow's name, once for viewers and once for the admin.
    expect(statements.statements.filter((statement) => statement.includes('workflow'))).toHaveLength(2)
  })

  test('and stops, or whose gateway dies, leaves nothing behind', async () => {
    const watchers = Array.from({ length: 50 }, (_, i) => watch({}, i % 2 ? signIn.tokens.admin : signIn.tokens.viewer))
    await Promise.all(watchers.map((one) => one.message(1)))
    watchers.slice(0, 49).forEach((one) => one.stop())
    await until(() => subgraph.watched().subscribers === 1)
    expect(subgraph.watched().streams).toBe(1)
    live.socket.terminate()
    await until(() => subgraph.watched().subscribers === 0)
    expect(subgraph.watched()).toEqual({ subscribers: 0, streams: 0 })
  })

  test('but does not read gets one message with all that came meanwhile, and holds nobody up', async () => {
    const slow = await connect(subgraph.url)
    // Larger messages, so that the socket's own buffers are full soon.
    const many = `subscription ($id: ID!) { nodeActivity(workflowId: $id) { cursor skipped nodes { nodeId entered } ${Array.from(
      { length: 150 },
      (_, i) => `a${i}: nodes { nodeId } `,
    ).join('')} } }`
    const behind = slow.watch(many, { id: WORKFLOW }, signIn.tokens.admin)
    const quick = watch()
    await behind.message(1)
    await quick.message(1)
    pauseReading(slow)
    const name = 'n'.repeat(2000)
    for (let i = 1; i <= 60; i++) {
      await tell(name)
      await quick.until((seen) => totals(seen)[name] === i)
    }
    const received = behind.messages.length
    resumeReading(slow)
    await behind.until((seen) => totals(seen)[name] === 60)
    // What was on its way, then the rest in one.
    expect(behind.messages.length).toBeLessThan(45)
    expect(received).toBeLessThan(5)
    expect(behind.messages.at(-1)?.data.nodeActivity.nodes[0].entered).toBeGreaterThan(15)
    await tell('z')
    await behind.until((seen) => totals(seen)['z'] === 1)
  })

  test('is told no more when the session is ended or the token is over', async () => {
    const sessionId = randomUUID()
    const revoked = watch({}, await token({ sessionId }))
    const expired = watch({}, await token({}, 2))
    const goesOn = watch({}, await token({}))
    for (const one of [revoked, expired, goesOn]) await one.message(1)
    await pool.query('INSERT INTO revoked_session (session_id, until) VALUES (?, UTC_TIMESTAMP(3) + INTERVAL 1 HOUR)', [
      toBytes(sessionId),
    ])
    const began = Date.now()
    await revoked.until(({ isDone }) => isDone)
    expect(Date.now() - began).toBeLessThan(2000)
    expect(revoked.errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'SESSION_ENDED' }])
    await expired.until(({ isDone }) => isDone)
    expect(expired.errors?.[0]?.extensions.code).toBe('TOKEN_EXPIRED')
    await tell('a')
    await goesOn.until((seen) => totals(seen)['a'] === 1)
    expect(totals(revoked)).toEqual({})
  })

  test.each<[string, () => Watching | Promise<Watching>, string]>([
    ['signs in with nothing', () => watch({}, ''), 'UNAUTHENTICATED'],
    ['lacks the right', async () => watch({}, await token({ scopes: ['events.read'] })), 'FORBIDDEN'],
    ['names no id', () => watch({ id: 'x' }), 'BAD_ID'],
    ['names no id that is a text', () => watch({ id: [1] }), 'BAD_USER_INPUT'],
    ['made a cursor', () => watch({ after: 'x' }), 'BAD_CURSOR'],
    [
      'sends a query',
      () => live.watch('{ workflows { edges { node { id } } } }', {}, signIn.tokens.admin),
      'SUBSCRIPTIONS_ONLY',
    ],
    [
      'asks for what is not there',
      () => live.watch('subscription { nothing }', {}, signIn.tokens.admin),
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['asks for nothing', () => live.watch('subscription {', {}, signIn.tokens.admin), 'GRAPHQL_PARSE_FAILED'],
    [
      'asks for it perhaps',
      () =>
        live.watch(
          'subscription ($yes: Boolean!, $id: ID!) { nodeActivity(workflowId: $id) @include(if: $yes) { cursor } }',
          { yes: true, id: WORKFLOW },
          signIn.tokens.admin,
        ),
      'GRAPHQL_VALIDATION_FAILED',
    ],
  ])('is refused who %s', async (_name, begin, code) => {
    const watching = await begin()
    await watching.until(({ isDone }) => isDone)
    expect(watching.errors?.[0]?.extensions).toMatchObject({ code })
    expect(subgraph.watched().subscribers).toBe(0)
  })

  test('is refused when no gateway signed for it, for the socket and for each subscription', async () => {
    await expect(connectLive(subgraph.url, {})).rejects.toThrow('4403')
    const foreign = createGatewaySigner('00'.repeat(32))
    const signature = foreign({
      requestId: '',
      clientAddress: '',
      authorization: '',
      refreshToken: '',
      body: 'connection_init',
    })
    await expect(connectLive(subgraph.url, { signature })).rejects.toThrow('4403')
    const client = await connect(subgraph.url)
    const watching = client.watch(WATCH, { id: WORKFLOW }, signIn.tokens.admin)
    await watching.message(1)
    // The same subscription with another account's token in it.
    const sent: string[] = []
    const send = client.socket.send.bind(client.socket)
    client.socket.send = ((text: string) => {
      sent.push(text)
      send(text.replace('"clientAddress":""', '"clientAddress":"10.0.0.1"'))
    }) as typeof send
    const changed = client.watch(WATCH, { id: WORKFLOW }, signIn.tokens.admin)
    await changed.until(({ isDone }) => isDone)
    expect(changed.errors?.[0]?.extensions.code).toBe('NOT_A_GATEWAY')
  })

  test('is told over HTTP where subscriptions are', async () => {
    const { errors } = await askGraphql(subgraph.url, WATCH, { id: WORKFLOW }, signIn.tokens.admin)
    expect(errors?.[0]?.extensions.code).toBe('SUBSCRIPTION_OVER_HTTP')
  })
})

test('a subgraph that ends tells gateways to come again', async () => {
  const other = await startSubgraph()
  const client = await connect(other.url)
  const watching = watch({}, signIn.tokens.admin, client)
  await watching.message(1)
  await other.close()
  expect(await client.closed).toBe(1012)
  expect(other.watched()).toEqual({ subscribers: 0, streams: 0 })
})

/** The socket under the WebSocket, whose buffers fill up when it is not read. */
function rawSocket(client: LiveClient): { pause(): void; resume(): void } {
  return (client.socket as unknown as { _socket: { pause(): void; resume(): void } })._socket
}
const pauseReading = (client: LiveClient): void => rawSocket(client).pause()
const resumeReading = (client: LiveClient): void => rawSocket(client).resume()
