// Real sales, from the file through collector, inbox and event workers to the profiles: every count is compared with the file.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { graphql, type VariablesOf } from '@segue/api-client'
import { start as startCollector, type RunningCollector } from '@segue/collector'
import { readCollectorConfig } from '@segue/collector/config'
import { connect, toBytes } from '@segue/database'
import { start as startWorker } from '@segue/event-worker'
import { readEventWorkerConfig } from '@segue/event-worker/config'
import { installBuiltIns } from '@segue/pipeline'
import { replay, sampleFile, type ReplayResult } from '@segue/replay'
import type { Running } from '@segue/service'
import type { Pool, RowDataPacket } from 'mysql2/promise'
import { startEnvironment, type TestEnvironment } from '../gateway/environment.js'
import { readRetailFile, type Buyer } from './retail-file.js'

const file = readRetailFile(sampleFile)
let environment: TestEnvironment
let pool: Pool
let collector: RunningCollector
let folder: string
let first: ReplayResult
const workers: Running[] = []

beforeAll(async () => {
  environment = await startEnvironment('production')
  pool = connect({ url: environment.databaseUrl, connections: 4 })
  folder = await mkdtemp(join(tmpdir(), 'segue-replay-'))
  await installBuiltIns(pool)
  await pool.query(
    `INSERT INTO event_source (id, name, channel, trusted, origins, created_at, updated_at)
     VALUES ('shop', 'Shop', 'tracker', TRUE, '[]', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
  )
  await deployRevenueWorkflow(pool)
  const { variables } = environment
  collector = await startCollector(
    readCollectorConfig({
      ...variables,
      SEGUE_COLLECTOR_PORT: '0',
      SEGUE_HEALTH_PORT: '0',
      SEGUE_PROFILE_ID_KEY: 'ab'.repeat(32),
    }),
  )
  for (let i = 0; i < 2; i++)
    workers.push(await startWorker(readEventWorkerConfig({ ...variables, SEGUE_HEALTH_PORT: '0' })))
  first = await send()
  await processed()
}, 120_000)

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.close()))
  await collector.close()
  await pool.end()
  await environment.close()
  await rm(folder, { recursive: true, force: true })
})

describe('a replayed retail file', () => {
  test('is sent and accepted whole', () => {
    const events = file.lines + file.orders + file.cancellations
    expect(first).toMatchObject({ sent: events, accepted: events, failed: 0 })
  })

  test('has a product-purchase for each line, an order for each invoice, a cancellation for each that starts with C', async () => {
    expect(await eventsByType()).toEqual({
      'product-purchase': file.lines,
      'order-placed': file.orders,
      'order-cancelled': file.cancellations,
    })
  })

  test('makes one profile for each customer and one for each invoice without a customer', async () => {
    const identities = await rows('SELECT kind, value FROM profile_identity ORDER BY kind, value')
    const expected = [
      ...[...file.withoutCustomer.keys()].map((invoice) => ({ kind: 'anonymous', value: `invoice-${invoice}` })),
      ...[...file.customers.keys()].map((value) => ({ kind: 'customer', value })),
    ]
    expect(identities).toEqual(expected.toSorted((a, b) => (a.kind + a.value < b.kind + b.value ? -1 : 1)))
    expect(await rows('SELECT COUNT(*) AS profiles FROM profile')).toEqual([{ profiles: expected.length }])
    expect(await rows('SELECT COUNT(*) AS aliases FROM profile_alias')).toEqual([{ aliases: 0 }])
  })

  test('gives each profile its own lines, orders, cancellations and items, by event and by timeline', async () => {
    const found = await rows(
      `SELECT i.value, COUNT(IF(e.type = 'product-purchase', 1, NULL)) AS \`lines\`,
         COUNT(IF(e.type = 'order-placed', 1, NULL)) AS orders, COUNT(IF(e.type = 'order-cancelled', 1, NULL)) AS cancellations,
         CAST(SUM(IF(e.type = 'product-purchase', e.number_2, 0)) AS SIGNED) AS items
       FROM profile_identity i
       JOIN activity a ON a.profile_id = i.profile_id AND a.kind = 'event'
       JOIN event e ON e.id = a.ref AND e.profile_id = i.profile_id
       GROUP BY i.value`,
    )
    const counts = new Map(found.map(({ value, ...buyer }) => [value, buyer]))
    const expected = [...buyers()].map(([value, { revenue: _, ...buyer }]) => [value, buyer])
    expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(expected))
  })

  test("keeps each customer's revenue to the penny in the workflow's counter", async () => {
    const found = await rows('SELECT i.value, p.document FROM profile p JOIN profile_identity i ON i.profile_id = p.id')
    const revenue = found.map(({ value, document }) => [value, JSON.parse(document).counters.revenue])
    const expected = [...buyers()].map(([value, buyer]) => [value, buyer.revenue / 100])
    expect(Object.fromEntries(revenue)).toEqual(Object.fromEntries(expected))
  })

  test('has original times and no sessions', async () => {
    const [times] = await rows(
      `SELECT MIN(occurred_at) AS first, MAX(occurred_at) AS last, SUM(valid) AS valid FROM event`,
    )
    expect(times).toMatchObject({
      first: file.from,
      last: file.to,
      valid: String(first.sent),
    })
    expect(await rows('SELECT COUNT(*) AS sessions FROM session')).toEqual([{ sessions: 0 }])
  })

  test('reads the same through the gateway', async () => {
    const data = await environment.client.request(COUNTS)
    expect(data).toEqual({
      profileCount: { value: file.customers.size + file.withoutCustomer.size },
      events: { value: first.sent },
      lines: { value: file.lines },
      orders: { value: file.orders },
      cancellations: { value: file.cancellations },
    })
    for (const [value, buyer] of file.customers) expect([value, await throughTheGateway(value)]).toEqual([value, buyer])
  }, 180_000)

  test('changes nothing when it is sent again', async () => {
    const before = await rows('SELECT id, version, document FROM profile ORDER BY id')
    expect(await send()).toMatchObject({ sent: first.sent, accepted: first.sent, failed: 0 })
    await processed()
    expect(await rows('SELECT COUNT(*) AS events FROM event')).toEqual([{ events: first.sent }])
    expect(await rows('SELECT id, version, document FROM profile ORDER BY id')).toEqual(before)
  })
})

