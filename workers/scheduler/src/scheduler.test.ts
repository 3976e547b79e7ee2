// Handing out on a real database: each due row in one range, none forgotten, none that is not due.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { agendaSchema } from '@segue/agenda-mysql'
import { RESUME_DUE, connect, toId, type DueRange } from '@segue/database'
import type { Running } from '@segue/service'
import type { Pool, RowDataPacket } from 'mysql2/promise'
import { createMigratedDatabase, type TestDatabase } from '../../../test/setup/database.js'
import { start } from './service.js'

let database: TestDatabase
let pool: Pool
const running: (Running & { port: number })[] = []
const WORKFLOW = randomBytes(16)

beforeAll(async () => {
  database = await createMigratedDatabase()
  pool = connect({ url: database.url, connections: 4 })
  await addWorkflow(WORKFLOW)
})
beforeEach(async () => {
  for (const table of ['delayed_event', 'agenda_jobs', 'segment_wait', 'segment_membership', 'run_state'])
    await pool.query(`DELETE FROM ${table}`)
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()))
})
afterAll(async () => {
  await pool.end()
  await database.close()
})

async function startScheduler(): Promise<Running & { port: number }> {
  const one = await start({
    environment: 'staging',
    logLevel: 'silent',
    mysqlUrl: database.url,
    healthHost: '127.0.0.1',
    healthPort: 0,
  })
  running.push(one)
  return one
}

async function addWorkflow(id: Buffer): Promise<void> {
  await pool.query(
    `INSERT INTO workflow (id, name, draft, created_at, updated_at) VALUES (?, 'w', '{}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    [id],
  )
}

interface Waiting {
  count: number
  /** Seconds from now; null: only something else than time can end it. */
  due: number | null
  workflowId?: Buffer
  attempts?: number
  dead?: boolean
}

/** Adds rows that are due at the same moment. Returns their ids. */
async function add({ count, due, workflowId = WORKFLOW, attempts = 0, dead = false }: Waiting): Promise<Buffer[]> {
  const [[row]] = await pool.query<RowDataPacket[]>('SELECT UTC_TIMESTAMP(3) + INTERVAL ? SECOND AS at', [due ?? 0])
  const ids = Array.from({ length: count }, () => randomBytes(16))
  await pool.query(
    'INSERT INTO delayed_event (id, run_id, workflow_id, node_id, kind, due_at, created_at, attempts, dead) VALUES ?',
    [
      ids.map((id) => [
        id,
        randomBytes(16),
        workflowId,
        'n',
        'time',
        due === null ? null : row?.['at'],
        new Date(),
        attempts,
        dead,
      ]),
    ],
  )
  return ids
}

async function ranges(): Promise<(DueRange & { jobId: string })[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    'SELECT id, data FROM agenda_jobs WHERE name = ? AND (next_run_at IS NOT NULL OR locked_at IS NOT NULL) ORDER BY next_run_at, id',
    [RESUME_DUE],
  )
  return rows.map((row) => ({ ...JSON.parse(row['data']), jobId: row['id'] }))
}

/** As a worker does that has done a range. */
async function done(jobId: string): Promise<void> {
  await pool.query('UPDATE agenda_jobs SET next_run_at = NULL, locked_at = NULL WHERE id = ?', [jobId])
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 20_000; !(await holds()); await pause(20)) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}.`)
  }
}

const rowsOut = async (): Promise<number> => (await ranges()).reduce((sum, { rows }) => sum + rows, 0)

/** How often the hand-out has run. */
async function turns(): Promise<number> {
  const [rows] = await pool.query<RowDataPacket[]>(`SELECT revision FROM agenda_jobs WHERE name = 'hand-out-due'`)
  return Number(rows[0]?.['revision'] ?? 0)
}

/** Some more turns of the hand-out, so that what it would do wrong is done. */
async function someTurns(): Promise<void> {
  const before = await turns()
  await until('the hand-out has run again', async () => (await turns()) >= before + 9)
}

test('the migration makes the table that the backend wants', async () => {
  for (const statement of agendaSchema('wanted_').slice(0, 1)) await pool.query(statement)
  const ddl = async (table: string): Promise<string> => {
    const [[row]] = await pool.query<RowDataPacket[]>(`SHOW CREATE TABLE ${table}`)
    return String(row?.['Create Table']).replaceAll(table, 'jobs')
  }
  expect(await ddl('agenda_jobs')).toBe(await ddl('wanted_jobs'))
})

test('due rows are handed out in ranges of at most 512, each row once, also by two schedulers, and none that is not due', async () => {
  const ids = (await Promise.all([add({ count: 1200, due: -60 }), add({ count: 300, due: -5 })])).flat()
  await add({ count: 50, due: 3600 })
  await add({ count: 50, due: null })
  await Promise.all([startScheduler(), startScheduler()])
  await until('all due rows are out', async () => (await rowsOut()) >= 1500)
  await someTurns()

  const out = await ranges()
  expect(out.map(({ rows }) => rows)).toEqual([512, 512, 476])
  const [rows] = await pool.query<RowDataPacket[]>(
    'SELECT id, due_at FROM delayed_event WHERE due_at <= UTC_TIMESTAMP(3) ORDER BY due_at, id',
  )
  expect(rows).toHaveLength(ids.length)
  expect(out.map(({ from, to }) => [from, to])).toEqual(
    [
      [0, 511],
      [512, 1023],
      [1024, 1499],
    ].map((ends) => ends.map((i) => ({ dueAt: rows[i]?.['due_at'].getTime(), id: toId(rows[i]?.['id']) }))),
  )
})

