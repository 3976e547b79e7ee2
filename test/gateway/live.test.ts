// Watching through the gateway: what a subgraph tells, completed by the others, for as many clients as want the same.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { toBytes } from '@segue/database'
import { randomUUID } from 'node:crypto'
import { claims, envelope, mintId } from '../../packages/pipeline/src/testing/test-pipeline.js'
import { SUPERGRAPH_FILE } from '../../gateway/compose.mjs'
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  cursorOf,
  EVENTS,
  hasEvent,
  idsOf,
  startLiveEnvironment,
  until,
  type LiveEnvironment,
} from './live-environment.js'

let environment: LiveEnvironment

beforeAll(async () => {
  environment = await startLiveEnvironment()
})
afterEach(() => environment.clear())
afterAll(() => environment?.close())

const process = async (...envelopes: ReturnType<typeof envelope>[]): Promise<string> => {
  await environment.pipeline.process(...envelopes)
  return envelopes.at(-1)?.eventId ?? ''
}

describe('a subscription', () => {
  test('tells what comes in, with what other subgraphs know of it', async () => {
    const watching = (await environment.connect()).watch(EVENTS)
    expect(await watching.message(1)).toEqual({
      eventReceived: { events: [], skipped: 0, missed: false, cursor: expect.any(String) },
    })
    const sent = envelope({
      type: 'bought',
      properties: { price: 7 },
      identities: claims({ email: 'ann@example.com' }),
    })
    await process(sent)
    const profile = await environment.pipeline.profileOf('email', 'ann@example.com')
    expect((await watching.message(2)).eventReceived.events).toEqual([
      {
        id: sent.eventId,
        type: 'bought',
        properties: { price: 7 },
        profile: { id: profile?.id, email: 'ann@example.com' },
      },
    ])
  })

  test('masks personal data for whom it is not, whoever else watches the same', async () => {
    const admin = (await environment.connect()).watch(EVENTS)
    const viewer = (await environment.connect(environment.signIn.tokens.viewer)).watch(EVENTS)
    await Promise.all([admin.message(1), viewer.message(1)])
    const id = await process(
      envelope({ properties: { email: 'bob@example.com' }, identities: claims({ email: 'bob@example.com' }) }),
    )
    await Promise.all([admin, viewer].map((one) => one.until(hasEvent(id))))
    expect(JSON.stringify(admin.messages)).toContain('bob@example.com')
    expect(JSON.stringify(viewer.messages)).not.toContain('bob@example.com')
    expect(environment.subgraphs.event.watched().streams).toBe(2)
  })

  test('has what its document asks for, under its names, and no more', async () => {
    const watching = (await environment.connect()).watch(
      `subscription ($yes: Boolean!) { all: eventReceived { list: events { kind: type
        profile @include(if: $yes) { ... on Profile { number: id } } source @skip(if: $yes) { id } __typename } } }`,
      { yes: true },
    )
    await watching.message(1)
    const profileId = mintId()
    await process(envelope({ profileId }))
    expect(await watching.message(2)).toEqual({
      all: { list: [{ kind: 'visited', profile: { number: profileId }, __typename: 'Event' }] },
    })
  })

  test('goes on after a place, also at another gateway, without a gap', async () => {
    const before = (await environment.connect()).watch(EVENTS)
    await before.message(1)
    await before.until(hasEvent(await process(envelope())))
    const after = cursorOf(before)
    const sent = [envelope(), envelope(), envelope()]
    for (const each of sent) await process(each)
    const { url } = await environment.startGateway()
    const again = (await environment.connect(undefined, url)).watch(EVENTS, { after })
    const written = (await environment.connect()).watch(
      EVENTS.replace('after: $after', `after: "${after}"`).replace(', $after: String', ''),
    )
    for (const each of [again, written]) {
      await each.until((seen) => sent.every(({ eventId }) => hasEvent(eventId)(seen)))
      expect(idsOf(each).toSorted()).toEqual(sent.map(({ eventId }) => eventId).toSorted())
      expect(each.messages[0]?.data.eventReceived.missed).toBe(false)
    }
  })

  test('that goes on after a place which is not kept any more is told so', async () => {
    const watching = (await environment.connect()).watch(EVENTS, {
      after: Buffer.from('[999999999]').toString('base64url'),
    })
    expect((await watching.message(1)).eventReceived.missed).toBe(true)
    await watching.until(hasEvent(await process(envelope())))
  })
})

