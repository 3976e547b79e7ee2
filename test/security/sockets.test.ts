// WebSockets at the gateway, by people and programs that should not have one: other sites, forged tokens, messages that are none.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createTokenSigner } from '@segue/graphql'
import type { JWK } from 'jose'
import { randomUUID } from 'node:crypto'
import type { ClientOptions } from 'ws'
import { WebSocket } from 'ws'
import { ADMIN, type TestEnvironment } from '../gateway/environment.js'
import { secret } from './attack.js'
import { handedOut, login, refreshTokens, startEnvironments, type Environments } from './environments.js'

let environments: Environments
let production: TestEnvironment
let staging: TestEnvironment

beforeAll(async () => {
  environments = await startEnvironments()
  ;({ production, staging } = environments)
})
afterAll(() => environments?.close())

interface Talk {
  /** Status of a refused upgrade; undefined: the socket was opened. */
  status: number | undefined
  /** What was said to us, parsed. */
  said: { type: string; id?: string; payload?: unknown }[]
  /** The code that the socket was closed with. */
  code: number
  reason: string
}

const WATCH = 'subscription { segmentSizeChanged(id: "018f0000-0000-7000-8000-000000000000") { size: __typename } }'

/** Opens a socket, says these things one after the other, and listens until it is closed, or until `enough` holds. */
async function talk(
  sent: (string | Buffer | object)[],
  {
    headers,
    url = production.gateway.url,
    protocol = 'graphql-transport-ws',
    enough = () => false,
  }: Pick<ClientOptions, 'headers'> & {
    url?: string
    protocol?: string
    enough?: (said: Talk['said']) => boolean
  } = {},
): Promise<Talk> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), protocol, { headers: headers ?? {} })
  const said: Talk['said'] = []
  return await new Promise((resolve) => {
    socket.on('error', () => undefined)
    socket.on('unexpected-response', (request, { statusCode }) => {
      request.destroy()
      resolve({ status: statusCode, said, code: 0, reason: '' })
    })
    socket.on('open', () => {
      for (const one of sent) socket.send(typeof one === 'string' || Buffer.isBuffer(one) ? one : JSON.stringify(one))
    })
    socket.on('message', (data) => {
      said.push(JSON.parse(String(data)) as Talk['said'][number])
      if (enough(said)) socket.close(4999)
    })
    socket.on('close', (code, reason) => resolve({ status: undefined, said, code, reason: String(reason) }))
  })
}

const init = (authorization?: unknown): object => ({
  type: 'connection_init',
  ...(authorization === undefined ? {} : { payload: { authorization } }),
})
const subscribe = (query: string, more: object = {}): object => ({
  type: 'subscribe',
  id: '1',
  payload: { query, ...more },
})
const bearer = (): string => `Bearer ${production.signIn.tokens.viewer}`

describe('a page of another site opens no socket', () => {
  const own = (): string => new URL(production.gateway.url).origin
  const foreign = (): string[] => [
    'https://evil.example',
    'null',
    'file://',
    '',
    `${own()}.evil.example`,
    `https://evil.example/?${own()}`,
    `http://user@evil.example`,
    `http://127.0.0.1.evil.example:${new URL(own()).port}`,
    'http://127.0.0.1:1',
    'http://localhost',
    own().replace('127.0.0.1', '127.0.0.1\\@evil.example'),
    'chrome-extension://x',
  ]

  test('whatever it calls itself, with the cookie of who visits it', async () => {
    const { cookie } = await login(production, ADMIN.email)
    for (const origin of foreign()) {
      expect({ origin, ...(await talk([init(bearer())], { headers: { origin, cookie } })) }).toMatchObject({
        origin,
        status: 403,
        said: [],
      })
    }
    const claiming = {
      origin: 'https://evil.example',
      cookie,
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
      'sec-websocket-origin': own(),
    }
    expect(await talk([init(bearer())], { headers: claiming })).toMatchObject({ status: 403 })
  })

  test('one of this host does, and who is no browser', async () => {
    for (const headers of [{ origin: own() }, {}]) {
      const { said } = await talk([init(bearer())], { headers, enough: ({ length }) => length > 0 })
      expect(said).toEqual([{ type: 'connection_ack' }])
    }
  })

  test('at another address there is none, and none that speaks another protocol', async () => {
    for (const path of ['/', '/other', '/graphql/', '/graphql/x', '/metrics']) {
      expect(await talk([init(bearer())], { url: new URL(path, production.gateway.url).href })).toMatchObject({
        status: 404,
      })
    }
    for (const protocol of ['graphql-ws', 'x']) {
      expect((await talk([init(bearer())], { protocol })).said).toEqual([])
    }
  })
})

