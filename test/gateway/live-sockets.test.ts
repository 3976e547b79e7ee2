// WebSockets at the gateway's door: who gets in, what they may send, and how much.
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { countStatements, createTokenSigner } from '@segue/graphql'
import { toBytes } from '@segue/database'
import type { JWK } from 'jose'
import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket, type ClientOptions } from 'ws'
import { envelope } from '../../packages/pipeline/src/testing/test-pipeline.js'
import { connectLive, type Watching } from '../setup/live-client.js'
import { createTestSignIn } from '../setup/graphql-client.js'
import { ADMIN } from './environment.js'
import { EVENTS, hasEvent, startLiveEnvironment, until, type LiveEnvironment } from './live-environment.js'

let environment: LiveEnvironment
const sockets: WebSocket[] = []

beforeAll(async () => {
  environment = await startLiveEnvironment()
})
afterEach(async () => {
  jest.restoreAllMocks()
  sockets.splice(0).forEach((socket) => socket.terminate())
  await environment.clear()
})
afterAll(() => environment?.close())

/** A socket that has said nothing yet. */
function open(
  options: ClientOptions = {},
  url = environment.gateway.url,
  protocol = 'graphql-transport-ws',
): WebSocket {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), protocol, options)
  sockets.push(socket)
  return socket
}

/** What it is closed with, after it has sent these messages. */
async function closing(socket: WebSocket, ...messages: (object | string | Buffer)[]): Promise<[number, string]> {
  const closed = once(socket, 'close')
  if (socket.readyState !== socket.OPEN) await once(socket, 'open')
  for (const message of messages) {
    socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message))
  }
  const [code, reason] = (await closed) as [number, Buffer]
  return [code, String(reason)]
}

const init = (token?: string): object => ({
  type: 'connection_init',
  ...(token === undefined ? {} : { payload: { authorization: `Bearer ${token}` } }),
})
const subscribe = (id = '1', query = EVENTS): object => ({ id, type: 'subscribe', payload: { query } })

describe('a socket is closed', () => {
  const admin = (): string => environment.signIn.tokens.admin
  const foreign = async (): Promise<string> =>
    await (
      await createTokenSigner(JSON.parse(environment.signIn.privateKey) as JWK, 'production')
    )({
      id: randomUUID(),
      role: 'admin',
      sessionId: randomUUID(),
      personalData: true,
    })
  const revoked = async (): Promise<string> => {
    const sessionId = randomUUID()
    await environment.pipeline.rows(
      'INSERT INTO revoked_session (session_id, until) VALUES (?, UTC_TIMESTAMP(3) + INTERVAL 1 HOUR)',
      [toBytes(sessionId)],
    )
    return await environment.token({ sessionId })
  }

  test.each<[string, () => Promise<(object | string | Buffer)[]>, [number, string]]>([
    ['that signs in with nothing', async () => [init()], [4401, 'UNAUTHENTICATED']],
    ['that signs in with nonsense', async () => [init('a.b.c')], [4401, 'UNAUTHENTICATED']],
    ['that signs in with an unknown API key', async () => [init('segue_staging_x_y')], [4401, 'UNAUTHENTICATED']],
    [
      'whose token is signed by somebody else',
      async () => [init((await createTestSignIn('staging')).tokens.admin)],
      [4401, 'UNAUTHENTICATED'],
    ],
    ['whose token is of another environment', async () => [init(await foreign())], [4401, 'WRONG_ENVIRONMENT']],
    ['whose token is over', async () => [init(await environment.token({}, -60))], [4403, 'TOKEN_EXPIRED']],
    ['whose session has ended', async () => [init(await revoked())], [4403, 'SESSION_ENDED']],
    ['that subscribes before it signs in', async () => [subscribe()], [4401, 'Unauthorized']],
    ['that signs in twice', async () => [init(admin()), init(admin())], [4429, 'Too many initialisation requests']],
    ['that sends no JSON', async () => ['{'], [4400, 'Invalid message']],
    ['that sends no message of the protocol', async () => [{ type: 'start' }], [4400, 'Invalid message']],
    ['that sends what changes prototypes', async () => ['{"type":"ping","__proto__":{}}'], [4400, 'Invalid message']],
    [
      'that sends what servers send',
      async () => [{ type: 'connection_ack' }],
      [4400, 'Unexpected message of type connection_ack'],
    ],
    ['that sends bytes', async () => [Buffer.from('{}')], [4400, 'Messages are text']],
    ['that sends more than a megabyte', async () => ['x'.repeat(1024 * 1024 + 1)], [1009, '']],
    ['that says nothing', async () => [], [4408, 'Connection initialisation timeout']],
  ])('%s', async (_name, messages, expected) => {
    expect(await closing(open(), ...(await messages()))).toEqual(expected)
  })

  test('that speaks another protocol', async () => {
    expect(await closing(open({}, undefined, 'graphql-ws'))).toEqual([4406, 'Speak graphql-transport-ws'])
  })

  test('that gives two subscriptions one id', async () => {
    const socket = open()
    await once(socket, 'open')
    socket.send(JSON.stringify(init(admin())))
    await once(socket, 'message')
    const [code] = await closing(socket, subscribe(), subscribe())
    expect(code).toBe(4409)
  })

  test('when its session ends', async () => {
    const sessionId = randomUUID()
    const client = await environment.connect(await environment.token({ sessionId }))
    const watching = client.watch(EVENTS)
    await watching.message(1)
    const began = Date.now()
    await environment.pipeline.rows(
      'INSERT INTO revoked_session (session_id, until) VALUES (?, UTC_TIMESTAMP(3) + INTERVAL 1 HOUR)',
      [toBytes(sessionId)],
    )
    expect(await client.closed).toBe(4403)
    expect(Date.now() - began).toBeLessThan(2500)
    expect(watching.errors?.[0]?.extensions).toEqual({ code: 'SESSION_ENDED' })
  })

  test('as the hundred-and-first of its account', async () => {
    const token = await environment.token()
    await Promise.all(Array.from({ length: 100 }, () => environment.connect(token)))
    await expect(environment.connect(token)).rejects.toThrow('1013')
    await environment.connect(await environment.token())
  })
})

