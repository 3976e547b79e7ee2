import { afterEach, describe, expect, test } from '@jest/globals'
import { createTokenSigner } from '@segue/graphql'
import type { JWK } from 'jose'
import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { SUPERGRAPH_FILE } from '../../gateway/compose.mjs'
import { askGraphql, createTestSignIn } from '../setup/graphql-client.js'
import { startLightGateway, type LightGateway } from './light-gateway.js'

const open: LightGateway[] = []
let folder: string | undefined
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
  if (folder) await rm(folder, { recursive: true, force: true })
  folder = undefined
})

async function startLight(...args: Parameters<typeof startLightGateway>): Promise<LightGateway> {
  const light = await startLightGateway(...args)
  open.push(light)
  return light
}

async function fileOf(name: string, text: string): Promise<string> {
  folder ??= await mkdtemp(join(tmpdir(), 'segue-gateway-'))
  const file = join(folder, name)
  await writeFile(file, text)
  return file
}

const SEGMENTS = 'query Names { segments { edges { node { id name } } } }'
const segments = (count: number) => ({
  segments: { edges: Array.from({ length: count }, (_, i) => ({ node: { id: `${i}`, name: `Segment ${i}` } })) },
})

/** Sends as it is, and gives the bytes as they come. */
async function send(url: string, body: string, headers: Record<string, string>) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = httpRequest(
      url,
      { method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
      resolve,
    )
    sent.on('error', reject)
    sent.end(body)
  })
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks) }
}

test('a large answer is compressed as the client can read it, a small one never', async () => {
  let count = 1000
  const { gateway, signIn } = await startLight('production', () => segments(count))
  const ask = (encoding: string) =>
    send(gateway.url, JSON.stringify({ query: SEGMENTS }), {
      authorization: `Bearer ${signIn.tokens.viewer}`,
      ...(encoding ? { 'accept-encoding': encoding } : {}),
    })
  const plain = await ask('')
  expect(plain.headers['content-encoding']).toBeUndefined()
  const brotli = await ask('gzip, deflate, br')
  expect(brotli.headers).toMatchObject({ 'content-encoding': 'br', vary: 'accept-encoding' })
  expect(brotliDecompressSync(brotli.bytes)).toEqual(plain.bytes)
  expect(brotli.bytes.length).toBeLessThan(plain.bytes.length / 4)
  const gzipped = await ask('gzip, br;q=0')
  expect(gzipped.headers['content-encoding']).toBe('gzip')
  expect(gunzipSync(gzipped.bytes)).toEqual(plain.bytes)
  count = 3
  expect((await ask('gzip, br')).headers['content-encoding']).toBeUndefined()
})

test('an answer says what it cost, and a document is planned once', async () => {
  const { gateway, signIn } = await startLight('production', () => segments(1))
  const query = 'query Page($first: Int) { segments(first: $first) { edges { node { id } } } }'
  const cost = async (first?: number) =>
    (await askGraphql(gateway.url, query, { first }, signIn.tokens.viewer)).extensions?.['cost']
  expect(await cost(10)).toEqual({ requested: 4 + 10, limit: 20_000 })
  expect(await cost(200)).toEqual({ requested: 4 + 200, limit: 20_000 })
  expect(await cost()).toEqual({ requested: 4 + 25, limit: 20_000 })
  const metrics = await (await fetch(new URL('/metrics', gateway.url))).text()
  expect(metrics).toMatch(/segue_gateway_plans_total\{result="hit",[^}]*\} 2\n/)
  expect(metrics).toMatch(/segue_gateway_plans_total\{result="miss",[^}]*\} 1\n/)
  expect(metrics).toMatch(
    /segue_gateway_operations_total\{operation="Page",kind="query",outcome="answered",[^}]*\} 3\n/,
  )
})

