// Who asks, from where and by which way: headers that claim to be somebody else's, forms of other sites, requests past the gateway, peers nobody knows.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createGatewaySigner, generateTokenKeys } from '@segue/graphql'
import { start as startGateway } from '@segue/gateway'
import { readGatewayConfig } from '@segue/gateway/config'
import { start as startSegment } from '@segue/subgraph-segment'
import { readSegmentConfig } from '@segue/subgraph-segment/config'
import { connect } from 'node:net'
import { WebSocket } from 'ws'
import { ADMIN, type TestEnvironment } from '../gateway/environment.js'
import { startLightGateway } from '../gateway/light-gateway.js'
import { connectLive } from '../setup/live-client.js'
import { attack, expectHarmless, expectRefused, secret, type Attack, type Reply } from './attack.js'
import {
  addAccount,
  handedOut,
  login,
  newAddress,
  PASSWORD,
  refreshTokens,
  startEnvironments,
  type Environments,
} from './environments.js'

let environments: Environments
let production: TestEnvironment
let staging: TestEnvironment

beforeAll(async () => {
  environments = await startEnvironments()
  ;({ production, staging } = environments)
})
afterAll(() => environments?.close())

const OTHER_SITE = 'https://evil.example'

describe('where a client is', () => {
  const SPOOFED = '203.0.113.66'
  const claims = {
    'x-forwarded-for': SPOOFED,
    forwarded: `for=${SPOOFED};proto=https;host=evil.example`,
    'x-real-ip': SPOOFED,
    'true-client-ip': SPOOFED,
    'cf-connecting-ip': SPOOFED,
    'x-client-ip': SPOOFED,
    'x-segue-client-address': SPOOFED,
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
  }
  const addressOf = async (environment: TestEnvironment, headers: Record<string, string>): Promise<string> => {
    const { token, reply } = await login(environment, ADMIN.email, ADMIN.password, headers)
    expect(reply.text).not.toContain(SPOOFED)
    const { data } = await attack(environment.gateway.url, {
      query: '{ mySessions { edges { node { address current } } } }',
      token,
    })
    return data.mySessions.edges.find(({ node }: { node: { current: boolean } }) => node.current).node.address
  }

  test('is the peer, whatever the client says, unless a proxy is believed', async () => {
    expect(await addressOf(staging, claims)).toBe('127.0.0.1')
    const { reply } = await login(staging, ADMIN.email, ADMIN.password, claims)
    expect(reply.headers['set-cookie']?.[0]).not.toMatch(/Secure/)
  })

  test('is what the last proxy that is believed says, not what somebody wrote further left', async () => {
    const { 'x-forwarded-for': _own, ...others } = claims
    expect(await addressOf(production, others)).toBe('127.0.0.1')
    const address = newAddress()
    for (const list of [
      `${SPOOFED}, ${address}`,
      `"><script>, ${address}`,
      `${SPOOFED},${address}, 127.0.0.1`,
      `unknown,, ${address},::1`,
    ]) {
      expect(await addressOf(production, { 'x-forwarded-for': list })).toBe(address)
    }
    for (const list of ['', 'nonsense', '127.0.0.1', '1.2.3.4.5', '0x7f000001', "' OR 1=1"]) {
      expect(await addressOf(production, { 'x-forwarded-for': list })).toBe('127.0.0.1')
    }
  })

  test('does not help to guess on: other addresses in headers count as the same', async () => {
    const { email } = await addAccount(staging, 'guessed@example.com')
    const codes: (string | undefined)[] = []
    for (let i = 0; i < 22; i++) {
      const spoofed = `203.0.113.${i}`
      const headers = {
        'x-forwarded-for': spoofed,
        forwarded: `for=${spoofed}`,
        'x-segue-client-address': spoofed,
        'x-real-ip': spoofed,
      }
      codes.push((await login(staging, email, 'not the password', headers)).code)
    }
    expect(codes.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 'BAD_CREDENTIALS'))
    expect(codes.slice(20)).toEqual(['TOO_MANY_ATTEMPTS', 'TOO_MANY_ATTEMPTS'])
    expect((await login(staging, email, PASSWORD, {})).code).toBe('TOO_MANY_ATTEMPTS')
  })
})

