// Segue as the workflow bench runs it: a durable database, a collector, event workers, people with a visit going on, and a live workflow of five nodes.
import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connect, toBytes } from '@segue/database'
import { prepareDatabase } from '@segue/migration-worker'
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise'
import { Pool as Connections } from 'undici'
import { v7 } from 'uuid'
import { root, startBenchDatabase } from '../stand/database.js'
import { ended, eventsProcessed, startProcess, type BenchProcess } from '../stand/processes.js'
import { newOrder } from './orders.js'

/** As the reference of the collector recommends; the worker makes more garbage a second. */
export const FLAGS = { collector: ['--max-semi-space-size=32'], worker: ['--max-semi-space-size=64'] }

/** Type of the events that start the workflow. */
const TYPE = 'order-paid'

/** What is sent where: a body a path. */
export interface Requests {
  path: string[]
  bodies: string[]
}

export interface Segue {
  url: string
  admin: Connection
  /** Process ids by name. */
  processes: Record<string, number>
  /** Webhooks, one event each, about the person whose visit the address names. Answered when the event is durable. */
  webhooks: Requests
  /** The same at a source that waits for the workflow's response. */
  waitingWebhooks: Requests
  /** Requests of the tracker with several events of one person, answered when they are durable. */
  trackers: Requests
  /** Runs whose effects are committed. */
  finished(): Promise<number>
  /** Runs in the database, and what they added to people's counters. */
  stored(): Promise<{ runs: number; counted: number }>
  close(): Promise<void>
}

