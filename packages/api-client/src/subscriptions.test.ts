// Against a small graphql-ws server that plays the gateway.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { buildSchema, GraphQLError } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { EventEmitter, once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { WebSocketServer } from 'ws'
import { createClient, graphql, type ApiClient, type ApiError, type MessagePlace } from './index.js'

const EVENTS = graphql(`
  subscription ($types: [String!]) {
    eventReceived(filter: { types: $types }) {
      events {
        id
      }
    }
  }
`)

/** A feed of ids from 1, whose cursors are the ids; what is at or below `forgotten` is no longer kept. */
interface Feed {
  last: number
  forgotten: number
  grown: EventEmitter
  open: number
}

let feed: Feed
let server: Server
let sockets: WebSocketServer
/** What the gateway was asked for, and by whom. */
let asked: { after: string | undefined; authorization: unknown }[]
/** Codes that subscriptions of a bearer are refused with. */
let refusals: Map<unknown, string>
let stop: () => Promise<void>
let client: ApiClient
let url: string

function grow(): void {
  feed.last += 1
  feed.grown.emit('grown')
}

/** A message for each id after `after`, as they come. */
function messages(after: string | undefined): AsyncIterableIterator<object> {
  let place = after === undefined ? feed.last : Number(after)
  let wake: (() => void) | undefined
  let isDone = false
  const look = (): void => wake?.()
  feed.grown.on('grown', look)
  feed.open += 1
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      while (!isDone && place >= feed.last) await new Promise<void>((resolve) => (wake = resolve))
      if (isDone) return { done: true, value: undefined }
      const missed = place < feed.forgotten
      place = Math.max(place, feed.forgotten) + 1
      return { done: false, value: { events: [{ id: `${place}` }], cursor: `${place}`, missed } }
    },
    async return() {
      if (!isDone) feed.open -= 1
      isDone = true
      feed.grown.off('grown', look)
      wake?.()
      return { done: true, value: undefined }
    },
  }
}

