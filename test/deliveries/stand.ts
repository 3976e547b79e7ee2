// A database with queued deliveries, workers on it, and servers that they deliver to.
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { connect, toBytes, toId } from '@segue/database'
import { start } from '@segue/delivery-worker'
import { readDeliveryWorkerConfig, type DeliveryWorkerConfig } from '@segue/delivery-worker/config'
import type { Running } from '@segue/service'
import type { Pool, RowDataPacket } from 'mysql2/promise'

/** Everything a hundred times as fast as outside. */
export const FAST = {
  leaseMs: 2000,
  idleMs: 20,
  backOffBaseMs: 40,
  backOffMostMs: 400,
  breakerFailures: 3,
  breakerBaseMs: 50,
  breakerMostMs: 300,
  graceMs: 2000,
}
export type Timings = typeof FAST

export const SECRET_KEYS = `test:${'5e'.repeat(32)}`

/** What a test says of a delivery; the rest follows. */
export interface NewDelivery {
  id?: string
  transport?: string
  destination?: string
  request: Record<string, unknown>
  requiredConsents?: string[]
  profileId?: string
  /** Whether a run waits for the answer. */
  awaited?: boolean
}

export interface DeliveryRow {
  id: string
  state: string
  attempts: number
  nextAt: Date | null
  dueNow: boolean
  leaseOwner: string | null
  response: Record<string, unknown> | null
  error: { code: string; message: string } | null
  /** Of the wait for its answer: null while nothing ended it, undefined when there is none. */
  outcome: Record<string, unknown> | null | undefined
  waitIsDue: boolean
}

export class Deliveries {
  readonly pool: Pool
  readonly #running: Running[] = []

  constructor(readonly url: string) {
    this.pool = connect({ url, connections: 4 })
  }

  config(given: Partial<DeliveryWorkerConfig> = {}): DeliveryWorkerConfig {
    const config = readDeliveryWorkerConfig({
      SEGUE_ENVIRONMENT: 'staging',
      SEGUE_MYSQL_URL: this.url,
      SEGUE_HEALTH_PORT: '0',
      SEGUE_OUTGOING_ALLOWED: '127.0.0.0/8, ::1',
      SEGUE_SECRET_KEYS: SECRET_KEYS,
    })
    return { ...config, logLevel: 'silent', ...given }
  }

  async startWorker(
    timings: Partial<Timings> = {},
    given: Partial<DeliveryWorkerConfig> = {},
  ): Promise<Running & { port: number }> {
    const worker = await start(this.config(given), { ...FAST, ...timings })
    this.#running.push(worker)
    return worker
  }