function buyers(): [string, Buyer][] {
  return [
    ...file.customers,
    ...[...file.withoutCustomer].map(([invoice, buyer]): [string, Buyer] => [`invoice-${invoice}`, buyer]),
  ]
}

const COUNTS = graphql(`
  {
    profileCount {
      value
    }
    events: eventCount {
      value
    }
    lines: eventCount(filter: { type: "product-purchase" }) {
      value
    }
    orders: eventCount(filter: { type: "order-placed" }) {
      value
    }
    cancellations: eventCount(filter: { type: "order-cancelled" }) {
      value
    }
  }
`)

const CUSTOMER = graphql(`
  query ($value: String!, $after: String) {
    profileByIdentity(kind: "customer", value: $value) {
      id
      counters
      lines: events(first: 200, after: $after, type: "product-purchase") {
        edges {
          node {
            profile {
              id
            }
            properties
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
      orders: events(first: 200, type: "order-placed") {
        edges {
          node {
            id
          }
        }
      }
      cancellations: events(first: 200, type: "order-cancelled") {
        edges {
          node {
            id
          }
        }
      }
    }
  }
`)

/** What GraphQL tells of a customer, in the terms of the file; lines page after page. */
async function throughTheGateway(value: string): Promise<Buyer> {
  const buyer: Buyer = { lines: 0, orders: 0, cancellations: 0, revenue: 0, items: 0 }
  const page: VariablesOf<typeof CUSTOMER> = { value }
  for (;;) {
    const { profileByIdentity: profile } = await environment.client.request(CUSTOMER, page)
    if (!profile?.lines) throw new Error(`Nobody is ${value}.`)
    for (const { node } of profile.lines.edges) {
      expect(node.profile).toEqual({ id: profile.id })
      buyer.lines += 1
      buyer.items += Number(node.properties['quantity'])
    }
    buyer.orders = profile.orders?.edges.length ?? 0
    buyer.cancellations = profile.cancellations?.edges.length ?? 0
    buyer.revenue = Math.round(Number(profile.counters['revenue']) * 100)
    if (!profile.lines.pageInfo.hasNextPage) return buyer
    page.after = profile.lines.pageInfo.endCursor
  }
}

function send(): Promise<ReplayResult> {
  return replay({
    path: sampleFile,
    url: collector.url,
    source: 'shop',
    rate: Infinity,
    limit: Infinity,
    folder,
    fromStart: false,
    signal: new AbortController().signal,
    output: process.stderr,
  })
}

async function processed(): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(20)) {
    const [inbox] = await rows('SELECT COUNT(*) AS waiting FROM inbox')
    if (inbox?.['waiting'] === 0) return
  }
  throw new Error('The inbox was not emptied within a minute.')
}

async function eventsByType(): Promise<Record<string, number>> {
  const found = await rows('SELECT type, COUNT(*) AS events FROM event GROUP BY type')
  return Object.fromEntries(found.map((row) => [row['type'], row['events']]))
}

async function rows(statement: string): Promise<RowDataPacket[]> {
  const [found] = await pool.query<RowDataPacket[]>(statement)
  return found
}

/** start → does the line have a value? → add it to `counters.revenue`. */
async function deployRevenueWorkflow(pool: Pool): Promise<void> {
  const graph = JSON.stringify({
    nodes: [
      { id: 'start', type: 'start' },
      { id: 'valued', type: 'if', config: { condition: 'event.properties.value != null' } },
      {
        id: 'revenue',
        type: 'profile.increment',
        config: { field: 'counters.revenue', amount: { expr: 'event.properties.value' } },
      },
      { id: 'end', type: 'end' },
    ],
    edges: [
      { from: 'start', port: 'next', to: 'valued' },
      { from: 'valued', port: 'true', to: 'revenue' },
      { from: 'revenue', port: 'done', to: 'end' },
    ],
  })
  const [workflow, trigger] = [
    toBytes('01900000-0000-7000-8000-000000000001'),
    toBytes('01900000-0000-7000-8000-000000000002'),
  ]
  await pool.query(
    `INSERT INTO workflow (id, name, draft, live_version, created_at, updated_at)
     VALUES (?, 'Revenue', ?, 1, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    [workflow, graph],
  )
  await pool.query(
    'INSERT INTO workflow_version (workflow_id, version, graph, created_at) VALUES (?, 1, ?, UTC_TIMESTAMP(3))',
    [workflow, graph],
  )
  await pool.query(
    `INSERT INTO workflow_trigger (id, workflow_id, name, event_type_id, required_consents, created_at, updated_at)
     VALUES (?, ?, 'Lines', 'product-purchase', '[]', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    [trigger, workflow],
  )
}