describe('a browser', () => {
  /** The status with which it is refused; 101 when it is not. */
  const statusFor = async (
    origin: string | undefined,
    url = environment.gateway.url,
    headers = {},
  ): Promise<number> => {
    const socket = open({ ...(origin === undefined ? {} : { origin }), headers }, url)
    return await new Promise((resolve, reject) => {
      socket.once('open', () => resolve(101))
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
      socket.once('error', reject)
    })
  }

  test('connects from the gateway’s own pages and allowed ones, and from no other site', async () => {
    const host = new URL(environment.gateway.url).host
    expect(await statusFor(undefined)).toBe(101)
    expect(await statusFor(`http://${host}`)).toBe(101)
    for (const origin of [
      'https://evil.example',
      `http://${host}.evil.example`,
      'http://127.0.0.1',
      'null',
      'nonsense',
    ]) {
      expect([origin, await statusFor(origin)]).toEqual([origin, 403])
    }
    expect(await statusFor('https://console.example', undefined, { host: 'console.example' })).toBe(101)
    const { url } = await environment.startGateway({}, { SEGUE_GATEWAY_ORIGINS: 'https://console.example' })
    expect(await statusFor('https://console.example', url)).toBe(101)
    expect(await statusFor('https://evil.example', url)).toBe(403)
  })

  test('finds no WebSocket elsewhere', async () => {
    expect(await statusFor(undefined, environment.gateway.url.replace('/graphql', '/'))).toBe(404)
  })

  test('of a network that is not trusted is not even answered', async () => {
    const { url } = await environment.startGateway({}, { SEGUE_TRUSTED_NETWORKS: '192.0.2.0/24' })
    await expect(statusFor(undefined, url)).rejects.toThrow(/hang up|ECONNRESET/)
  })
})