test('rows that come before, between and into ranges that are out are handed out as soon as nobody has them', async () => {
  await add({ count: 10, due: -60 })
  await startScheduler()
  await until('the first range is out', async () => (await ranges()).length === 1)
  await add({ count: 3, due: -600 })
  await add({ count: 2, due: -1 })
  await until('the rows before and behind are out', async () => (await rowsOut()) === 15)
  expect((await ranges()).map(({ rows }) => rows)).toEqual([3, 10, 2])

  const first = (await ranges()).find(({ rows }) => rows === 10)
  // It ended without having done its rows, and one of them is new.
  await done(first?.jobId ?? '')
  await until('its rows are out again', async () => (await rowsOut()) === 15)
  expect((await ranges()).map(({ jobId }) => jobId)).not.toContain(first?.jobId)
})

test('no more than forty ranges are out at a time; the rest follows when some have ended', async () => {
  await add({ count: 41 * 512, due: -60 })
  await startScheduler()
  await until('forty are out', async () => (await ranges()).length === 40)
  await someTurns()
  const out = await ranges()
  expect(out).toHaveLength(40)
  await pool.query('DELETE FROM delayed_event ORDER BY due_at, id LIMIT 512')
  await done(out[0]?.jobId ?? '')
  await until('the last rows are out', async () => (await ranges()).at(-1)?.from.id !== out.at(-1)?.from.id)
  expect(await rowsOut()).toBe(40 * 512)
}, 60_000)

test('a wait for a segment ends when the profile is in it, once', async () => {
  const [waits, ended] = [await add({ count: 3, due: null }), await add({ count: 1, due: -1 })]
  const [segment, other] = [randomBytes(16), randomBytes(16)]
  await pool.query(`UPDATE delayed_event SET kind = 'segment', outcome = IF(id = ?, '{"kind":"time"}', NULL)`, [
    ended[0],
  ])
  const [rows] = await pool.query<RowDataPacket[]>('SELECT id, run_id FROM delayed_event')
  const runOf = new Map(rows.map((row) => [row['id'].toString('hex'), row['run_id']]))
  const people = [...waits, ...ended].map((id) => ({
    id,
    run: runOf.get(id.toString('hex')),
    profile: randomBytes(16),
  }))
  await pool.query('INSERT INTO segment_wait (segment_id, delayed_event_id, run_id) VALUES ?', [
    people.map(({ id, run }, i) => [i === 2 ? other : segment, id, run]),
  ])
  await pool.query(
    'INSERT INTO run_state (run_id, workflow_id, version, profile_id, state, updated_at, body) VALUES ?',
    [people.map(({ run, profile }) => [run, WORKFLOW, 1, profile, 'waiting', new Date(), Buffer.from('{}')])],
  )
  // The first is in the segment, the second in none, the third in another one than it waits for, the fourth was ended by something else.
  await pool.query(
    'INSERT INTO segment_membership (segment_id, profile_id, original_profile_id, entered_at) VALUES ?',
    [[0, 2, 3].map((i) => [segment, people[i]?.profile, people[i]?.profile, new Date()])],
  )
  await startScheduler()
  const outcomes = async (): Promise<unknown[]> => {
    const [found] = await pool.query<RowDataPacket[]>(
      'SELECT id, outcome, due_at <= UTC_TIMESTAMP(3) AS due FROM delayed_event',
    )
    return people.map(({ id }) => {
      const row = found.find((one) => one['id'].equals(id))
      return [row?.['outcome'] && JSON.parse(row['outcome']), row?.['due']]
    })
  }
  await until('the first wait has ended', async () => JSON.stringify(await outcomes()).includes('segment'))
  expect(await outcomes()).toEqual([
    [{ kind: 'segment' }, 1],
    [null, null],
    [null, null],
    [{ kind: 'time' }, 1],
  ])
})

test('what waits for a deleted workflow is due, also what is dead, but not for ever what cannot be done', async () => {
  const deleted = randomBytes(16)
  await add({ count: 3, due: 3600 })
  const waiting = await add({ count: 2, due: 3600, workflowId: deleted })
  const dead = await add({ count: 1, due: null, workflowId: deleted, attempts: 8, dead: true })
  const hopeless = await add({ count: 1, due: null, workflowId: deleted, attempts: 9, dead: true })
  await startScheduler()
  await until('they are out', async () => (await rowsOut()) === 3)
  const [rows] = await pool.query<RowDataPacket[]>(
    'SELECT id FROM delayed_event WHERE due_at <= UTC_TIMESTAMP(3) AND dead = FALSE ORDER BY id',
  )
  expect(rows.map((row) => row['id'])).toEqual([...waiting, ...dead].sort(Buffer.compare))
  expect(rows.map((row) => row['id'])).not.toContainEqual(hopeless[0])
})

test('it says how late the oldest due row is, and is ready when its jobs run', async () => {
  await add({ count: 1, due: -90 })
  const { port } = await startScheduler()
  await until('it is ready', async () => (await fetch(`http://127.0.0.1:${port}/ready`)).ok)
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const lag = Number(/^segue_delayed_events_lag_seconds\S* (\S+)/m.exec(text)?.[1])
  expect(lag).toBeGreaterThanOrEqual(90)
  expect(lag).toBeLessThan(120)
})