beforeEach(async () => {
  feed = { last: 10, forgotten: 0, grown: new EventEmitter(), open: 0 }
  asked = []
  refusals = new Map()
  let logins = 0
  server = createServer((request, response) => {
    request.resume()
    logins += 1
    const login = { accessToken: `T${logins}`, expiresAt: new Date(Date.now() + 900_000).toISOString(), userErrors: [] }
    response.end(JSON.stringify({ data: { login, refreshSession: login, logout: { userErrors: [] } } }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/graphql`
  sockets = new WebSocketServer({ server, path: '/graphql' })
  const schema = buildSchema(`
    type Query { nothing: Int }
    input Filter { types: [String!] }
    type Event { id: ID! }
    type EventReceived { events: [Event!]! cursor: String! missed: Boolean! }
    type Subscription { eventReceived(filter: Filter, after: String): EventReceived }
  `)
  const served = useServer(
    {
      schema,
      context: ({ connectionParams }) => ({ connectionParams }),
      onSubscribe({ connectionParams }) {
        const code = refusals.get(connectionParams?.['authorization'])
        return code ? [new GraphQLError(`Refused: ${code}`, { extensions: { code } })] : undefined
      },
    },
    sockets,
  )
  const field = schema.getSubscriptionType()?.getFields()['eventReceived']
  if (!field) throw new Error('No field')
  field.resolve = (message) => message
  field.subscribe = (_root, { after }, context: { connectionParams?: Record<string, unknown> }) => {
    asked.push({ after, authorization: context.connectionParams?.['authorization'] })
    return messages(after)
  }
  stop = async () => {
    await served.dispose()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  client = createClient({ url, token: 'T0' })
})
afterEach(async () => {
  await client.close()
  await stop()
})

interface Watching {
  ids: number[]
  places: MessagePlace[]
  losses: ApiError[]
  end: AbortController
  done: Promise<void>
  until(test: () => boolean): Promise<void>
}

function watch(by = client): Watching {
  const changed = new EventEmitter()
  const end = new AbortController()
  const watching: Omit<Watching, 'done'> = {
    ids: [],
    places: [],
    losses: [],
    end,
    async until(test) {
      while (!test()) await once(changed, 'changed', { signal: AbortSignal.timeout(20_000) })
    },
  }
  const done = by.subscribe(
    EVENTS,
    { types: ['page-view'] },
    {
      signal: end.signal,
      onMessage({ eventReceived }, place) {
        watching.ids.push(...(eventReceived?.events ?? []).map(({ id }) => Number(id)))
        watching.places.push(place)
        changed.emit('changed')
      },
      onLost(error) {
        watching.losses.push(error)
        changed.emit('changed')
      },
    },
  )
  return { ...watching, done }
}

/** Waits for what has no event of its own here. */
async function until(test: () => boolean): Promise<void> {
  const end = Date.now() + 20_000
  while (!test()) {
    if (Date.now() > end) throw new Error('In vain.')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('hands on messages as they come, and goes on from the last one when the connection was lost', async () => {
  const watching = watch()
  await until(() => feed.open === 1)
  grow()
  grow()
  await watching.until(() => watching.ids.length === 2)
  for (const socket of sockets.clients) socket.terminate()
  await watching.until(() => watching.losses.length === 1)
  grow()
  await watching.until(() => watching.ids.length === 3)
  grow()
  await watching.until(() => watching.ids.length === 4)
  expect(watching.ids).toEqual([11, 12, 13, 14])
  expect(watching.places.at(-1)).toEqual({ cursor: '14', missed: false, error: undefined })
  expect(watching.losses).toMatchObject([{ code: 'CONNECTION_LOST' }])
  expect(asked).toEqual([
    { after: undefined, authorization: 'Bearer T0' },
    { after: '12', authorization: 'Bearer T0' },
  ])
})

test('tells what could not be had any more', async () => {
  const watching = watch()
  await until(() => feed.open === 1)
  grow()
  await watching.until(() => watching.ids.length === 1)
  for (const socket of sockets.clients) socket.terminate()
  feed.last = 20
  feed.forgotten = 18
  await watching.until(() => watching.ids.length === 3)
  expect(watching.ids).toEqual([11, 19, 20])
  expect(watching.places.map(({ missed }) => missed)).toEqual([false, true, false])
})

test('begins where it is told to, and gives messages as they were asked for', async () => {
  const end = new AbortController()
  const seen: unknown[] = []
  const from = graphql('subscription ($from: String) { news: eventReceived(after: $from) { events { id } cursor } }')
  await client.subscribe(
    from,
    { from: '8' },
    {
      signal: end.signal,
      onMessage(data) {
        seen.push(data)
        if (seen.length === 2) end.abort()
      },
    },
  )
  expect(seen).toEqual([
    { news: { events: [{ id: '9' }], cursor: '9' } },
    { news: { events: [{ id: '10' }], cursor: '10' } },
  ])
})

test('many share one connection; each ends alone, and the last one takes the connection along', async () => {
  const watchings = [watch(), watch(), watch()]
  await until(() => feed.open === 3)
  expect(sockets.clients.size).toBe(1)
  watchings[0]?.end.abort()
  await watchings[0]?.done
  await until(() => feed.open === 2)
  grow()
  await watchings[1]?.until(() => watchings[1]?.ids.length === 1)
  expect(watchings[0]?.ids).toEqual([])
  await client.close()
  await Promise.all(watchings.map(({ done }) => done))
  await until(() => feed.open === 0 && sockets.clients.size === 0)
  expect(feed.grown.listenerCount('grown')).toBe(0)
})

test('a token that ended is replaced, and nothing between is lost', async () => {
  const signedIn = createClient({ url, signIn: { email: 'ada@example.com', password: 'correct horse battery' } })
  const first = watch(signedIn)
  const second = watch(signedIn)
  await until(() => feed.open === 2)
  grow()
  await first.until(() => first.ids.length === 1)
  await second.until(() => second.ids.length === 1)
  refusals.set('Bearer T1', 'TOKEN_EXPIRED')
  for (const socket of sockets.clients) socket.terminate()
  grow()
  await first.until(() => first.ids.length === 2)
  await second.until(() => second.ids.length === 2)
  expect([first.ids, second.ids]).toEqual([
    [11, 12],
    [11, 12],
  ])
  expect(asked.at(-1)).toEqual({ after: '11', authorization: 'Bearer T2' })
  await signedIn.close()
  await Promise.all([first.done, second.done])
})

test('what is refused rejects', async () => {
  refusals.set('Bearer T0', 'FORBIDDEN')
  await expect(watch().done).rejects.toMatchObject({ name: 'ApiError', code: 'FORBIDDEN' })
  refusals.set('Bearer T0', 'TOKEN_EXPIRED')
  await expect(watch().done).rejects.toMatchObject({ name: 'ApiError', code: 'TOKEN_EXPIRED' })
})

test('a watcher that throws ends its own subscription, not those beside it', async () => {
  const beside = watch()
  const failing = client.subscribe(
    EVENTS,
    {},
    {
      signal: new AbortController().signal,
      onMessage() {
        throw new Error('Mine.')
      },
    },
  )
  await until(() => feed.open === 2)
  grow()
  await expect(failing).rejects.toThrow('Mine.')
  await until(() => feed.open === 1)
  grow()
  await beside.until(() => beside.ids.length === 2)
  expect(beside.losses).toEqual([])
})
