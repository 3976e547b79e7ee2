// Events for the pipeline bench: visits of a shop, put straight into the inbox.
import { randomBytes, randomUUID } from 'node:crypto'
import { toBytes } from '@segue/database'
import { partitionOf, profileIds, type Envelope } from '@segue/event-model'
import type { Pool } from 'mysql2/promise'
import { v7 } from 'uuid'

/** Browsers that come back: each has a device, a profile and a visit going on. */
export interface Visitors {
  envelope(): Envelope
}

const CONTEXT = {
  page: { url: 'https://shop.example/products/85123A', title: 'White hanging heart', path: '/products/85123A' },
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36',
  locale: 'en-GB',
  timezone: 'Europe/London',
}

export function visitors(count: number): Visitors {
  const ids = profileIds(randomBytes(32))
  const people = Array.from({ length: count }, () => ({
    profileId: ids.mint(),
    device: randomUUID(),
    session: randomUUID(),
  }))
  return {
    envelope() {
      const person = people[Math.floor(Math.random() * people.length)] ?? {
        profileId: ids.mint(),
        device: '',
        session: '',
      }
      const quantity = 1 + Math.floor(Math.random() * 12)
      const receivedAt = Date.now()
      return {
        v: 1,
        eventId: v7(),
        requestId: v7(),
        protocol: 'tracker',
        sourceId: 'shop',
        trusted: false,
        receivedAt,
        occurredAt: receivedAt - 40,
        type: 'product-purchase',
        properties: {
          sku: '85123A',
          name: 'WHITE HANGING HEART T-LIGHT HOLDER',
          quantity,
          price: 2.55,
          value: Math.round(quantity * 255) / 100,
          currency: 'GBP',
          country: 'United Kingdom',
          order: { id: '536365' },
        },
        context: CONTEXT,
        profileId: person.profileId,
        identities: [{ kind: 'device', value: person.device }],
        session: { id: person.session, save: true },
        clientKey: { id: randomUUID(), time: receivedAt - 40 },
      }
    },
  }
}

/** Puts events into the inbox, a thousand a statement. */
export async function feed(pool: Pool, people: Visitors, events: number): Promise<void> {
  for (let done = 0; done < events; done += 1000) {
    const rows = Array.from({ length: Math.min(1000, events - done) }, () => {
      const envelope = people.envelope()
      return [
        partitionOf(envelope),
        toBytes(envelope.eventId),
        envelope.sourceId,
        new Date(envelope.receivedAt),
        Buffer.from(JSON.stringify(envelope)),
      ]
    })
    await pool.query('INSERT INTO inbox (partition_no, id, source_id, received_at, body) VALUES ?', [rows])
  }
}

/** A workflow of five nodes, live and triggered by each purchase. */
export async function deployWorkflow(pool: Pool): Promise<void> {
  const graph = {
    nodes: [
      { id: 'start', type: 'start', config: {} },
      { id: 'worth', type: 'if', config: { condition: 'event.properties.value > 0.0' } },
      {
        id: 'revenue',
        type: 'profile.increment',
        config: { field: 'counters.revenue', amount: { expr: 'event.properties.value' } },
      },
      { id: 'purchases', type: 'profile.increment', config: { field: 'counters.purchases' } },
      { id: 'end', type: 'end', config: {} },
    ],
    edges: [
      { from: 'start', port: 'next', to: 'worth' },
      { from: 'worth', port: 'true', to: 'revenue' },
      { from: 'revenue', port: 'done', to: 'purchases' },
      { from: 'purchases', port: 'done', to: 'end' },
    ],
  }
  const id = toBytes(v7())
  const now = new Date()
  await pool.query(
    'INSERT INTO workflow (id, name, draft, live_version, created_at, updated_at) VALUES (?, ?, ?, 1, ?, ?)',
    [id, 'Revenue', JSON.stringify(graph), now, now],
  )
  await pool.query('INSERT INTO workflow_version (workflow_id, version, graph, created_at) VALUES (?, 1, ?, ?)', [
    id,
    JSON.stringify(graph),
    now,
  ])
  await pool.query(
    `INSERT INTO workflow_trigger (id, workflow_id, name, event_type_id, required_consents, created_at, updated_at)
     VALUES (?, ?, 'Purchases', 'product-purchase', '[]', ?, ?)`,
    [toBytes(v7()), id, now, now],
  )
}