export async function startSegue(given: { people: number; workers: number; eventsPerRequest: number }): Promise<Segue> {
  const database = await startBenchDatabase({ bufferPoolMb: 2048, redoLogMb: 1024 })
  const processes: BenchProcess[] = []
  const admin = await createConnection(database.adminUrl)
  const close = async (): Promise<void> => {
    for (const { child } of processes) child.kill('SIGTERM')
    await Promise.all(processes.map(({ child }) => ended(child)))
    await admin.end()
    await database.close()
  }
  try {
    await admin.query('CREATE DATABASE bench CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci')
    await admin.query('USE bench')
    const url = `${database.adminUrl}/bench?socketPath=${encodeURIComponent(database.socketPath)}`
    await prepareDatabase(url)
    await addSources(admin)
    await deployWorkflow(url)
    const variables = {
      SEGUE_ENVIRONMENT: 'production',
      SEGUE_MYSQL_URL: url,
      SEGUE_HEALTH_PORT: '0',
      SEGUE_COLLECTOR_PORT: '0',
      SEGUE_PROFILE_ID_KEY: randomBytes(32).toString('hex'),
    }
    const start = async (folder: string, flags: string[]): Promise<BenchProcess> => {
      const started = await startProcess(join(root, folder, 'dist/main.js'), variables, flags)
      processes.push(started)
      return started
    }
    const workers: BenchProcess[] = []
    for (let i = 0; i < given.workers; i++) workers.push(await start('workers/event-worker', FLAGS.worker))
    const collector = await start('collector', FLAGS.collector)
    const processed = async (): Promise<number> =>
      (await Promise.all(workers.map((worker) => eventsProcessed(worker.url)))).reduce((sum, count) => sum + count, 0)
    const people = await begin(collector.url, given.people, processed)
    const webhooksAt = (source: string): Requests => ({
      path: people.map(({ session }) => `/collect/${TYPE}/${source}/${session}`),
      bodies: people.map(() => JSON.stringify(newOrder())),
    })
    return {
      url: collector.url,
      admin,
      processes: {
        collector: collector.child.pid ?? 0,
        ...Object.fromEntries(workers.map(({ child }, index) => [`event worker ${index + 1}`, child.pid ?? 0])),
        database: database.pid,
      },
      webhooks: webhooksAt('shop'),
      waitingWebhooks: webhooksAt('shop-waiting'),
      trackers: {
        path: people.map(() => '/track'),
        bodies: people.map((person) => trackerBody(person, given.eventsPerRequest)),
      },
      async finished() {
        return (await Promise.all(workers.map(({ url }) => runsOf(url)))).reduce((sum, count) => sum + count, 0)
      },
      async stored() {
        const [runs] = await admin.query<RowDataPacket[]>(
          `SELECT COUNT(*) AS n FROM workflow_run WHERE state = 'completed'`,
        )
        const [counted] = await admin.query<RowDataPacket[]>(
          `SELECT SUM(JSON_VALUE(document, '$.counters.orders')) AS n FROM profile`,
        )
        return { runs: Number(runs[0]?.['n']), counted: Number(counted[0]?.['n']) }
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function runsOf(workerUrl: string): Promise<number> {
  const text = await (await fetch(`${workerUrl}/metrics`)).text()
  return Number(/^segue_workflow_runs_total(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1] ?? 0)
}

async function addSources(admin: Connection): Promise<void> {
  const sources = [
    ['website', 'tracker', 0],
    ['shop', 'webhook', 0],
    ['shop-waiting', 'webhook', 1],
  ] as const
  await admin.query(
    `INSERT INTO event_source (id, name, channel, origins, synchronous, answer_within_ms, events_per_second, created_at, updated_at) VALUES ?`,
    [sources.map(([id, channel, waits]) => [id, id, channel, '[]', waits, 30_000, 10_000_000, new Date(), new Date()])],
  )
}

/** start → if → increment → log → response. */
async function deployWorkflow(url: string): Promise<void> {
  const graph = JSON.stringify({
    nodes: [
      { id: 'start', type: 'start', config: {} },
      { id: 'worth', type: 'if', config: { condition: 'event.properties.value > 10.0' } },
      { id: 'count', type: 'profile.increment', config: { field: 'counters.orders' } },
      { id: 'note', type: 'log', config: { message: 'Order {{ event.properties.order }}' } },
      {
        id: 'answer',
        type: 'response',
        config: {
          values: {
            order: { expr: 'event.properties.order' },
            total: { expr: 'event.properties.price * event.properties.quantity' },
          },
        },
      },
    ],
    edges: [
      { from: 'start', port: 'next', to: 'worth' },
      { from: 'worth', port: 'true', to: 'count' },
      { from: 'count', port: 'done', to: 'note' },
      { from: 'note', port: 'done', to: 'answer' },
    ],
  })
  const pool = connect({ url, connections: 1 })
  const [id, now] = [toBytes(v7()), new Date()]
  await pool.query(
    'INSERT INTO workflow (id, name, draft, live_version, created_at, updated_at) VALUES (?, ?, ?, 1, ?, ?)',
    [id, 'Orders', graph, now, now],
  )
  await pool.query('INSERT INTO workflow_version (workflow_id, version, graph, created_at) VALUES (?, 1, ?, ?)', [
    id,
    graph,
    now,
  ])
  await pool.query(
    `INSERT INTO workflow_trigger (id, workflow_id, name, event_type_id, required_consents, created_at, updated_at)
     VALUES (?, ?, 'Orders', ?, '[]', ?, ?)`,
    [toBytes(v7()), id, TYPE, now, now],
  )
  await pool.end()
}

/** Somebody whom the website knows and whose visit goes on. */
interface Person {
  profile: string
  session: string
}

/** Lets people begin a visit; resolves when all of them have profiles. */
async function begin(url: string, count: number, processed: () => Promise<number>): Promise<Person[]> {
  const http = new Connections(url, { connections: 32 })
  const people = await Promise.all(
    Array.from({ length: count }, async (): Promise<Person> => {
      const session = randomUUID()
      const { statusCode, body } = await http.request({
        method: 'POST',
        path: '/track',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ source: { id: 'website' }, session: { id: session }, events: [{ type: 'page-view' }] }),
      })
      const answer = (await body.json()) as { profile: { id: string } }
      if (statusCode !== 200) throw new Error(`The collector answered ${statusCode}: ${JSON.stringify(answer)}`)
      return { profile: answer.profile.id, session }
    }),
  )
  await http.close()
  while ((await processed()) < count) await pause(50)
  return people
}

/** Without ids of the client's own, as these bodies are sent many times: a repeat would be dropped. */
function trackerBody({ profile, session }: Person, events: number): string {
  return JSON.stringify({
    source: { id: 'website' },
    profile: { id: profile },
    session: { id: session },
    events: Array.from({ length: events }, () => ({ type: TYPE, properties: newOrder() })),
  })
}