test('of a client’s headers a subgraph gets what the gateway has checked, and no other', async () => {
  const { gateway, signIn, asked, close } = await startLightGateway('staging', ({ query }) =>
    query.includes('me') ? { me: { id: '1' } } : {},
  )
  try {
    await attack(gateway.url, {
      query: '{ me { id } }',
      token: signIn.tokens.admin,
      headers: {
        cookie: 'segue_refresh_staging=mine; segue_refresh_production=other; session=1',
        'user-agent': 'browser \u00e9',
        'x-request-id': 'bad"},{"level":"error',
        'x-segue-gateway': `t=${Date.now()},v=${'A'.repeat(43)}`,
        'x-segue-client-address': '203.0.113.66',
        'x-segue-refresh-token': 'theirs',
        'x-segue-set-refresh-token': 'theirs;1000',
        'x-segue-account': 'admin',
        'x-forwarded-for': '203.0.113.66',
        forwarded: 'for=203.0.113.66',
        'x-http-method-override': 'DELETE',
        'apollo-require-preflight': '1',
        origin: OTHER_SITE,
        te: 'trailers',
      },
    })
    const [request] = asked
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request?.headers ?? {}
    expect(headers).toEqual({
      'content-type': 'application/json',
      accept: 'application/json',
      authorization: `Bearer ${signIn.tokens.admin}`,
      'user-agent': expect.stringMatching(/^browser /),
      'x-request-id': expect.stringMatching(/^[\da-f-]{36}$/),
      'x-segue-client-address': '127.0.0.1',
      'x-segue-refresh-token': 'mine',
      'x-segue-gateway': expect.not.stringContaining('AAAA'),
    })
  } finally {
    await close()
  }
})

test('a request id that is none is not taken over', async () => {
  for (const id of [
    'short',
    'x'.repeat(65),
    'a b c d e f g h',
    '../../etc/passwd',
    '"},{"level":"fatal"}',
    'äöüäöüäöü',
    '${jndi:ldap://x}',
  ]) {
    const { headers, text } = await attack(staging.gateway.url, {
      query: '{ __typename }',
      headers: { 'x-request-id': id },
    })
    expect(headers['x-request-id']).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
    expect(text).not.toContain(id)
  }
})