describe('clients that watch the same', () => {
  test('a thousand of them, of many accounts, cost one subscription and one completion a message', async () => {
    const tokens = await Promise.all(Array.from({ length: 50 }, () => environment.token()))
    const sockets = await Promise.all(tokens.map((token) => environment.connect(token)))
    // A few at a time, so that some come when the others are there already.
    const watchings = sockets.map((socket) => socket.watch(EVENTS))
    await Promise.all(watchings.map((each) => each.message(1)))
    watchings.push(...sockets.flatMap((socket) => Array.from({ length: 19 }, () => socket.watch(EVENTS))))
    await Promise.all(watchings.map((each) => each.message(1)))
    const { event } = environment.subgraphs
    await until(() => event.watched().subscribers === 1)
    expect(await environment.metric('segue_gateway_live_subscriptions')).toBe(1000)
    const counts = (): Promise<number[]> =>
      Promise.all([
        environment.metric('segue_gateway_live_completions_total'),
        environment.metric('segue_gateway_subgraph_seconds_count', 'profile'),
        environment.metric('segue_gateway_live_messages_total'),
      ])
    const before = await counts()
    const id = await process(envelope({ profileId: mintId() }))
    await Promise.all(watchings.map((each) => each.until(hasEvent(id))))
    const after = await counts()
    expect(after.map((count, i) => count - (before[i] ?? 0))).toEqual([1, 1, 1000])
  })

  test('go on when the one for whom it was opened leaves, or its token ends, or its session is ended', async () => {
    const sessionId = randomUUID()
    const first = (await environment.connect(await environment.token())).watch(EVENTS)
    await first.message(1)
    const second = (await environment.connect(await environment.token({}, 4))).watch(EVENTS)
    const third = (await environment.connect(await environment.token({ sessionId }))).watch(EVENTS)
    const last = (await environment.connect(await environment.token())).watch(EVENTS)
    await Promise.all([second, third, last].map((each) => each.message(1)))
    const sent: string[] = []
    const send = async (): Promise<void> => {
      const id = await process(envelope())
      sent.push(id)
      await last.until(hasEvent(id))
    }
    await send()
    first.stop()
    await send()
    await second.until(({ isDone }) => isDone)
    expect(second.errors?.[0]?.extensions.code).toBe('TOKEN_EXPIRED')
    await send()
    await environment.pipeline.rows(
      'INSERT INTO revoked_session (session_id, until) VALUES (?, UTC_TIMESTAMP(3) + INTERVAL 1 HOUR)',
      [toBytes(sessionId)],
    )
    await third.until(({ isDone }) => isDone)
    expect(third.errors?.[0]?.extensions.code).toBe('SESSION_ENDED')
    await send()
    expect(idsOf(last)).toEqual(sent)
    expect(last.messages.filter(({ errors }) => errors)).toEqual([])
    expect(environment.subgraphs.event.watched().subscribers).toBe(1)
  })

  test('and end it, or whose connection breaks, leave nothing behind', async () => {
    const { event } = environment.subgraphs
    const client = await environment.connect()
    const watchings = Array.from({ length: 20 }, (_, i) => client.watch(EVENTS, { filter: { types: [`t${i % 4}`] } }))
    await Promise.all(watchings.map((each) => each.message(1)))
    expect(event.watched().streams).toBe(4)
    watchings.filter((_, i) => i % 4 > 0).forEach((each) => each.stop())
    await until(() => event.watched().subscribers === 1)
    client.socket.terminate()
    await until(() => event.watched().subscribers === 0)
    await until(async () => (await environment.metric('segue_gateway_live_upstreams')) === 0)
    expect(await environment.metric('segue_gateway_live_subscriptions')).toBe(0)
    expect(await environment.metric('segue_gateway_live_sockets')).toBe(0)
  })
})