describe('nobody watches without a valid token', () => {
  const signed = async (changed: object = {}, now = Date.now()): Promise<string> => {
    const sign = await createTokenSigner(JSON.parse(production.signIn.privateKey) as JWK, 'production')
    return secret(
      await sign({ id: randomUUID(), role: 'viewer', sessionId: randomUUID(), personalData: false, ...changed }, now),
    )
  }

  test('that is missing, made up, foreign or old', async () => {
    const { cookie } = await login(production, ADMIN.email)
    const given: [unknown, number][] = [
      [undefined, 4401],
      ['', 4401],
      ['Bearer x', 4401],
      ['Bearer eyJhbGciOiJub25lIn0.e30.', 4401],
      [`Bearer ${staging.signIn.tokens.admin}`, 4401],
      [production.signIn.tokens.admin, 4401],
      [{ toString: 'x' }, 4401],
      [[bearer()], 4401],
      [`Bearer segue_staging_${'0'.repeat(32)}_${'0'.repeat(64)}`, 4401],
      [`Bearer segue_production_${'0'.repeat(32)}_${'0'.repeat(64)}`, 4401],
      [`Bearer ${await signed({}, Date.now() - 3_600_000)}`, 4403],
    ]
    for (const [authorization, code] of given) {
      const answer = await talk([init(authorization)], {
        headers: { cookie, authorization: bearer() },
      })
      expect({ authorization, code: answer.code, said: answer.said }).toEqual({ authorization, code, said: [] })
      expect(answer.reason).toMatch(/^[A-Z_a-z]+$/)
    }
  })

  test('or before it is told that it may', async () => {
    expect(await talk([subscribe(WATCH)])).toMatchObject({ code: 4401, said: [] })
    expect(await talk([init(bearer()), init(bearer())])).toMatchObject({ code: 4429 })
  })

  test('what its scopes do not have', async () => {
    const authorization = `Bearer ${await signed({ scopes: ['events.read'] })}`
    const watch = { enough: (said: Talk['said']) => said.some(({ id }) => id === '1') }
    const ready = await talkAfterAck(authorization, subscribe(WATCH), watch.enough)
    expect(ready.said.at(-1)).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'FORBIDDEN' } }] })
  })
})

/** As `talk`, but says the second thing only when the socket is signed in. */
async function talkAfterAck(
  authorization: string,
  message: object | string | Buffer,
  enough: (said: Talk['said']) => boolean,
): Promise<Talk> {
  const socket = new WebSocket(production.gateway.url.replace(/^http/, 'ws'), 'graphql-transport-ws')
  const said: Talk['said'] = []
  return await new Promise((resolve) => {
    socket.on('error', () => undefined)
    socket.on('open', () => socket.send(JSON.stringify(init(authorization))))
    socket.on('message', (data) => {
      const one = JSON.parse(String(data)) as Talk['said'][number]
      if (one.type === 'connection_ack') {
        socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message))
        return
      }
      said.push(one)
      if (enough(said)) socket.close(4999)
    })
    socket.on('close', (code, reason) => resolve({ status: undefined, said, code, reason: String(reason) }))
  })
}

describe('what is said over a socket', () => {
  test.each<[string, string | Buffer | object, number]>([
    ['no JSON', '{', 4400],
    ['nothing', '', 4400],
    ['a list', '[]', 4400],
    ['an unknown type', { type: 'hack' }, 4400],
    ['what only a server says', { type: 'connection_ack' }, 4400],
    ['a subscription without an id', { type: 'subscribe', payload: { query: WATCH } }, 4400],
    ['a subscription without a query', { type: 'subscribe', id: '1', payload: {} }, 4400],
    ['a prototype', '{"type":"ping","payload":{"__proto__":{"a":1}}}', 4400],
    ['bytes', Buffer.from('{"type":"ping"}'), 4400],
    ['two megabytes', `{"type":"ping","payload":{"x":"${'x'.repeat(2 * 1024 * 1024)}"}}`, 1009],
  ])('is refused and the socket closed: %s', async (_what, message, code) => {
    const answer = await talkAfterAck(bearer(), message, () => false)
    expect([answer.code, answer.said]).toEqual([code, []])
  })

  test.each<[string, object, string]>([
    ['a query', subscribe('{ segments { edges { cursor } } }'), 'SUBSCRIPTIONS_ONLY'],
    ['a mutation', subscribe('mutation { logout { ended } }'), 'SUBSCRIPTIONS_ONLY'],
    ['a syntax error', subscribe('subscription {'), 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', subscribe('subscription { nothing }'), 'GRAPHQL_VALIDATION_FAILED'],
    ['the schema', subscribe('subscription { __schema { types { name } } }'), 'GRAPHQL_VALIDATION_FAILED'],
    [
      'two fields',
      subscribe(`subscription { a: ${WATCH.slice(14, -1)} b: ${WATCH.slice(14, -1)} }`),
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a variable that is missing',
      subscribe('subscription ($id: ID!) { segmentSizeChanged(id: $id) { __typename } }'),
      'BAD_USER_INPUT',
    ],
    ['an id that is none', subscribe('subscription { segmentSizeChanged(id: "x") { __typename } }'), 'BAD_ID'],
    [
      '2,400 fields',
      subscribe(`subscription { segmentSizeChanged(id: "x") { ${'__typename '.repeat(2400)} } }`),
      'QUERY_TOO_LARGE',
    ],
    ['jobs, which a viewer may not see', subscribe('subscription { jobProgress { __typename } }'), 'FORBIDDEN'],
    ['a place that is none', subscribe('subscription { eventReceived(after: "x") { __typename } }'), 'BAD_CURSOR'],
  ])('is refused and the socket goes on: %s', async (_what, message, code) => {
    const { said } = await talkAfterAck(bearer(), message, ({ length }) => length > 0)
    expect(said).toEqual([{ id: '1', type: 'error', payload: expect.any(Array) }])
    const [error] = (said[0]?.payload ?? []) as { message: string; extensions: { code: string } }[]
    expect(error?.extensions.code).toBe(code)
    expect(JSON.stringify(said)).not.toMatch(/node_modules|\bSELECT\b|stack/)
  })
})

test('no log has a token', () => environments.log.expectClean(...refreshTokens, ...handedOut))