  async endWorkers(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((worker) => worker.close()))
  }

  async close(): Promise<void> {
    await this.endWorkers()
    await this.pool.end()
  }

  /** Puts deliveries into the queue as the pipeline does, with a wait for each that is awaited. Returns their ids. */
  async queue(...deliveries: NewDelivery[]): Promise<string[]> {
    const rows = deliveries.map(({ id = randomUUID(), awaited = false, ...given }) => ({
      id,
      waitId: awaited ? toBytes(randomUUID()) : null,
      transport: given.transport ?? 'http',
      destination: given.destination ?? destinationOf(given.request),
      ...given,
    }))
    const waits = rows.flatMap(({ waitId }) =>
      waitId ? [[waitId, WORKFLOW, WORKFLOW, 'call', 'delivery', null, new Date()]] : [],
    )
    if (waits.length > 0)
      await this.pool.query(
        'INSERT INTO delayed_event (id, run_id, workflow_id, node_id, kind, due_at, created_at) VALUES ?',
        [waits],
      )
    await this.pool.query(
      `INSERT INTO delivery (id, transport, destination, run_id, delayed_event_id, workflow_id, node_id, profile_id, request,
         required_consents, state, next_at, created_at) VALUES ?`,
      [
        rows.map((row) => [
          toBytes(row.id),
          row.transport,
          row.destination,
          WORKFLOW,
          row.waitId,
          WORKFLOW,
          'call',
          row.profileId ? toBytes(row.profileId) : null,
          JSON.stringify(row.request),
          row.requiredConsents ? JSON.stringify(row.requiredConsents) : null,
          'queued',
          new Date(Date.now() - 1),
          new Date(),
        ]),
      ],
    )
    return rows.map(({ id }) => id)
  }

  async one(id: string): Promise<DeliveryRow> {
    const [row] = await this.rows([id])
    if (!row) throw new Error(`There is no delivery ${id}.`)
    return row
  }

  async rows(ids: string[]): Promise<DeliveryRow[]> {
    const [rows] = await this.pool.query<RowDataPacket[]>(
      `SELECT d.*, e.id AS wait, e.outcome, e.due_at <= UTC_TIMESTAMP(3) AS wait_due, d.next_at <= UTC_TIMESTAMP(3) AS due_now
       FROM delivery d LEFT JOIN delayed_event e ON e.id = d.delayed_event_id WHERE d.id IN (?)`,
      [ids.map(toBytes)],
    )
    return rows.map((row) => ({
      id: toId(row['id']),
      state: row['state'],
      attempts: row['attempts'],
      nextAt: row['next_at'],
      dueNow: row['due_now'] === 1,
      leaseOwner: row['lease_owner'],
      response: JSON.parse(row['response'] ?? 'null'),
      error: JSON.parse(row['error'] ?? 'null'),
      outcome: row['wait'] === null ? undefined : JSON.parse(row['outcome'] ?? 'null'),
      waitIsDue: row['wait_due'] === 1,
    }))
  }

  async count(state: string): Promise<number> {
    const [rows] = await this.pool.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM delivery WHERE state = ?', [state])
    return Number(rows[0]?.['n'])
  }

  /** Until each of the deliveries is in that state. */
  async until(state: string, ids: string[]): Promise<DeliveryRow[]> {
    let rows: DeliveryRow[] = []
    await until(`all are ${state}`, async () => {
      rows = await this.rows(ids)
      return rows.every((row) => row.state === state)
    })
    return rows
  }
}

const WORKFLOW = toBytes('018f0000-0000-7000-8000-000000000001')

function destinationOf({ resource, url }: Record<string, unknown>): string {
  return typeof resource === 'string' ? resource : `http:${URL.canParse(String(url)) ? new URL(String(url)).host : ''}`
}

export async function until(what: string, holds: () => Promise<boolean> | boolean, ms = 30_000): Promise<void> {
  for (const deadline = Date.now() + ms; !(await holds()); await pause(20)) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}.`)
  }
}

/** A request that a server got. */
export interface Received {
  key: string
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
  at: number
}

export type Answer = (request: Received, response: ServerResponse) => void

/** A server outside the house. */
export class Outside {
  readonly received: Received[] = []
  /** Most requests at once. */
  most = 0
  #now = 0
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined

  private constructor(
    public answer: Answer,
    public port: number,
  ) {}

  static async start(answer: Answer = (_, response) => response.end('ok')): Promise<Outside> {
    const outside = new Outside(answer, 0)
    await outside.up()
    return outside
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  keys(): string[] {
    return this.received.map(({ key }) => key)
  }

  /** Comes (back) at its port. */
  async up(): Promise<void> {
    const server = createServer((request, response) => this.#take(request, response))
    server.keepAliveTimeout = 60_000
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve))
    this.port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** Goes away, with all connections. */
  async down(): Promise<void> {
    const server = this.#server
    if (!server) return
    this.#server = undefined
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = []
    this.most = Math.max(this.most, ++this.#now)
    response.once('close', () => this.#now--)
    request.on('error', () => undefined)
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const received = {
        key: String(request.headers['idempotency-key']),
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        at: Date.now(),
      }
      this.received.push(received)
      this.answer(received, response)
    })
  }
}
