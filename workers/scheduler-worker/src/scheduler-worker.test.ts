// Ranges of due delayed events on a real database: everything in them goes on once, what cannot is put off, and its neighbours do not suffer.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { MySqlBackend } from '@segue/agenda-mysql'
import { RESUME_DUE, connect, readChanges, toBytes, toId, type DueRange } from '@segue/database'
import type { Envelope } from '@segue/event-model'
import { ConfigurationLoader, OwnerMemory, installBuiltIns, processBatch } from '@segue/pipeline'
import type { Running } from '@segue/service'
import { Agenda } from 'agenda'
import type { Pool, RowDataPacket } from 'mysql2/promise'
import { createMigratedDatabase, type TestDatabase } from '../../../test/setup/database.js'
import { start } from './service.js'

let database: TestDatabase
let pool: Pool
let agenda: Agenda
const running: Running[] = []

beforeAll(async () => {
  database = await createMigratedDatabase()
  pool = connect({ url: database.url, connections: 6 })
  await installBuiltIns(pool)
  agenda = new Agenda({ backend: new MySqlBackend({ pool, ensureSchema: false }) })
})
beforeEach(async () => {
  for (const table of ['delayed_event', 'run_state', 'workflow_run', 'agenda_jobs', 'workflow_trigger', 'change_feed'])
    await pool.query(`DELETE FROM ${table}`)
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.close()))
})
afterAll(async () => {
  await pool.end()
  await database.close()
})

async function startWorker(): Promise<Running & { port: number }> {
  const worker = await start({
    environment: 'staging',
    logLevel: 'silent',
    mysqlUrl: database.url,
    healthHost: '127.0.0.1',
    healthPort: 0,
  })
  running.push(worker)
  return worker
}

const GRAPH = {
  nodes: [
    { id: 'start', type: 'start' },
    { id: 'wait', type: 'wait.duration', config: { duration: '3d' } },
    { id: 'count', type: 'profile.increment', config: { field: 'counters.woken' } },
  ],
  edges: [
    { from: 'start', port: 'next', to: 'wait' },
    { from: 'wait', port: 'done', to: 'count' },
  ],
}

/** Deploys a workflow that waits and then counts. */
async function deploy(eventType: string): Promise<Buffer> {
  const id = toBytes(randomUUID())
  const [graph, now] = [JSON.stringify(GRAPH), new Date()]
  await pool.query('INSERT INTO workflow_version (workflow_id, version, graph, created_at) VALUES (?, 1, ?, ?)', [
    id,
    graph,
    now,
  ])
  await pool.query(
    'INSERT INTO workflow (id, name, draft, live_version, created_at, updated_at) VALUES (?, ?, ?, 1, ?, ?)',
    [id, eventType, graph, now, now],
  )
  await pool.query(
    `INSERT INTO workflow_trigger (id, workflow_id, name, event_type_id, required_consents, created_at, updated_at)
     VALUES (?, ?, 'on event', ?, '[]', ?, ?)`,
    [toBytes(randomUUID()), id, eventType, now, now],
  )
  return id
}

/** Lets so many new people do something; their runs wait, and are due at once. Returns the ids of the people. */
async function people(count: number, type: string): Promise<Buffer[]> {
  const envelopes = Array.from({ length: count }, (): Envelope => ({
    v: 1,
    eventId: randomUUID(),
    requestId: randomUUID(),
    protocol: 'tracker',
    sourceId: 'shop',
    trusted: true,
    receivedAt: Date.now(),
    occurredAt: Date.now(),
    type,
    properties: {},
    context: {},
    newProfileId: randomUUID(),
    identities: [{ kind: 'user', value: randomUUID() }],
  }))
  const tx = await pool.getConnection()
  await tx.beginTransaction()
  await processBatch(tx, envelopes, await new ConfigurationLoader(pool).load(), Date.now(), new OwnerMemory())
  await tx.commit()
  tx.release()
  await pool.query('UPDATE delayed_event SET due_at = UTC_TIMESTAMP(3)')
  return envelopes.map(({ newProfileId }) => toBytes(newProfileId ?? ''))
}

/** Hands out all that is due as one range. */
async function handOut(): Promise<void> {
  const rows = await query('SELECT due_at, id FROM delayed_event WHERE due_at <= UTC_TIMESTAMP(3) ORDER BY due_at, id')
  const place = (row: RowDataPacket | undefined): DueRange['from'] => ({
    dueAt: row?.['due_at'].getTime(),
    id: toId(row?.['id']),
  })
  const range: DueRange = { from: place(rows[0]), to: place(rows.at(-1)), rows: rows.length }
  await agenda.create(RESUME_DUE, range).schedule(new Date(0)).save()
}

