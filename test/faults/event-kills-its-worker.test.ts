// An event that ends the process of every worker which processes it: in the end it is found, and set apart.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { toBytes } from '@segue/database'
import { partitionOf, type Envelope } from '@segue/event-model'
import { startProcess, type RunningProcess } from './processes.js'
import { Stand } from './stand.js'

let stand: Stand | undefined
afterEach(() => stand?.close())

function envelope(type: string, profileId: string): Envelope {
  const now = Date.now()
  return {
    v: 1,
    eventId: randomUUID(),
    requestId: randomUUID(),
    protocol: 'tracker',
    sourceId: 'shop',
    trusted: true,
    receivedAt: now,
    occurredAt: now,
    type,
    properties: {},
    context: {},
    profileId,
    newProfileId: profileId,
    identities: [],
  }
}

async function put(envelopes: Envelope[]): Promise<void> {
  await stand?.pool.query('INSERT INTO inbox (partition_no, id, source_id, received_at, body) VALUES ?', [
    envelopes.map((one) => [
      partitionOf(one),
      toBytes(one.eventId),
      one.sourceId,
      new Date(one.receivedAt),
      Buffer.from(JSON.stringify(one)),
    ]),
  ])
}

/** Runs a worker that is started again whenever it dies, until the inbox is empty. Returns how often it died. */
async function drain(on: Stand): Promise<number> {
  const launch = async (): Promise<RunningProcess> => {
    const worker = await startProcess(
      'deadly-worker',
      'test/faults/deadly-worker.mjs',
      {
        SEGUE_ENVIRONMENT: 'staging',
        SEGUE_LOG_LEVEL: 'warn',
        SEGUE_MYSQL_URL: on.url('event-worker'),
        SEGUE_HEALTH_PORT: '0',
      },
      join(on.folder, 'logs/deadly-worker.log'),
    )
    on.workers.push(worker)
    return worker
  }
  let deaths = 0
  let worker = await launch()
  await on.until(
    'the inbox is empty',
    async () => {
      if (!worker.alive) {
        deaths += 1
        worker = await launch()
      }
      return (await on.inboxDepth()) === 0
    },
    150,
  )
  return deaths
}

test('an event that kills three workers with a batch, and three alone, is a dead letter; its neighbours are processed once', async () => {
  stand = await Stand.start()
  const profileId = randomUUID()
  const neighbours = Array.from({ length: 20 }, () => envelope('visited', profileId))
  const others = Array.from({ length: 200 }, () => envelope('visited', randomUUID()))
  const deadly = envelope('deadly', profileId)
  await put([...neighbours.slice(0, 10), deadly, ...neighbours.slice(10), ...others])

  expect(await drain(stand)).toBe(6)

  const dead = await stand.rows('SELECT id, event_type, error_code, body FROM dead_letter')
  expect(dead).toMatchObject([{ id: toBytes(deadly.eventId), event_type: 'deadly', error_code: 'KILLS_THE_WORKER' }])
  expect(JSON.parse(String(dead[0]?.['body']))).toEqual(deadly)
  const stored = await stand.rows('SELECT id FROM event')
  const expected = [...neighbours, ...others].map(({ eventId }) => eventId.replaceAll('-', ''))
  expect(stored.map((row) => row['id'].toString('hex')).sort()).toEqual(expected.sort())

  // Nothing of it is left: the partition's next events are processed by the batch again.
  await put([envelope('visited', profileId)])
  await stand.until('the inbox is empty', async () => (await stand?.inboxDepth()) === 0)
  const suspected = 'SELECT partition_no FROM partition_lease WHERE partition_no = ? AND (takeovers > 0 OR tries > 0)'
  expect(await stand.rows(suspected, [partitionOf(deadly)])).toEqual([])
}, 240_000)
