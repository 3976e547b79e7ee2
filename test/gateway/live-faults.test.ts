// Watching while parts of the environment go away and come again: nothing lost without a word, nobody disconnected for a restart.
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import { start as startEvent } from '@segue/subgraph-event'
import { readEventConfig } from '@segue/subgraph-event/config'
import { claims, envelope, mintId } from '../../packages/pipeline/src/testing/test-pipeline.js'
import { startDatabaseProxy as startProxy, type DatabaseProxy } from '../setup/database-proxy.js'
import type { LiveClient } from '../setup/live-client.js'
import { EVENTS, hasEvent, idsOf, startLiveEnvironment, until, type LiveEnvironment } from './live-environment.js'

let environment: LiveEnvironment
/** Ways to two subgraphs that can be closed. */
let toEvent: DatabaseProxy
let toProfile: DatabaseProxy
let url: string

beforeAll(async () => {
  environment = await startLiveEnvironment()
  toEvent = await startProxy(environment.subgraphs.event.url)
  toProfile = await startProxy(environment.subgraphs.profile.url)
})
afterEach(async () => {
  jest.restoreAllMocks()
  toEvent.mend()
  toProfile.mend()
  await environment.clear()
})
afterAll(async () => {
  await environment?.close()
  await toEvent?.close()
  await toProfile?.close()
})

async function connect(): Promise<LiveClient> {
  url = (await environment.startGateway({ event: toEvent.url, profile: toProfile.url })).url
  return await environment.connect(undefined, url)
}

const process = async (given = envelope()): Promise<string> => {
  await environment.pipeline.process(given)
  return given.eventId
}

test('a way to the subgraph that breaks costs nothing: what was told meanwhile comes when it is there again', async () => {
  const client = await connect()
  const watchings = Array.from({ length: 50 }, () => client.watch(EVENTS))
  await Promise.all(watchings.map((each) => each.message(1)))
  const sent = [await process()]
  await Promise.all(watchings.map((each) => each.until(hasEvent(sent[0] ?? ''))))
  toEvent.cut()
  await until(() => environment.subgraphs.event.watched().subscribers === 0)
  sent.push(await process(), await process())
  toEvent.mend()
  sent.push(await process())
  for (const each of watchings) {
    await each.until((seen) => sent.every((id) => hasEvent(id)(seen)))
    expect(idsOf(each)).toEqual(sent)
    expect(each.isDone).toBe(false)
    expect(each.messages.every(({ errors, data }) => !errors && !data.eventReceived.missed)).toBe(true)
  }
})

test('a subgraph that ends in order and starts again at its address is watched again', async () => {
  const other = await startEvent(readEventConfig(environment.variables))
  const gateway = await environment.startGateway({ event: other.url })
  const watching = (await environment.connect(undefined, gateway.url)).watch(EVENTS)
  await watching.message(1)
  const sent = [await process()]
  await watching.until(hasEvent(sent[0] ?? ''))
  await other.close()
  sent.push(await process())
  const again = await startEvent(
    readEventConfig({ ...environment.variables, SEGUE_SUBGRAPH_EVENT_PORT: String(other.port) }),
  )
  sent.push(await process())
  await watching.until((seen) => sent.every((id) => hasEvent(id)(seen)))
  expect(idsOf(watching)).toEqual(sent)
  await gateway.close()
  await again.close()
})

test('whoever subscribes while the subgraph is away is served when it is there', async () => {
  const client = await connect()
  toEvent.cut()
  const watching = client.watch(EVENTS)
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(watching.isDone).toBe(false)
  toEvent.mend()
  await watching.message(1)
})

test('a subgraph that stays away for half a minute is told of', async () => {
  const client = await connect()
  const watching = client.watch(EVENTS)
  await watching.message(1)
  toEvent.cut()
  await until(() => environment.subgraphs.event.watched().subscribers === 0)
  await new Promise((resolve) => setTimeout(resolve, 500))
  const now = Date.now.bind(Date)
  jest.spyOn(Date, 'now').mockImplementation(() => now() + 31_000)
  await watching.until(({ isDone }) => isDone)
  expect(watching.errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'SUBGRAPH_AWAY' }])
})

test('messages lack only what a subgraph that is away would say, and say where', async () => {
  const client = await connect()
  const watching = client.watch(EVENTS)
  await watching.message(1)
  toProfile.cut()
  const id = await process(envelope({ identities: claims({ email: 'eve@example.com' }) }))
  await watching.until(hasEvent(id))
  const partial = watching.messages.find(({ errors }) => errors)
  expect(partial?.data.eventReceived.events).toMatchObject([{ id, type: 'visited', profile: { email: null } }])
  expect(partial?.errors).toMatchObject([{ extensions: { code: 'SUBGRAPH_AWAY' } }])
  toProfile.mend()
  const away = jest.spyOn(environment.subgraphs.profile.database, 'createQueryRunner').mockImplementation(() => {
    throw new Error('Nobody there.')
  })
  const failed = await process(envelope({ identities: claims({ email: 'eve@example.com' }) }))
  await watching.until(hasEvent(failed))
  expect(watching.messages.at(-1)?.errors).toMatchObject([
    { path: ['eventReceived', 'events', 0, 'profile'], extensions: { code: 'INTERNAL' } },
  ])
  away.mockRestore()
  const next = await process(envelope({ identities: claims({ email: 'eve@example.com' }) }))
  await watching.until(hasEvent(next))
  expect(watching.messages.at(-1)?.errors).toBeUndefined()
  expect(watching.messages.at(-1)?.data.eventReceived.events[0].profile.email).toBe('eve@example.com')
})

test('a completing subgraph that is slow makes messages fewer, not lost and not out of order', async () => {
  const client = await connect()
  const watching = client.watch(EVENTS)
  await watching.message(1)
  const overtaken = await environment.metric('segue_gateway_live_overtaken_total', '', url)
  toProfile.hold()
  const sent: string[] = []
  const profileId = mintId()
  while ((await environment.metric('segue_gateway_live_overtaken_total', '', url)) === overtaken) {
    sent.push(await process(envelope({ profileId })))
  }
  for (let i = 0; i < 5; i++) sent.push(await process(envelope({ profileId })))
  expect(idsOf(watching)).toEqual([])
  toProfile.mend()
  await watching.until((seen) => sent.every((id) => hasEvent(id)(seen)))
  expect(idsOf(watching)).toEqual(sent)
  expect(watching.messages.filter(({ errors }) => errors)).toEqual([])
})

test('a gateway that ends tells clients to come again, and they go on at another', async () => {
  const gateway = await environment.startGateway()
  const client = await environment.connect(undefined, gateway.url)
  const watching = client.watch(EVENTS)
  await watching.message(1)
  const before = await process()
  await watching.until(hasEvent(before))
  await gateway.close()
  expect(await client.closed).toBe(1012)
  await until(() => environment.subgraphs.event.watched().subscribers === 0)
  const between = await process()
  const again = (await environment.connect()).watch(EVENTS, {
    after: watching.messages.at(-1)?.data.eventReceived.cursor,
  })
  await again.until(hasEvent(between))
  expect(idsOf(again)).toEqual([between])
})