test('names of operations do not fill the metrics', async () => {
  const { gateway, signIn } = await startLight('production', () => segments(0))
  for (let i = 0; i < 210; i++) {
    await askGraphql(gateway.url, `query Name${i} { segments { pageInfo { endCursor } } }`, {}, signIn.tokens.viewer)
  }
  await askGraphql(gateway.url, `query OfAStranger { segments { pageInfo { endCursor } } }`)
  const metrics = await (await fetch(new URL('/metrics', gateway.url))).text()
  const names = new Set([...metrics.matchAll(/operations_total\{operation="(\w+)"/g)].map(([, name]) => name))
  expect(names.size).toBeLessThanOrEqual(202)
  expect(names).toContain('other')
  expect(names).not.toContain('OfAStranger')
})

test('a document that is planned is still refused to whom its rights are lacking', async () => {
  const { gateway, signIn, asked } = await startLight('production', () => ({ accounts: null }))
  const query = '{ accounts { edges { node { email } } } }'
  expect((await askGraphql(gateway.url, query, {}, signIn.tokens.admin)).data).toEqual({ accounts: null })
  const before = asked.length
  for (const [token, code] of [
    [signIn.tokens.viewer, 'FORBIDDEN'],
    [undefined, 'UNAUTHENTICATED'],
  ] as const) {
    expect((await askGraphql(gateway.url, query, {}, token)).errors).toMatchObject([{ extensions: { code } }])
  }
  expect(asked.length).toBe(before)
})

test('who is who behind proxies is what trusted ones say, and nobody can say it for himself', async () => {
  const ask = async (light: LightGateway, headers: Record<string, string>) => {
    await send(light.gateway.url, JSON.stringify({ query: SEGMENTS }), {
      authorization: `Bearer ${light.signIn.tokens.viewer}`,
      ...headers,
    })
    return light.asked.at(-1)?.headers['x-segue-client-address']
  }
  const bare = await startLight('production', () => segments(0))
  const spoofed = { 'x-forwarded-for': '198.51.100.1', 'x-segue-client-address': '198.51.100.2' }
  expect(await ask(bare, spoofed)).toBe('127.0.0.1')
  const proxied = await startLight('production', () => segments(0), { SEGUE_TRUSTED_PROXIES: '127.0.0.0/8' })
  expect(await ask(proxied, spoofed)).toBe('198.51.100.1')
  expect(await ask(proxied, { 'x-forwarded-for': '1.1.1.1, 198.51.100.1' })).toBe('198.51.100.1')
})

test('a peer outside of the trusted networks gets nothing', async () => {
  const { gateway } = await startLight('production', () => ({}), { SEGUE_TRUSTED_NETWORKS: '10.0.0.0/8' })
  for (const path of ['/', '/graphql', '/ready']) {
    await expect(fetch(new URL(path, gateway.url))).rejects.toThrow('fetch failed')
  }
})

describe('registered operations', () => {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  const manifest = (id: string): string =>
    JSON.stringify({
      format: 'apollo-persisted-query-manifest',
      version: 1,
      operations: [{ id, name: 'Names', type: 'query', body: SEGMENTS }],
    })
  const asking = (light: LightGateway) => async (body: object) => {
    const { bytes } = await send(light.gateway.url, JSON.stringify(body), {
      authorization: `Bearer ${light.signIn.tokens.viewer}`,
    })
    const { data, errors } = JSON.parse(bytes.toString()) as {
      data?: object
      errors?: { extensions: { code: string } }[]
    }
    return data ?? errors?.[0]?.extensions.code
  }
  const byHash = (sha256Hash: string, query?: string) => ({
    query,
    extensions: { persistedQuery: { version: 1, sha256Hash } },
  })

  test('are found by their hash; others may still be asked', async () => {
    const file = await fileOf('operations.json', manifest(hash(SEGMENTS)))
    const ask = asking(await startLight('production', () => segments(1), { SEGUE_GATEWAY_OPERATIONS: file }))
    expect(await ask(byHash(hash(SEGMENTS)))).toEqual(segments(1))
    expect(await ask(byHash(hash('{ a }')))).toBe('PERSISTED_QUERY_NOT_FOUND')
    expect(await ask(byHash(hash('{ a }'), SEGMENTS))).toBe('BAD_REQUEST')
    expect(await ask({ query: '{ segments { edges { node { id name } } } }' })).toEqual(segments(1))
  })

  test('can be all that people may ask, while machines ask what they like', async () => {
    const file = await fileOf('operations.json', manifest(hash(SEGMENTS)))
    const light = await startLight(
      'production',
      ({ query }) =>
        query.includes('exchangeApiKey') ? { exchangeApiKey: { accessToken: token, expiresAt } } : segments(1),
      { SEGUE_GATEWAY_OPERATIONS: file, SEGUE_GATEWAY_OPERATIONS_ONLY: 'true' },
    )
    const token = light.signIn.tokens.viewer
    const expiresAt = new Date(Date.now() + 300_000).toISOString()
    const ask = asking(light)
    expect(await ask({ query: SEGMENTS })).toEqual(segments(1))
    expect(await ask(byHash(hash(SEGMENTS)))).toEqual(segments(1))
    const free = '{ segments { edges { node { id name } } } }'
    expect(await ask({ query: free })).toBe('PERSISTED_QUERY_REQUIRED')
    expect((await askGraphql(light.gateway.url, free, {}, 'segue_production_1_secret')).data).toEqual(segments(1))
  })

  test('stop the start when one is not what its hash says', async () => {
    const file = await fileOf('operations.json', manifest(hash('{ other }')))
    await expect(startLight('production', () => ({}), { SEGUE_GATEWAY_OPERATIONS: file })).rejects.toThrow('SHA-256')
  })

  test('are not there without a manifest', async () => {
    const ask = asking(await startLight('production', () => ({})))
    expect(await ask(byHash(hash(SEGMENTS)))).toBe('PERSISTED_QUERY_NOT_SUPPORTED')
  })
})

describe('an API key', () => {
  test('is exchanged once for many requests, and again when its token ends or is revoked', async () => {
    let ending = false
    const light = await startLight('production', async ({ query }) => {
      if (query.includes('exchangeApiKey')) {
        const sign = await createTokenSigner(JSON.parse(light.signIn.privateKey) as JWK, 'production')
        const account = { id: randomUUID(), role: 'viewer', sessionId: randomUUID(), personalData: false } as const
        const expiresAt = new Date(Date.now() + (ending ? 20_000 : 300_000)).toISOString()
        return { exchangeApiKey: { accessToken: await sign(account), expiresAt, userErrors: [] } }
      }
      return segments(1)
    })
    const ask = (key = 'segue_production_abc_secret') => askGraphql(light.gateway.url, SEGMENTS, {}, key)
    const exchanges = () => light.asked.filter(({ query }) => query.includes('exchangeApiKey')).length
    for (const answer of await Promise.all([ask(), ask(), ask()])) expect(answer.data).toEqual(segments(1))
    expect(exchanges()).toBe(1)
    expect(light.asked.at(-1)?.headers.authorization).not.toContain('segue_production')
    ending = true
    await ask('segue_production_def_secret')
    await ask('segue_production_def_secret')
    expect(exchanges()).toBe(3)
    expect((await ask('segue_staging_abc_secret')).errors).toMatchObject([
      { extensions: { code: 'WRONG_ENVIRONMENT' } },
    ])
    expect(exchanges()).toBe(3)
  })

  test('that the platform refuses signs nobody in', async () => {
    const userErrors = [{ code: 'BAD_API_KEY', message: 'No.' }]
    const { gateway } = await startLight('production', () => ({
      exchangeApiKey: { accessToken: null, expiresAt: null, userErrors },
    }))
    const answer = await askGraphql(gateway.url, SEGMENTS, {}, 'segue_production_abc_wrong')
    expect(answer.errors).toMatchObject([{ message: 'No.', extensions: { code: 'UNAUTHENTICATED' } }])
  })
})

test('the refresh token lives in a cookie that scripts and other sites cannot use', async () => {
  const set = { production: 'one.two;3600' }
  const light = await startLight(
    'production',
    (_request, response) => {
      response.setHeader('x-segue-set-refresh-token', set.production)
      return { login: { accessToken: 'x', userErrors: [] } }
    },
    { SEGUE_TRUSTED_PROXIES: '127.0.0.1' },
  )
  const login = JSON.stringify({
    query: 'mutation { login(input: { email: "a@b.c", password: "x" }) { accessToken } }',
  })
  const cookie = async (headers: Record<string, string> = {}) =>
    (await send(light.gateway.url, login, headers)).headers['set-cookie']?.[0]
  const base = 'segue_refresh_production=one.two; Max-Age=3600; Path=/graphql; HttpOnly; SameSite=Strict'
  expect(await cookie()).toBe(base)
  expect(await cookie({ 'x-forwarded-proto': 'https' })).toBe(`${base}; Secure`)
  await cookie({ cookie: 'a=b; segue_refresh_staging=other; segue_refresh_production=one.two; c=d' })
  expect(light.asked.at(-1)?.headers['x-segue-refresh-token']).toBe('one.two')
  await cookie({ cookie: 'segue_refresh_production=a b', 'x-segue-refresh-token': 'said-by-the-client' })
  expect(light.asked.at(-1)?.headers['x-segue-refresh-token']).toBeUndefined()
  set.production = ';0'
  expect(await cookie()).toContain('segue_refresh_production=; Max-Age=0;')
})

test('a session that has ended ends the whole request', async () => {
  const light = await startLight('production', () => segments(1))
  const message = { message: 'Over.', extensions: { code: 'SESSION_ENDED' } }
  const ended = await startLight('production', (_request, response) => {
    response.end(JSON.stringify({ data: null, errors: [message] }))
    return {}
  })
  expect((await askGraphql(light.gateway.url, SEGMENTS, {}, light.signIn.tokens.viewer)).data).toEqual(segments(1))
  const { status, bytes } = await send(ended.gateway.url, JSON.stringify({ query: SEGMENTS }), {
    authorization: `Bearer ${ended.signIn.tokens.viewer}`,
  })
  expect(status).toBe(401)
  expect(JSON.parse(bytes.toString())).toMatchObject({ errors: [{ extensions: { code: 'SESSION_ENDED' } }] })
})

test('the explorer loads nothing from elsewhere and shows nothing before a sign-in', async () => {
  const { gateway } = await startLight('staging', () => ({}))
  const page = await fetch(new URL('/', gateway.url))
  expect(page.headers.get('content-type')).toContain('text/html')
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'; script-src 'self';")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toMatch(/https?:|\*|unsafe-eval/)
  const html = await page.text()
  expect(html).not.toMatch(/https?:\/\//)
  expect(html).not.toMatch(/<script(?![^>]*src=)/)
  const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '')
  expect(links.length).toBeGreaterThanOrEqual(6)
  for (const link of links) {
    const file = await fetch(new URL(link, gateway.url))
    expect([link, file.status]).toEqual([link, 200])
    expect((await file.text()).length).toBeGreaterThan(100)
  }
  expect((await fetch(new URL('/explorer/../package.json', gateway.url))).status).toBe(404)
  const introspection = await askGraphql(gateway.url, '{ __schema { types { name } } }')
  expect(introspection.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
})

test('a new supergraph is taken up without losing a request, and a broken one is not', async () => {
  const now = await readFile(SUPERGRAPH_FILE, 'utf8')
  const renamed = now
    .replace(/^type Segment$/m, 'type Segment')
    .replace(/\n  name: String! (@[^\n]*)\n/g, '\n  name: String! $1\n  label: String $1\n')
  expect(renamed).not.toBe(now)
  const file = await fileOf('supergraph.graphql', now)
  const { gateway, signIn } = await startLight(
    'production',
    ({ query }) => ({
      segments: { edges: [{ node: { id: '1', name: 'One', ...(query.includes('label') ? { label: 'New' } : {}) } }] },
    }),
    { SEGUE_GATEWAY_SUPERGRAPH: file },
  )
  const ask = (query: string) => askGraphql(gateway.url, query, {}, signIn.tokens.viewer)
  const until = async (field: string, there: boolean): Promise<void> => {
    for (let i = 0; i < 300; i++) {
      if (((await ask(`{ segments { edges { node { ${field} } } } }`)).data !== undefined) === there) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`Waited in vain for ${field}.`)
  }
  let loading = true
  let answered = 0
  const failures: unknown[] = []
  const load = Array.from({ length: 4 }, async () => {
    while (loading) {
      const answer = await ask(SEGMENTS).catch((error: unknown) => ({ data: undefined, errors: error }))
      if (answer.data) answered += 1
      else failures.push(answer.errors)
    }
  })
  await until('label', false)
  await writeFile(file, 'type Query { broken')
  await new Promise((resolve) => setTimeout(resolve, 1500))
  await until('label', false)
  await writeFile(file, renamed)
  await until('label', true)
  loading = false
  await Promise.all(load)
  expect(failures).toEqual([])
  expect(answered).toBeGreaterThan(10)
})

test('a token of the other environment opens nothing', async () => {
  const { gateway } = await startLight('production', () => segments(1))
  const staging = await createTestSignIn('staging')
  expect((await askGraphql(gateway.url, SEGMENTS, {}, staging.tokens.admin)).errors).toMatchObject([
    { extensions: { code: 'UNAUTHENTICATED' } },
  ])
})
