// A subgraph answers only what its own environment's gateway has signed, and only to networks that it trusts.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createGatewaySigner, type RunningSubgraph } from '@segue/graphql'
import { start } from '@segue/subgraph-segment'
import { readSegmentConfig } from '@segue/subgraph-segment/config'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { createTestSignIn, TEST_GATEWAY_KEY, type TestSignIn } from '../setup/graphql-client.js'

let database: TestDatabase
let signIn: TestSignIn
let subgraph: RunningSubgraph

const variables = (): Record<string, string> => ({
  SEGUE_ENVIRONMENT: 'staging',
  SEGUE_LOG_LEVEL: 'error',
  SEGUE_MYSQL_URL: database.url,
  SEGUE_SUBGRAPH_SEGMENT_PORT: '0',
  SEGUE_TOKEN_PUBLIC_KEYS: signIn.publicKeys,
  SEGUE_GATEWAY_KEY: TEST_GATEWAY_KEY,
})

beforeAll(async () => {
  database = await createMigratedDatabase()
  signIn = await createTestSignIn('staging')
  subgraph = await start(readSegmentConfig(variables()))
})
afterAll(async () => {
  await subgraph?.close()
  await database?.close()
})

const BODY = JSON.stringify({ query: '{ segments { edges { node { id } } } }' })
const REQUEST = { requestId: 'request-1', clientAddress: '192.0.2.7', refreshToken: '' }

/** Sends a request with a signature; `sent` changes what is sent after it was signed. */
async function send(signature: string | undefined, sent: { body?: string; headers?: Record<string, string> } = {}) {
  const response = await fetch(subgraph.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${signIn.tokens.admin}`,
      'x-request-id': REQUEST.requestId,
      'x-segue-client-address': REQUEST.clientAddress,
      ...(signature === undefined ? {} : { 'x-segue-gateway': signature }),
      ...sent.headers,
    },
    body: sent.body ?? BODY,
  })
  const { data, errors } = (await response.json()) as { data?: unknown; errors?: { extensions: { code: string } }[] }
  return { status: response.status, data, code: errors?.[0]?.extensions.code }
}

const signed = (key = TEST_GATEWAY_KEY, now = Date.now()): string =>
  createGatewaySigner(key)({ ...REQUEST, authorization: `Bearer ${signIn.tokens.admin}`, body: BODY }, now)

test('what the gateway signed is answered', async () => {
  expect(await send(signed())).toEqual({ status: 200, data: { segments: { edges: [] } }, code: undefined })
  expect((await send(signed(TEST_GATEWAY_KEY, Date.now() - 50_000))).status).toBe(200)
})

describe('a request is refused', () => {
  const refused = { status: 403, data: undefined, code: 'NOT_A_GATEWAY' }

  test('without a signature, even with a valid token', async () => {
    expect(await send(undefined)).toEqual(refused)
  })

  test('with a made-up one', async () => {
    for (const signature of ['', 'x', `t=${Date.now()},v=${'A'.repeat(43)}`, `t=,v=`, signed().replace('t=', 't=1')]) {
      expect(await send(signature)).toEqual(refused)
    }
  })

  test('with one of another environment’s gateway', async () => {
    expect(await send(signed('ab'.repeat(32)))).toEqual(refused)
  })

  test('that is older than a minute, or from the future', async () => {
    expect(await send(signed(TEST_GATEWAY_KEY, Date.now() - 61_000))).toEqual(refused)
    expect(await send(signed(TEST_GATEWAY_KEY, Date.now() + 61_000))).toEqual(refused)
  })

  test('whose body, client, token or refresh token is another than was signed', async () => {
    expect(await send(signed(), { body: '{"query":"{ __typename }"}' })).toEqual(refused)
    expect(await send(signed(), { headers: { 'x-segue-client-address': '192.0.2.8' } })).toEqual(refused)
    expect(await send(signed(), { headers: { authorization: `Bearer ${signIn.tokens.viewer}` } })).toEqual(refused)
    expect(await send(signed(), { headers: { 'x-segue-refresh-token': 'stolen' } })).toEqual(refused)
  })

  test('whatever it calls its body', async () => {
    expect(await send(undefined, { headers: { 'content-type': 'text/plain' } })).toEqual(refused)
  })
})

test('a peer outside of the trusted networks gets nothing, not even health', async () => {
  const closed = await start(readSegmentConfig({ ...variables(), SEGUE_TRUSTED_NETWORKS: '10.0.0.0/8, fd00::/8' }))
  try {
    for (const path of ['/health', '/graphql']) {
      await expect(fetch(new URL(path, closed.url))).rejects.toThrow('fetch failed')
    }
  } finally {
    await closed.close()
  }
})
