import { afterEach, describe, expect, test } from '@jest/globals'
import { createLogger } from '@segue/service'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { GatewayContext } from './context.js'
import { SubgraphSource } from './subgraph-source.js'

const open: { server: Server; source: SubgraphSource }[] = []
afterEach(async () => {
  for (const { server, source } of open.splice(0)) {
    server.closeAllConnections()
    server.close()
    await source.close()
  }
})

async function listen(listener: RequestListener, port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer(listener).listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { server, port: typeof address === 'object' && address ? address.port : 0 }
}

async function sourceOf(listener: RequestListener, answerMs?: number): Promise<SubgraphSource> {
  const { server, port } = await listen(listener)
  const source = new SubgraphSource(
    'event',
    `http://127.0.0.1:${port}/graphql`,
    createLogger('test', 'silent'),
    answerMs,
  )
  open.push({ server, source })
  return source
}

const context: GatewayContext = {
  account: undefined,
  authorization: 'Bearer token',
  requestId: 'request-1',
  clientAddress: '10.1.2.3',
}

const fetchFrom = async (source: SubgraphSource) =>
  await source.process({ request: { query: '{ a }', variables: { v: 1 }, operationName: 'Q' }, context } as never)

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

test('passes on the query, who asks and the request’s id', async () => {
  let seen: unknown
  const source = await sourceOf((request, response) => {
    void textOf(request).then((body) => {
      seen = { url: request.url, method: request.method, headers: request.headers, body: JSON.parse(body) }
      response.end('{"data":{"a":1}}')
    })
  })
  expect(await fetchFrom(source)).toEqual({ data: { a: 1 } })
  expect(seen).toMatchObject({
    url: '/graphql',
    method: 'POST',
    headers: {
      authorization: 'Bearer token',
      'x-request-id': 'request-1',
      'x-segue-client-address': '10.1.2.3',
      'content-type': 'application/json',
    },
    body: { query: '{ a }', variables: { v: 1 }, operationName: 'Q' },
  })
})

test('keeps its connections and uses them again', async () => {
  const ports = new Set<number | undefined>()
  const source = await sourceOf((request, response) => {
    ports.add(request.socket.remotePort)
    response.end('{"data":{}}')
  })
  for (let i = 0; i < 20; i++) await fetchFrom(source)
  // Two: a connection is free a moment after its answer has been read.
  expect(ports.size).toBeLessThanOrEqual(2)
})

describe('a subgraph that fails is an error in the answer', () => {
  const away = { errors: [{ extensions: { code: 'SUBGRAPH_AWAY' }, message: expect.stringContaining('event') }] }

  test.each<[string, RequestListener]>([
    [
      'when it answers with something else',
      (_request, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'),
    ],
    ['when it answers with no answer', (_request, response) => response.end('{"ok":true}')],
    ['when it hangs up', (request) => request.socket.destroy()],
    [
      'when it hangs up in the middle of its answer',
      (request, response) => {
        response.writeHead(200, { 'content-length': '1000' })
        response.write('{"data":{"a"', () => request.socket.destroy())
      },
    ],
  ])('%s', async (_when, listener) => {
    expect(await fetchFrom(await sourceOf(listener))).toMatchObject(away)
  })

  test('when nobody listens', async () => {
    const source = await sourceOf(() => {})
    const [entry] = open
    entry?.server.close()
    expect(await fetchFrom(source)).toMatchObject(away)
  })

  test('when it takes too long', async () => {
    const source = await sourceOf(() => {}, 300)
    expect(await fetchFrom(source)).toMatchObject({ errors: [{ extensions: { code: 'SUBGRAPH_TIMEOUT' } }] })
  })
})

test('reaches a subgraph again that was restarted', async () => {
  const answer: RequestListener = (_request, response) => response.end('{"data":{}}')
  const source = await sourceOf(answer)
  const [entry] = open
  expect(await fetchFrom(source)).toEqual({ data: {} })
  const address = entry?.server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  entry?.server.closeAllConnections()
  await new Promise((resolve) => entry?.server.close(resolve))
  expect(await fetchFrom(source)).toHaveProperty('errors')
  const { server } = await listen(answer, port)
  if (entry) entry.server = server
  expect(await fetchFrom(source)).toEqual({ data: {} })
})