describe('a client that does not read', () => {
  test('is told all of it in few messages when it does, and holds nobody up', async () => {
    const slowClient = await environment.connect()
    // Large messages, which fill what the connection holds itself.
    const aliases = Array.from({ length: 20 }, (_, i) => `p${i}: properties`).join(' ')
    const LARGE = EVENTS.replace('properties', aliases)
    const quick = (await environment.connect()).watch(LARGE)
    const slow = slowClient.watch(LARGE)
    await Promise.all([slow.message(1), quick.message(1)])
    await until(() => environment.subgraphs.event.watched().subscribers === 1)
    const raw = (slowClient.socket as unknown as { _socket: { pause(): void; resume(): void } })._socket
    raw.pause()
    const setAside = await environment.metric('segue_gateway_live_set_aside_total')
    const sent: string[] = []
    const text = 'x'.repeat(2000)
    for (let i = 0; i < 6; i++) {
      // In the end more than a message has room for.
      const envelopes = Array.from({ length: i < 5 ? 60 : 400 }, () => envelope({ properties: i < 5 ? { text } : {} }))
      sent.push(...envelopes.map(({ eventId }) => eventId))
      const id = await process(...envelopes)
      await quick.until(hasEvent(id))
    }
    expect((await environment.metric('segue_gateway_live_set_aside_total')) - setAside).toBe(1)
    // Nothing is asked for it meanwhile.
    expect(environment.subgraphs.event.watched().subscribers).toBe(1)
    raw.resume()
    const last = await process(envelope())
    sent.push(last)
    await Promise.all([slow, quick].map((each) => each.until(hasEvent(last))))
    for (const each of [slow, quick]) {
      const skipped = each.messages.reduce((sum, { data }) => sum + data.eventReceived.skipped, 0)
      expect(idsOf(each).length + skipped).toBe(sent.length)
    }
    expect(slow.messages.length).toBeLessThan(quick.messages.length)
    // They watch together again.
    const together = await process(envelope())
    await Promise.all([slow, quick].map((each) => each.until(hasEvent(together))))
    await until(() => environment.subgraphs.event.watched().subscribers === 1)
  })
})

test('a new supergraph leaves subscriptions as they are, and is there for new ones', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'segue-live-'))
  const file = join(folder, 'supergraph.graphql')
  await cp(SUPERGRAPH_FILE, file)
  const { url } = await environment.startGateway({}, { SEGUE_GATEWAY_SUPERGRAPH: file })
  const client = await environment.connect(undefined, url)
  const watching = client.watch(EVENTS)
  await watching.message(1)
  const OLD = 'subscription { eventReceived { events { context } } }'
  const old = client.watch(OLD)
  await old.message(1)
  const renamed = (await readFile(file, 'utf8')).replaceAll(
    '  context: JSONObject! @join__field(graph: EVENT)',
    '  around: JSONObject! @join__field(graph: EVENT)',
  )
  await writeFile(`${file}.new`, renamed)
  await rename(`${file}.new`, file)
  await until(async () => {
    const tried = client.watch(OLD)
    await tried.until(({ messages, isDone }) => isDone || messages.length > 0)
    if (!tried.isDone) tried.stop()
    return tried.errors?.[0]?.extensions.code === 'GRAPHQL_VALIDATION_FAILED'
  })
  const later = client.watch(EVENTS)
  await later.message(1)
  const id = await process(envelope())
  await Promise.all([watching, later].map((each) => each.until(hasEvent(id))))
  expect((await old.message(2)).eventReceived.events).toEqual([{ context: {} }])
  await rm(folder, { recursive: true })
})