describe('past the gateway', () => {
  const NAMES = ['profile', 'event', 'workflow', 'segment', 'platform'] as const
  const open = JSON.stringify({ query: '{ __typename }' })
  const login = JSON.stringify({
    query: `mutation { login(input: { email: "${ADMIN.email}", password: "${ADMIN.password}" }) { accessToken } }`,
  })
  const signed = (key: string, body: string, at = Date.now(), authorization = ''): string =>
    createGatewaySigner(key)({ requestId: '', clientAddress: '', authorization, refreshToken: '', body }, at)

  test.each(NAMES)('the %s subgraph answers nothing that its gateway has not just signed', async (name) => {
    const { url } = production.subgraphs[name]
    const key = production.variables['SEGUE_GATEWAY_KEY'] ?? ''
    const { admin } = production.signIn.tokens
    const body = name === 'platform' ? login : open
    const attacks: Attack[] = [
      { body },
      { body, token: admin },
      { body, headers: { 'x-segue-gateway': signed('0'.repeat(64), body) } },
      {
        body,
        token: admin,
        headers: { 'x-segue-gateway': signed('ab'.repeat(32), body, Date.now(), `Bearer ${admin}`) },
      },
      { body, headers: { 'x-segue-gateway': signed(key, body, Date.now() - 61_000) } },
      { body, headers: { 'x-segue-gateway': signed(key, body, Date.now() + 61_000) } },
      // Of another request: overheard, and used for something else.
      { body, headers: { 'x-segue-gateway': signed(key, `${body} `) } },
      { body, token: admin, headers: { 'x-segue-gateway': signed(key, body) } },
      { body, headers: { 'x-segue-gateway': signed(key, body), 'x-segue-client-address': '203.0.113.66' } },
      { body, headers: { 'x-segue-gateway': signed(key, body), 'x-segue-refresh-token': 'stolen' } },
      { body, headers: { 'x-segue-gateway': [signed(key, body), signed(key, body)] } },
      { body, headers: { 'x-segue-gateway': signed(key, body).replace('v=', 'v=A') } },
      { body, headers: { 'content-type': 'text/plain' } },
      { body: '{', headers: {} },
    ]
    for (const one of attacks) expectRefused(await attack(url, one), 403, 'NOT_A_GATEWAY')
    for (const type of [
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/graphql',
      '',
    ]) {
      const reply = await attack(url, { body, headers: { 'content-type': type } })
      expect([403, 415]).toContain(reply.status)
      expect(reply.data).toBeUndefined()
      expectHarmless(reply)
    }
    for (const path of ['/graphql?query={__typename}', '/graphql?query=mutation{logout{ended}}']) {
      const reply = await attack(url, {
        method: 'GET',
        path,
        token: admin,
        headers: { 'apollo-require-preflight': '1', 'content-type': 'application/json' },
      })
      expect(reply.status).toBeGreaterThanOrEqual(400)
      expect(reply.data).toBeUndefined()
      expectHarmless(reply)
    }
  })

  test('a subgraph is watched by nobody who is not its gateway', async () => {
    const { url } = production.subgraphs.event
    for (const parameters of [
      {},
      { 'x-segue-gateway': 'x' },
      { authorization: `Bearer ${production.signIn.tokens.admin}` },
    ]) {
      await expect(connectLive(url, parameters)).rejects.toThrow(/Closed with 4\d\d\d/)
    }
  })

  test('a stranger’s network gets nothing at all, not even by saying that it is another', async () => {
    const trusted = { SEGUE_TRUSTED_NETWORKS: '10.0.0.0/8, fd00::/8', SEGUE_TRUSTED_PROXIES: '127.0.0.1' }
    const variables = { ...production.variables, ...trusted }
    const gateway = await startGateway(readGatewayConfig(variables))
    const subgraph = await startSegment(readSegmentConfig(variables))
    try {
      for (const url of [gateway.url, subgraph.url]) {
        for (const path of ['/graphql', '/health', '/ready', '/metrics', '/']) {
          const sent = {
            method: path === '/graphql' ? 'POST' : 'GET',
            path,
            body: open,
            headers: { 'x-forwarded-for': '10.0.0.1' },
          }
          await expect(attack(url, sent)).rejects.toThrow(/hang up|ECONNRESET|EPIPE/)
        }
        const socket = new WebSocket(url.replace(/^http/, 'ws'), 'graphql-transport-ws')
        await expect(
          new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject)),
        ).rejects.toThrow()
      }
    } finally {
      await gateway.close()
      await subgraph.close()
    }
  })
})

describe('another site', () => {
  const mutation = { query: 'mutation { logout { ended } }' }
  const send = async (sent: Attack): Promise<Reply> => {
    const reply = await attack(production.gateway.url, sent)
    expectHarmless(reply)
    for (const name of Object.keys(reply.headers)) expect(name).not.toMatch(/^access-control-/)
    return reply
  }
  /** As a browser would send it along. */
  let cookie: string
  beforeAll(async () => {
    ;({ cookie } = await login(production, ADMIN.email))
  })
  const cross = () => ({ origin: OTHER_SITE, 'sec-fetch-site': 'cross-site', cookie })

  test.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'text/plain; charset=application/json',
    'text/plain;application/json',
    'application/json-seq',
    'application/jsonp',
    'application/graphql',
    'application/xjson, application/json',
    ' ',
    '',
  ])('changes nothing by a form or a simple request: %j', async (type) => {
    const headers = { ...cross(), 'content-type': type }
    expectRefused(await send({ ...mutation, headers }), 415, 'BAD_REQUEST')
    expectRefused(await send({ body: `query=${encodeURIComponent(mutation.query)}`, headers }), 415, 'BAD_REQUEST')
    const claimed = {
      ...headers,
      'apollo-require-preflight': '1',
      'x-apollo-operation-name': 'A',
      'x-content-type': 'application/json',
    }
    expectRefused(await send({ ...mutation, headers: claimed }), 415, 'BAD_REQUEST')
  })

  test('changes and reads nothing by an address', async () => {
    for (const path of [
      '/graphql?query=mutation{logout{ended}}',
      '/graphql?query={me{id}}',
      '/graphql?query={__typename}&extensions={}',
    ]) {
      for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']) {
        const headers = {
          ...cross(),
          'content-type': 'application/json',
          'x-http-method-override': 'POST',
          'apollo-require-preflight': '1',
        }
        const { status, data } = await send({ method, path, headers })
        expect([status, data]).toEqual([405, undefined])
      }
    }
    for (const path of [
      '/graphql?query=mutation{logout{ended}}',
      '/graphql/',
      '//graphql',
      '/GRAPHQL',
      '/graphql%2f',
      '/graphql;x',
      '/%67raphql',
      '/./graphql',
      '/graphql#',
    ]) {
      const { status, data } = await send({ ...mutation, path, headers: cross() })
      if (data === undefined) expect(status).toBe(404)
    }
  })

  test('is told by no header that it may ask', async () => {
    const preflight = {
      ...cross(),
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type, authorization',
    }
    expect((await send({ method: 'OPTIONS', path: '/graphql', headers: preflight })).status).toBe(405)
    expect((await send({ query: '{ __typename }', headers: { origin: OTHER_SITE } })).status).toBe(200)
    expect(
      (await send({ method: 'GET', path: '/', headers: { origin: OTHER_SITE } })).headers['content-security-policy'],
    ).toContain("frame-ancestors 'none'")
  })

  test('did not end the session by any of it', async () => {
    const { data } = await send({ query: 'mutation { refreshSession { userErrors { code } } }', headers: { cookie } })
    expect(data.refreshSession.userErrors).toEqual([])
  })
})

