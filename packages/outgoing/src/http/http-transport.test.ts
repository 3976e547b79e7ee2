// What one HTTP attempt does: what it sends, whom it follows, how it reads the answer.
import { afterEach, expect, test } from '@jest/globals'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  AddressPolicy,
  createHttpTransport,
  type JsonObject,
  type Outcome,
  type OutgoingResource,
  type Transport,
} from '../index.js'

const open: (Server | Transport)[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

interface Seen {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
}

async function server(
  answer: (request: Seen, response: ServerResponse) => void,
  host = '127.0.0.1',
): Promise<{ url: string; host: string; seen: Seen[] }> {
  const seen: Seen[] = []
  const one = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      seen.push({
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      })
      const last = seen.at(-1)
      if (last) answer(last, response)
    })
  })
  open.push(one)
  await new Promise<void>((resolve) => one.listen(0, host, resolve))
  const { port } = one.address() as AddressInfo
  return { url: `http://${host}:${port}`, host: `${host}:${port}`, seen }
}

/** One attempt by a house that may call 127.0.0.0/8, except 127.0.0.9, which stands for the private rest. */
async function send(request: JsonObject, resource: OutgoingResource | null = null): Promise<Outcome> {
  const transport = createHttpTransport(new AddressPolicy(['127.0.0.1', '127.0.0.2']))
  open.push(transport)
  return await transport.send({ method: 'POST', headers: {}, body: null, timeoutMs: 5000, ...request }, resource, {
    idempotencyKey: 'key-1',
    signal: new AbortController().signal,
  })
}

const redirect = (status: number, location: string) => (_: Seen, response: ServerResponse) =>
  void response.writeHead(status, { location }).end()
const ok = (_: Seen, response: ServerResponse) => void response.end()

function resource(settings: JsonObject, secret: JsonObject | null): OutgoingResource {
  return { id: 'crm', revision: '1', settings, secret }
}

test.each([
  ['a bearer token', { kind: 'bearer' }, { token: 'abc' }, { authorization: 'Bearer abc' }],
  [
    'user and password',
    { kind: 'basic' },
    { user: 'ann', password: 'pa:ss' },
    { authorization: `Basic ${btoa('ann:pa:ss')}` },
  ],
  ['a header of its own', { kind: 'header', name: 'X-Api-Key' }, { value: 'abc' }, { 'x-api-key': 'abc' }],
])('%s of the resource is sent', async (_, auth, secret, headers) => {
  const { url, host, seen } = await server(ok)
  expect((await send({ url }, resource({ hosts: [host], auth }, secret))).kind).toBe('delivered')
  expect(seen[0]?.headers).toMatchObject({ ...headers, 'idempotency-key': 'key-1' })
})

test('a resource’s credentials go to its hosts only', async () => {
  const { url, seen } = await server(ok)
  const outcome = await send(
    { url },
    resource({ hosts: ['api.example.com'], auth: { kind: 'bearer' } }, { token: 'abc' }),
  )
  expect(outcome).toMatchObject({ kind: 'rejected', reason: { code: 'HOST_NOT_OF_RESOURCE' } })
  expect(seen).toEqual([])
})

test('a resource with a secret of another kind waits to be mended', async () => {
  const { url, host } = await server(ok)
  const outcome = await send({ url }, resource({ hosts: [host], auth: { kind: 'bearer' } }, { value: 'abc' }))
  expect(outcome).toMatchObject({ kind: 'retry', reason: { code: 'RESOURCE_UNUSABLE' } })
})

test('a redirect to another host takes body and key there, and no credentials', async () => {
  const other = await server(ok, '127.0.0.2')
  const first = await server(redirect(307, `${other.url}/there`))
  const settings = { hosts: [first.host], auth: { kind: 'header', name: 'X-Api-Key' } }
  const request = { url: first.url, body: 'text', headers: { Authorization: 'mine', Cookie: 'a=1', 'X-Shop': 'north' } }
  expect((await send(request, resource(settings, { value: 'abc' }))).kind).toBe('delivered')
  expect(first.seen[0]?.headers).toMatchObject({ 'x-api-key': 'abc', authorization: 'mine' })
  expect(other.seen).toMatchObject([
    { method: 'POST', path: '/there', body: 'text', headers: { 'x-shop': 'north', 'idempotency-key': 'key-1' } },
  ])
  for (const name of ['authorization', 'cookie', 'x-api-key']) expect(other.seen[0]?.headers).not.toHaveProperty(name)
})

test('a redirect within the host keeps the credentials', async () => {
  const { url, host, seen } = await server(({ path }, response) =>
    (path === '/a' ? redirect(308, '/b') : ok)({ path } as Seen, response),
  )
  await send({ url: `${url}/a` }, resource({ hosts: [host], auth: { kind: 'bearer' } }, { token: 'abc' }))
  expect(seen.map(({ path, headers }) => [path, headers.authorization])).toEqual([
    ['/a', 'Bearer abc'],
    ['/b', 'Bearer abc'],
  ])
})

test('after 303 the answer is fetched from there, without the body', async () => {
  const { url, seen } = await server(({ path }, response) =>
    (path === '/a' ? redirect(303, '/b') : ok)({ path } as Seen, response),
  )
  await send({ url: `${url}/a`, body: 'text' })
  expect(seen.map(({ method, path, body }) => [method, path, body])).toEqual([
    ['POST', '/a', 'text'],
    ['GET', '/b', ''],
  ])
})

