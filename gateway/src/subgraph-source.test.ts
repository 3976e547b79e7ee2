import { afterEach, describe, expect, test } from '@jest/globals'
import { createGatewaySigner } from '@segue/graphql'
import { createLogger, createMetrics } from '@segue/service'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { TEST_GATEWAY_KEY } from '../../test/setup/graphql-client.js'
import type { GatewayContext } from './context.js'
import { createGatewayMetrics } from './metrics.js'
import { SubgraphSource, type SubgraphSourceOptions } from './subgraph-source.js'

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

const metrics = () => createGatewayMetrics(createMetrics('gateway'))

function sourceAt(port: number, options: Partial<SubgraphSourceOptions> = {}): SubgraphSource {
  return new SubgraphSource({
    name: 'event',
    url: `http://127.0.0.1:${port}/graphql`,
    logger: createLogger('test', 'silent'),
    sign: createGatewaySigner(TEST_GATEWAY_KEY),
    metrics: metrics().subgraph('event'),
    underWay: new Map(),
    ...options,
  })
}

async function sourceOf(
  listener: RequestListener,
  options: Partial<SubgraphSourceOptions> = {},
): Promise<SubgraphSource> {
  const { server, port } = await listen(listener)
  const source = sourceAt(port, options)
  open.push({ server, source })
  return source
}

const context: GatewayContext = {
  account: undefined,
  authorization: 'Bearer token',
  requestId: 'request-1',
  clientAddress: '10.1.2.3',
}

const fetchFrom = async (source: SubgraphSource, asked: { query?: string; by?: Partial<GatewayContext> } = {}) =>
  await source.process({
    request: { query: asked.query ?? '{ a }', variables: { v: 1 }, operationName: 'Q' },
    context: { ...context, ...asked.by },
  } as never)

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
    const source = await sourceOf(() => {}, { answerMs: 300 })
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

describe('a connection that breaks before an answer', () => {
  /** Answers from the second request on. */
  const hangsUpOnce = (): { listener: RequestListener; seen: () => number } => {
    let count = 0
    return {
      seen: () => count,
      listener: (request, response) => {
        count += 1
        if (count === 1) request.socket.destroy()
        else response.end('{"data":{"a":1}}')
      },
    }
  }

  test('costs a query nothing: it is asked once more', async () => {
    const { listener, seen } = hangsUpOnce()
    expect(await fetchFrom(await sourceOf(listener))).toEqual({ data: { a: 1 } })
    expect(seen()).toBe(2)
  })

  test('ends a mutation, which may have been done', async () => {
    const { listener, seen } = hangsUpOnce()
    expect(await fetchFrom(await sourceOf(listener), { query: 'mutation { a }' })).toHaveProperty('errors')
    expect(seen()).toBe(1)
  })

  test('is no reason to ask again when the answer had begun, or was late', async () => {
    let count = 0
    const broken = await sourceOf((request, response) => {
      count += 1
      response.writeHead(200, { 'content-length': '1000' })
      response.write('{"data":{"a"', () => request.socket.destroy())
    })
    expect(await fetchFrom(broken)).toHaveProperty('errors')
    const late = await sourceOf(() => (count += 1), { answerMs: 200 })
    expect(await fetchFrom(late)).toHaveProperty('errors')
    expect(count).toBe(2)
  })
})

describe('the same question that is under way', () => {
  /** Answers each request with its number and who asked, when told to. */
  function waiting(): { listener: RequestListener; answer: () => void; asked: () => number } {
    const held: (() => void)[] = []
    return {
      listener: (request, response) => {
        const number = held.length + 1
        held.push(() => response.end(JSON.stringify({ data: { number, by: request.headers.authorization ?? '' } })))
      },
      answer: () => held.forEach((each) => each()),
      asked: () => held.length,
    }
  }
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  test('is asked once for one account, and each gets an object of its own', async () => {
    const { listener, answer, asked } = waiting()
    const source = await sourceOf(listener)
    const both = [fetchFrom(source), fetchFrom(source)]
    await until(() => asked() === 1)
    answer()
    const [first, second] = await Promise.all(both)
    expect(first).toEqual({ data: { number: 1, by: 'Bearer token' } })
    expect(second).toEqual(first)
    expect(second?.data).not.toBe(first?.data)
    const again = fetchFrom(source)
    await until(() => asked() === 2)
    answer()
    expect(await again).toMatchObject({ data: { number: 2 } })
  })

  test('is never shared between accounts, nor with nobody', async () => {
    const { listener, answer, asked } = waiting()
    const source = await sourceOf(listener)
    const tokens = ['Bearer ann', 'Bearer bob', undefined]
    const all = tokens.map((authorization) => fetchFrom(source, { by: { authorization } }))
    await until(() => asked() === 3)
    answer()
    const by = (await Promise.all(all)).map(({ data }) => data?.['by'])
    expect(by).toEqual(['Bearer ann', 'Bearer bob', ''])
  })

  test('is asked anew after a change at any subgraph, and mutations are never shared', async () => {
    const { listener, answer, asked } = waiting()
    const underWay = new Map()
    const source = await sourceOf(listener, { underWay })
    const other = await sourceOf((_request, response) => response.end('{"data":{}}'), { name: 'profile', underWay })
    const before = fetchFrom(source)
    await until(() => asked() === 1)
    await fetchFrom(other, { query: 'mutation { b }' })
    const after = fetchFrom(source)
    await until(() => asked() === 2)
    const changes = [1, 2].map(() => fetchFrom(source, { query: 'mutation { a }' }))
    await until(() => asked() === 4)
    answer()
    const numbers = (await Promise.all([before, after, ...changes])).map(({ data }) => data?.['number'])
    expect(new Set(numbers).size).toBe(4)
  })
})

test('a refresh token goes to the platform subgraph alone', async () => {
  const seen: unknown[] = []
  const listener: RequestListener = (request, response) => {
    seen.push(request.headers['x-segue-refresh-token'])
    response.writeHead(200, { 'x-segue-set-refresh-token': 'next.token;60' }).end('{"data":{}}')
  }
  const by: GatewayContext = { ...context, refreshToken: 'secret' }
  const ask = async (name: string) =>
    await (await sourceOf(listener, { name })).process({ request: { query: 'mutation { a }' }, context: by } as never)
  await ask('event')
  await ask('platform')
  expect(seen).toEqual([undefined, 'secret'])
  expect(by.setRefreshToken).toEqual({ token: 'next.token', maxAgeSeconds: 60 })
})