describe('what is no HTTP', () => {
  /** Sends bytes and gives all that comes back until the connection is closed. */
  const raw = async (text: string): Promise<string> =>
    await new Promise((resolve, reject) => {
      let said = ''
      const socket = connect({ host: '127.0.0.1', port: production.gateway.port }, () => socket.end(text))
      socket.on('data', (chunk) => (said += String(chunk)))
      socket.on('error', reject)
      socket.on('close', () => resolve(said))
    })
  const body = '{"query":"{ __typename }"}'
  const head = (lines: string): string =>
    `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${lines}\r\n`

  test.each([
    ['two lengths', head(`Content-Length: ${body.length}\r\nContent-Length: 1\r\n`) + body],
    ['a length and chunks', head(`Content-Length: 4\r\nTransfer-Encoding: chunked\r\n`) + `1a\r\n${body}\r\n0\r\n\r\n`],
    ['a length below nothing', head('Content-Length: -1\r\n') + body],
    ['a length in hexadecimal', head('Content-Length: 0x1a\r\n') + body],
    ['an odd transfer encoding', head('Transfer-Encoding: xchunked\r\n') + body],
    ['a chunk of a wrong length', head('Transfer-Encoding: chunked\r\n') + `zz\r\n${body}\r\n0\r\n\r\n`],
    [
      'a header with a line break in it',
      head(`X-Request-Id: abcdefgh\n X-Segue-Gateway: x\r\nContent-Length: ${body.length}\r\n`) + body,
    ],
    ['a header with a null', head(`X-Request-Id: abcdefgh\0\r\nContent-Length: ${body.length}\r\n`) + body],
    ['a header name with a space', head(`X-Segue Gateway: x\r\nContent-Length: ${body.length}\r\n`) + body],
    [
      'no host',
      `POST /graphql HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    ],
    ['nonsense', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ])('%s is refused and the connection closed', async (_what, text) => {
    const said = await raw(text)
    expect(said).toMatch(/^HTTP\/1\.1 400 /)
    expect(said.match(/HTTP\/1\.1 /g)).toHaveLength(1)
    expect(said).not.toContain('data')
  })

  test('a request behind another is answered as one of its own', async () => {
    const one = head(`Content-Length: ${body.length}\r\n`) + body
    const said = await raw(one + one.replace('/graphql', '/metrics').replace('POST', 'PATCH'))
    expect(said.match(/HTTP\/1\.1 (\d+)/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404'])
  })
})

test('no log has what was sent', async () => {
  secret((await generateTokenKeys()).privateJwk.d ?? '')
  environments.log.expectClean(...refreshTokens, ...handedOut, 'not the password', '"level":"fatal"', 'jndi')
})
