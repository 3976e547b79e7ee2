// Sending: outages on the way, interruption and going on, refusals. A small HTTP server plays a collector that misbehaves.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { WriteStream } from 'node:tty'
import { localWriteKey } from './local-write-key.js'
import { replay, type ReplayOptions } from './replay.js'

interface Received {
  profile: { identities: object[] }
  events: { id: string }[]
}

let folder: string
let server: Server
let received: Received[]
/** How the next requests are answered: a status, or the end of the connection. Nothing here: 200. */
let answers: (number | 'cut')[]
/** How the requests named themselves. */
let authorizations: Set<string | undefined>
let output: PassThrough

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segue-replay-'))
  received = []
  answers = []
  authorizations = new Set()
  output = new PassThrough()
  server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true })
})

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  authorizations.add(request.headers.authorization)
  const answer = answers.shift() ?? 200
  if (answer === 'cut') return void request.socket.destroy()
  if (answer === 200) received.push(JSON.parse(Buffer.concat(chunks).toString()) as Received)
  response.writeHead(answer, answer === 429 ? { 'retry-after': '1' } : {})
  response.end(JSON.stringify(answer === 200 ? {} : { error: { message: `Answer ${answer}.` } }))
}

async function options(invoices: number, rest: Partial<ReplayOptions> = {}): Promise<ReplayOptions> {
  return {
    path: await fileOf(invoices),
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    source: 'shop',
    rate: Infinity,
    limit: Infinity,
    folder: join(folder, 'bookmarks'),
    fromStart: false,
    signal: new AbortController().signal,
    output: output as unknown as WriteStream,
    ...rest,
  }
}

async function fileOf(invoices: number): Promise<string> {
  const path = join(folder, `${invoices}.csv`)
  const lines = Array.from({ length: invoices }, (_, i) => `${i + 1},S,A,1,2011-01-01 10:00:00,1.5,${100 + i}.0,UK`)
  await writeFile(
    path,
    `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n${lines.join('\n')}\n`,
  )
  return path
}

const ids = (): string[] => received.flatMap(({ events }) => events.map((event) => event.id)).toSorted()

test('outages, limits and lost connections cost time, not events', async () => {
  answers = ['cut', 503, 429, 'cut', 500, 503]
  expect(await replay(await options(40))).toMatchObject({ sent: 80, accepted: 80, failed: 0 })
  expect(new Set(ids()).size).toBe(80)
  expect(ids()).toHaveLength(80)
})

test('refused events and broken lines are counted, the rest is sent', async () => {
  answers = [422]
  const given = await options(3)
  await writeFile(given.path, 'x,S,A,broken,2011-01-01 10:00:00,1,,UK\n', { flag: 'a' })
  expect(await replay(given)).toMatchObject({ sent: 6, accepted: 4, failed: 3 })
  const shown = String(output.read())
  expect(shown).toContain('Line 5 is left out: Quantity must be a whole number.')
  expect(shown).toContain('2 events were refused (422): Answer 422.')
})

test('a source that may not send ends the run with advice', async () => {
  answers = Array<number>(100).fill(401)
  await expect(replay(await options(40))).rejects.toThrow('does not know a trusted tracker source "shop"')
})

test('the write key comes along as the user name of basic authorization', async () => {
  await replay(await options(3, { writeKey: 'k3y' }))
  expect([...authorizations]).toEqual([`Basic ${Buffer.from('k3y:').toString('base64')}`])
})

test('the write key of a local start is taken for its own shop only', async () => {
  await writeFile(join(folder, 'secrets.json'), JSON.stringify({ staging: { shopWriteKey: 'k3y' } }))
  const keyOf = (source: string, localEnvironment: 'staging' | 'production' | undefined): Promise<string | undefined> =>
    localWriteKey(folder, { source, localEnvironment })
  expect(await keyOf('shop', 'staging')).toBe('k3y')
  expect([
    await keyOf('other', 'staging'),
    await keyOf('shop', 'production'),
    await keyOf('shop', undefined),
    await localWriteKey(join(folder, 'nowhere'), { source: 'shop', localEnvironment: 'staging' }),
  ]).toEqual([undefined, undefined, undefined, undefined])
})

test('an interrupted run goes on where it stopped, and a finished one leaves no bookmark', async () => {
  const interrupt = new AbortController()
  const given = await options(200, { rate: 100, signal: interrupt.signal })
  const running = replay(given)
  while (received.length < 20) await new Promise((resolve) => setImmediate(resolve))
  interrupt.abort()
  const part = await running
  expect(part.sent).toBeLessThan(400)
  expect(await readdir(given.folder)).toHaveLength(1)

  const before = received.length
  const rest = await replay({ ...given, rate: Infinity, signal: new AbortController().signal })
  expect(String(output.read())).toMatch(/Going on after line \d+/)
  expect(rest.sent).toBeLessThan(400)
  expect(received.length).toBeGreaterThan(before)
  // What was under way when it was interrupted may come twice, under the same ids.
  expect(new Set(ids()).size).toBe(400)
  expect(await readdir(given.folder)).toEqual([])
})

test('a rate is kept', async () => {
  const { seconds } = await replay(await options(30, { rate: 100 }))
  expect(seconds).toBeGreaterThan(0.5)
})