test('a redirect to a private address is not followed', async () => {
  const secret = await server(ok, '127.0.0.9')
  const { url } = await server(redirect(307, secret.url))
  expect(await send({ url })).toMatchObject({ kind: 'rejected', reason: { code: 'ADDRESS_NOT_ALLOWED' } })
  expect(secret.seen).toEqual([])
})

test.each([
  ['of a POST after 302', 302, '/b', 'POST'],
  ['to another protocol', 307, 'ftp://127.0.0.1/', 'POST'],
  ['to a file', 307, 'file:///etc/passwd', 'GET'],
  ['with a password', 307, 'http://a:b@127.0.0.1/', 'GET'],
  ['to nowhere', 307, 'http://', 'GET'],
  ['in a circle', 307, '/a', 'GET'],
])('a redirect %s is not followed', async (_, status, location, method) => {
  const { url, seen } = await server(redirect(status, location))
  expect(await send({ url: `${url}/a`, method })).toMatchObject({
    kind: 'rejected',
    reason: { code: 'REDIRECT_NOT_FOLLOWED' },
  })
  expect(seen.length).toBe(location === '/a' ? 4 : 1)
})

test.each([
  ['200 is delivered', 200, { kind: 'delivered' }],
  ['204 is delivered', 204, { kind: 'delivered' }],
  ['404 is rejected', 404, { kind: 'rejected', reason: { code: 'HTTP_404' }, response: { status: 404 } }],
  ['408 comes again', 408, { kind: 'retry', unreachable: false }],
  ['425 comes again', 425, { kind: 'retry', unreachable: false }],
  ['429 comes again', 429, { kind: 'retry', unreachable: false }],
  ['500 comes again, and counts against the destination', 500, { kind: 'retry', unreachable: true }],
  ['503 comes again, and counts against the destination', 503, { kind: 'retry', unreachable: true }],
])('%s', async (_, status, expected) => {
  const { url } = await server((_request, response) => void response.writeHead(status).end())
  expect(await send({ url })).toMatchObject(expected)
})

test.each([
  ['seconds', '7', 7000],
  ['a date, by the server’s own clock', 'Wed, 01 Jan 2020 00:00:30 GMT', 30_000],
  ['a time in the past', 'Tue, 31 Dec 2019 00:00:00 GMT', 0],
  ['a month: a day is the most', '2592000', 86_400_000],
  ['nonsense', 'soon', null],
])('Retry-After with %s', async (_, header, after) => {
  const { url } = await server(
    (_request, response) =>
      void response.writeHead(503, { 'retry-after': header, date: 'Wed, 01 Jan 2020 00:00:00 GMT' }).end(),
  )
  expect(await send({ url })).toMatchObject({ kind: 'retry', after })
})

test('of an answer without end the beginning is kept, with a note', async () => {
  const { url } = await server((_, response) => {
    const more = (): void => {
      if (!response.destroyed && response.write('x'.repeat(10_000))) setImmediate(more)
    }
    response.on('drain', more)
    more()
  })
  const outcome = await send({ url })
  const { response } = outcome as unknown as { response: { body: string; bodyCut: string } }
  expect([outcome.kind, response.body.length, response.bodyCut]).toEqual([
    'delivered',
    65536,
    expect.stringContaining('65536'),
  ])
})

test('JSON is read, unless it is none or nests deeper than databases take', async () => {
  const deep = '['.repeat(40) + ']'.repeat(40)
  const bodies = ['{"a":[1,{"b":"[[["}]}', '{"a":', deep]
  const read = []
  for (const body of bodies) {
    const { url } = await server(
      (_, response) => void response.writeHead(200, { 'content-type': 'application/problem+json' }).end(body),
    )
    read.push((await send({ url })) as unknown as { response: { body: unknown } })
  }
  expect(read.map(({ response }) => response.body)).toEqual([{ a: [1, { b: '[[[' }] }, '{"a":', deep])
})

test('who does not answer in time is asked again', async () => {
  const { url } = await server(() => undefined)
  expect(await send({ url, timeoutMs: 50 })).toMatchObject({
    kind: 'retry',
    reason: { code: 'TIMEOUT' },
    unreachable: true,
  })
})

test('who closes the connection is asked again', async () => {
  const { url } = await server((_, response) => void response.destroy())
  expect(await send({ url })).toMatchObject({ kind: 'retry', reason: { code: 'CONNECTION_FAILED' }, unreachable: true })
})

test.each([
  ['no URL', { url: 'nowhere' }],
  ['another protocol', { url: 'ftp://example.com' }],
  ['a password in the URL', { url: 'http://a:b@example.com' }],
  ['a second header in a header', { url: 'http://127.0.0.1:1', headers: { a: 'b\r\nc: d' } }],
  ['an unknown method', { url: 'http://127.0.0.1:1', method: 'BREW' }],
])('a call with %s is rejected', async (_, request) => {
  expect(await send(request as JsonObject)).toMatchObject({ kind: 'rejected', reason: { code: 'BAD_REQUEST' } })
})