async function query(sql: string, values: unknown[] = []): Promise<RowDataPacket[]> {
  const [rows] = await pool.query<RowDataPacket[]>(sql, values)
  return rows
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 20_000; !(await holds()); await pause(20)) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}.`)
  }
}

const rangesEnded = (): Promise<void> =>
  until('all ranges have ended', async () => (await query('SELECT 1 FROM agenda_jobs LIMIT 1')).length === 0)

/** How often each profile counted a wake-up. */
async function counts(ids: Buffer[]): Promise<number[]> {
  const rows = await query('SELECT document FROM profile WHERE id IN (?)', [ids])
  return rows.map((row) => JSON.parse(row['document']).counters?.woken ?? 0)
}

test('everything that is due in a range goes on, over several batches; what is not due waits on', async () => {
  await deploy('waits')
  const due = await people(700, 'waits')
  await handOut()
  const [later] = await query('SELECT id FROM delayed_event ORDER BY due_at, id LIMIT 300, 1')
  await pool.query('UPDATE delayed_event SET due_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE id = ?', [later?.['id']])
  await startWorker()
  await rangesEnded()
  expect((await counts(due)).sort()).toEqual([0, ...Array.from({ length: 699 }, () => 1)])
  expect(await query('SELECT id FROM delayed_event')).toEqual([{ id: later?.['id'] }])
  expect(await query(`SELECT COUNT(*) AS n FROM workflow_run WHERE state = 'completed'`)).toEqual([{ n: 699 }])
})

test('a range that two workers have at once is still done once', async () => {
  await deploy('races')
  const ids = await people(1000, 'races')
  await handOut()
  await handOut()
  await Promise.all([startWorker(), startWorker()])
  await rangesEnded()
  expect(new Set(await counts(ids))).toEqual(new Set([1]))
  expect(await query('SELECT 1 FROM run_state')).toEqual([])
  expect(await query('SELECT 1 FROM delayed_event')).toEqual([])
})

test('what cannot be done is put off, longer each time, and dead in the end; its neighbours are done', async () => {
  const [broken] = [await deploy('breaks'), await deploy('works')]
  await people(3, 'breaks')
  const ids = await people(40, 'works')
  await pool.query(`UPDATE workflow_version SET graph = '{}' WHERE workflow_id = ?`, [broken])
  await pool.query('UPDATE delayed_event SET attempts = 7 WHERE workflow_id = ? LIMIT 1', [broken])
  await handOut()
  await startWorker()
  await rangesEnded()
  expect(new Set(await counts(ids))).toEqual(new Set([1]))
  const rows = await query(
    `SELECT attempts, dead, error, TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(3), due_at) / 1e6 AS pause
     FROM delayed_event ORDER BY attempts`,
  )
  expect(rows.map(({ attempts, dead }) => [attempts, dead])).toEqual([
    [1, 0],
    [1, 0],
    [8, 1],
  ])
  for (const row of rows)
    expect(JSON.parse(row['error'])).toEqual({ code: 'WORKFLOW_BROKEN', message: expect.stringContaining('compiled') })
  expect(rows[2]?.['pause']).toBeNull()
  for (const row of rows.slice(0, 2)) expect(Number(row['pause'])).toBeLessThanOrEqual(5)
  const changed = (await query('SELECT body FROM change_feed')).flatMap(({ body }) => readChanges(body).waits)
  expect(changed).toContain(toId(broken))

  // Replayed by a worker that can compile it, it is done.
  await running.pop()?.close()
  await pool.query('UPDATE workflow_version SET graph = ? WHERE workflow_id = ?', [JSON.stringify(GRAPH), broken])
  await pool.query('UPDATE delayed_event SET dead = FALSE, attempts = 0, due_at = UTC_TIMESTAMP(3)')
  await handOut()
  await startWorker()
  await until('it is done', async () => (await query('SELECT 1 FROM delayed_event')).length === 0)
})

test('a worker that ends leaves its range to others at once', async () => {
  await deploy('ends')
  const ids = await people(600, 'ends')
  await handOut()
  const lock = await pool.getConnection()
  await lock.beginTransaction()
  await lock.query('SELECT id FROM profile WHERE id IN (?) FOR UPDATE', [ids])
  const worker = await startWorker()
  await until('it has the range', async () => {
    const [job] = await query('SELECT locked_at FROM agenda_jobs')
    return job?.['locked_at'] !== null
  })
  const closing = worker.close()
  await lock.rollback()
  lock.release()
  await closing
  running.length = 0
  const [job] = await query('SELECT locked_at, next_run_at FROM agenda_jobs')
  // Done, when it was quick; else the scheduler sees that it has ended.
  expect(job ? [job['locked_at'], job['next_run_at']] : [null, null]).toEqual([null, null])
})

test('it is ready when it takes ranges', async () => {
  const { port } = await startWorker()
  await until('it is ready', async () => (await fetch(`http://127.0.0.1:${port}/ready`)).ok)
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  expect(text).toContain('segue_delayed_events_resumed_total')
})