describe('a subscription is refused', () => {
  const deep = `subscription { eventReceived { events { ${'profile { events { edges { node { '.repeat(6)} id ${'} } } }'.repeat(6)} } } }`
  test.each<[string, string, Record<string, unknown>, string]>([
    ['that is a query', '{ events { edges { node { id } } } }', {}, 'SUBSCRIPTIONS_ONLY'],
    ['that is a mutation', 'mutation { logout { userErrors { code } } }', {}, 'SUBSCRIPTIONS_ONLY'],
    ['that is nothing', '', {}, 'BAD_REQUEST'],
    ['that cannot be read', 'subscription {', {}, 'GRAPHQL_PARSE_FAILED'],
    ['of what is not there', 'subscription { nothing }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'of two things',
      'subscription { a: eventReceived { cursor } b: jobProgress { cursor } }',
      {},
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['of the schema', 'subscription { __typename }', {}, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'that is there perhaps',
      'subscription ($yes: Boolean!) { eventReceived @include(if: $yes) { cursor } }',
      { yes: true },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['that is too deep', deep, {}, 'QUERY_TOO_DEEP'],
    [
      'that costs too much',
      'subscription ($n: Int) { eventReceived { events { profile { events(first: $n) { edges { node { profile { events(first: $n) { edges { node { id } } } } } } } } } } }',
      { n: 200 },
      'QUERY_TOO_LARGE',
    ],
    ['without a variable', 'subscription ($id: ID!) { profileChanged(id: $id) { cursor } }', {}, 'BAD_USER_INPUT'],
    ['with a variable of another type', EVENTS, { filter: { types: 7, more: 1 } }, 'BAD_USER_INPUT'],
    ['with a place that nobody gave', EVENTS, { after: 'x' }, 'BAD_CURSOR'],
    ['with what its subgraph does not take', EVENTS, { filter: { profileId: 'x' } }, 'BAD_ID'],
    ['for which the right is missing', 'subscription { jobProgress { cursor } }', {}, 'FORBIDDEN'],
  ])('%s', async (_name, query, variables, code) => {
    const client = await environment.connect(environment.signIn.tokens.viewer)
    const refused = client.watch(query, variables)
    await refused.until(({ isDone }) => isDone)
    expect(refused.errors?.[0]?.extensions).toMatchObject({ code })
    // Its socket goes on.
    await client.watch(EVENTS).message(1)
    expect(await environment.metric('segue_gateway_live_subscriptions')).toBe(1)
  })

  test('where only registered operations are taken, unless it is one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'segue-live-'))
    const file = join(folder, 'operations.json')
    const id = createHash('sha256').update(EVENTS).digest('hex')
    const operations = [{ id, name: 'Events', type: 'subscription', body: EVENTS }]
    await writeFile(file, JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }))
    const { url } = await environment.startGateway(
      {},
      {
        SEGUE_GATEWAY_OPERATIONS: file,
        SEGUE_GATEWAY_OPERATIONS_ONLY: 'true',
      },
    )
    const client = await environment.connect(undefined, url)
    await client.watch(EVENTS).message(1)
    const other = client.watch(`${EVENTS} `)
    await other.until(({ isDone }) => isDone)
    expect(other.errors?.[0]?.extensions.code).toBe('PERSISTED_QUERY_REQUIRED')
    const byHash = new Promise<Record<string, unknown>>((resolve) =>
      client.socket.on('message', (data) => {
        const message = JSON.parse(String(data)) as { id?: string }
        if (message.id === 'hash') resolve(message)
      }),
    )
    const extensions = { persistedQuery: { version: 1, sha256Hash: id } }
    client.socket.send(JSON.stringify({ id: 'hash', type: 'subscribe', payload: { query: '', extensions } }))
    expect(await byHash).toMatchObject({ type: 'next', payload: { data: { eventReceived: { events: [] } } } })
    await rm(folder, { recursive: true })
  })

  test('beyond the two thousandth of an account', async () => {
    const client = await environment.connect()
    const watchings = Array.from({ length: 2000 }, () => client.watch(EVENTS))
    await Promise.all(watchings.map((each) => each.message(1)))
    const more = client.watch(EVENTS)
    await more.until(({ isDone }) => isDone)
    expect(more.errors?.[0]?.extensions.code).toBe('TOO_MANY_SUBSCRIPTIONS')
    watchings[0]?.stop()
    let again: Watching | undefined
    await until(async () => {
      again = client.watch(EVENTS)
      await again.until(({ messages, isDone }) => isDone || messages.length > 0)
      return !again.isDone
    })
  })
})

test('a ping is answered', async () => {
  const socket = open()
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'ping', payload: { at: 1 } }))
  const [answer] = (await once(socket, 'message')) as [Buffer]
  expect(JSON.parse(String(answer))).toEqual({ type: 'pong', payload: { at: 1 } })
})

test('an API key watches on beyond the end of the token that it was exchanged for', async () => {
  const login = await environment.ask('mutation ($input: LoginInput!) { login(input: $input) { accessToken } }', {
    input: ADMIN,
  })
  const made = await environment.ask(
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { key userErrors { code message } } }',
    { input: { name: 'Live', scopes: ['events.read', 'profiles.read'] } },
    login.data.login.accessToken,
  )
  const { key } = made.data.createApiKey
  const client = await connectLive(environment.gateway.url, { authorization: `Bearer ${key}` })
  sockets.push(client.socket)
  const watching = client.watch(EVENTS)
  await watching.message(1)
  const statements = countStatements(environment.subgraphs.platform.database)
  statements.reset()
  const now = Date.now.bind(Date)
  let ahead = 290_000
  jest.spyOn(Date, 'now').mockImplementation(() => now() + ahead)
  await until(() => {
    const begun = statements.statements.findIndex((statement) => statement.includes('api_key'))
    return begun >= 0 && statements.statements.includes('COMMIT', begun)
  })
  // Comes the same way after it, and is there later.
  await environment.ask('{ me { id } }')
  // The subgraph ends what was asked with the first token, and is asked again: looked at in each turn, since that may take no longer than a few.
  const counts = new Set<number>()
  const look = (): void => {
    counts.add(environment.subgraphs.event.watched().subscribers)
    if (!counts.has(0)) setImmediate(look)
  }
  look()
  ahead = 400_000
  await until(() => counts.has(0))
  await until(() => environment.subgraphs.event.watched().subscribers === 1)
  const event = envelope()
  await environment.pipeline.process(event)
  await watching.until(hasEvent(event.eventId))
  expect(watching.isDone).toBe(false)
})

test('a client that reads none of the answers to its pings is cut off', async () => {
  const socket = open()
  await once(socket, 'open')
  const raw = (socket as unknown as { _socket: { pause(): void } })._socket
  raw.pause()
  const closed = once(socket, 'close')
  const ping = JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(100_000) } })
  for (let i = 0; i < 200; i++) socket.send(ping)
  await closed
})
