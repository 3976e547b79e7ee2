// Runs that wait, one for each person: made by an event worker, as they are in production.
import { randomBytes, randomUUID } from 'node:crypto'
import { toBytes } from '@segue/database'
import { partitionOf, profileIds, type Envelope } from '@segue/event-model'
import type { Pool } from 'mysql2/promise'
import { v7 } from 'uuid'

const EVENT_TYPE = 'cart-filled'

/** Waits for weeks; then two nodes, one of which writes to the profile. */
const GRAPH = {
  nodes: [
    { id: 'start', type: 'start' },
    { id: 'wait', type: 'wait.duration', config: { duration: '30d' } },
    { id: 'remind', type: 'profile.increment', config: { field: 'counters.reminded' } },
    { id: 'end', type: 'end' },
  ],
  edges: [
    { from: 'start', port: 'next', to: 'wait' },
    { from: 'wait', port: 'done', to: 'remind' },
    { from: 'remind', port: 'done', to: 'end' },
  ],
}

export async function deployWaiting(pool: Pool): Promise<void> {
  const [id, graph, now] = [toBytes(v7()), JSON.stringify(GRAPH), new Date()]
  await pool.query(
    `INSERT INTO workflow (id, name, draft, live_version, created_at, updated_at) VALUES (?, 'Reminder', ?, 1, ?, ?)`,
    [id, graph, now, now],
  )
  await pool.query('INSERT INTO workflow_version (workflow_id, version, graph, created_at) VALUES (?, 1, ?, ?)', [
    id,
    graph,
    now,
  ])
  await pool.query(
    `INSERT INTO workflow_trigger (id, workflow_id, name, event_type_id, required_consents, created_at, updated_at)
     VALUES (?, ?, 'Carts', ?, '[]', ?, ?)`,
    [toBytes(v7()), id, EVENT_TYPE, now, now],
  )
}

/** Puts an event of each of so many new people into the inbox. */
export async function feedPeople(pool: Pool, people: number): Promise<void> {
  const ids = profileIds(randomBytes(32))
  for (let done = 0; done < people; done += 1000) {
    const events = Array.from({ length: Math.min(1000, people - done) }, (): Envelope => {
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
        type: EVENT_TYPE,
        properties: { cartId: randomUUID(), value: 25.5, currency: 'GBP' },
        context: { locale: 'en-GB' },
        profileId: ids.mint(),
        identities: [{ kind: 'device', value: randomUUID() }],
        clientKey: { id: randomUUID(), time: receivedAt - 40 },
      }
    })
    await pool.query('INSERT INTO inbox (partition_no, id, source_id, received_at, body) VALUES ?', [
      events.map((event) => [
        partitionOf(event),
        toBytes(event.eventId),
        event.sourceId,
        new Date(event.receivedAt),
        Buffer.from(JSON.stringify(event)),
      ]),
    ])
  }
}

/** Adds rows that are due in the coming year, beside what is there: doubled until there are enough. */
export async function addFuture(pool: Pool, rows: number): Promise<void> {
  const columns = 'id, run_id, workflow_id, node_id, kind, due_at, created_at'
  await pool.query(
    `INSERT INTO delayed_event (${columns}) VALUES (?, ?, ?, 'wait', 'time', UTC_TIMESTAMP(3) + INTERVAL 1 DAY, UTC_TIMESTAMP(3))`,
    [randomBytes(16), randomBytes(16), toBytes(v7())],
  )
  for (let there = 1; there < rows; there *= 2) {
    await pool.query(
      `INSERT INTO delayed_event (${columns})
       SELECT UNHEX(MD5(CONCAT(HEX(id), RAND()))), UNHEX(MD5(CONCAT(HEX(run_id), RAND()))), workflow_id, node_id, kind,
         UTC_TIMESTAMP(3) + INTERVAL 1 DAY + INTERVAL FLOOR(RAND() * 31536000) SECOND, created_at
       FROM delayed_event LIMIT ?`,
      [Math.min(there, rows - there)],
    )
  }
}
