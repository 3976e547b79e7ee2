// How near the pipeline (inbox → all effects, with a workflow of five nodes) comes to batched statements that write the same rows and think nothing.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { connect } from '@segue/database'
import { prepareDatabase } from '@segue/migration-worker'
import { createConnection, type Pool, type RowDataPacket } from 'mysql2/promise'
import { printSettings, root, startBenchDatabase } from './stand/database.js'
import { cpuSeconds, ended, eventsProcessed, startProcess, type BenchProcess } from './stand/processes.js'
import { deployWorkflow, feed, visitors } from './pipeline/feed.js'
import { readMaterial, writeRaw } from './pipeline/raw.js'

const GOAL = 0.6
const GOAL_PER_SECOND = 10_000

const { values: options } = parseArgs({
  args: process.argv.slice(3).filter((argument) => argument !== '--'),
  options: {
    events: { type: 'string', default: '100000' },
    people: { type: 'string', default: '20000' },
    /** Events stored beforehand for the comparison of 100,000 with many; 0 leaves that part out. */
    stored: { type: 'string', default: '0' },
    /** Minutes for which a read snapshot is held open; 0 leaves that part out. */
    snapshot: { type: 'string', default: '0' },
  },
})
const EVENTS = Number(options.events)
const PEOPLE = Number(options.people)

const server = await startBenchDatabase({ bufferPoolMb: 2048, redoLogMb: 1024 })
const admin = await createConnection(server.adminUrl)
const processes: BenchProcess[] = []
try {
  await run()
} finally {
  await stopWorkers()
  await admin.end()
  await server.close()
}

async function run(): Promise<void> {
  await printSettings(admin, `; ${EVENTS} events of ${PEOPLE} people`)
  const figures: Record<string, number> = {}

  const main = await freshDatabase('pipeline')
  const people = visitors(PEOPLE)
  // Warm: profiles exist, code is compiled, statements are prepared.
  await drain(main, people, Math.min(20_000, EVENTS), 1)
  for (const workers of [1, 2, 4]) {
    figures[`eventsPerSecond_${workers}_workers`] = (await drain(main, people, EVENTS, workers)).perSecond
  }
  await main.pool.end()

  const measured = await freshDatabase('measured')
  const { perSecond: pipeline } = await drain(measured, visitors(PEOPLE), EVENTS, 1, true)
  const rawPerSecond = await raw(measured)
  await measured.pool.end()

  if (Number(options.stored) > 0) await storedComparison(figures)
  if (Number(options.snapshot) > 0) await snapshotComparison(figures)

  const best = Math.max(pipeline, ...[1, 2, 4].map((workers) => figures[`eventsPerSecond_${workers}_workers`] ?? 0))
  const ratio = Number((pipeline / rawPerSecond).toFixed(3))
  console.table([
    { what: 'raw statements, the same rows', 'events/s': Math.round(rawPerSecond) },
    { what: 'pipeline, one worker, same database', 'events/s': Math.round(pipeline) },
    ...Object.entries(figures).map(([what, value]) => ({ what, 'events/s': Math.round(value) })),
  ])
  console.log(`ratio ${ratio} (goal ${GOAL}), best ${Math.round(best)} events/s (goal ${GOAL_PER_SECOND})`)
  console.log(
    JSON.stringify({
      bench: 'pipeline',
      ratio,
      goal: GOAL,
      figures: {
        eventsPerSecond: Math.round(best),
        goalEventsPerSecond: GOAL_PER_SECOND,
        rawEventsPerSecond: Math.round(rawPerSecond),
        ...rounded(figures),
      },
    }),
  )
}

interface BenchDatabase {
  name: string
  url: string
  pool: Pool
  inbox?: unknown[][]
}

async function freshDatabase(name: string): Promise<BenchDatabase> {
  await admin.query(`DROP DATABASE IF EXISTS ${name}`)
  await admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`)
  const url = `${server.adminUrl}/${name}?socketPath=${encodeURIComponent(server.socketPath)}`
  await prepareDatabase(url)
  const pool = connect({ url, connections: 4 })
  await deployWorkflow(pool)
  return { name, url, pool }
}

/** What draining took. */
interface Drained {
  perSecond: number
  /** Processor time of workers and database together, which other work on the machine changes little. */
  cpuMicrosecondsPerEvent: number
}

/** Fills the inbox, lets `workers` processes drain it and measures from when all of them are at it. */
async function drain(
  database: BenchDatabase,
  people: ReturnType<typeof visitors>,
  events: number,
  workers: number,
  keepInbox = false,
): Promise<Drained> {
  await feed(database.pool, people, events)
  if (keepInbox) {
    const [rows] = await database.pool.query<RowDataPacket[]>(
      'SELECT partition_no, id, source_id, received_at, body FROM inbox ORDER BY id',
    )
    database.inbox = rows.map((row) => Object.values(row))
  }
  await startWorkers(database, workers)
  const first = await processed(0.05 * events)
  const last = await processed(events)
  if (keepInbox) await printSteps()
  await stopWorkers()
  const count = last.events - first.events
  return {
    perSecond: count / ((last.at - first.at) / 1000),
    cpuMicrosecondsPerEvent: ((last.cpu - first.cpu) * 1e6) / count,
  }
}

/** Waits until the workers have committed so many events. */
async function processed(wanted: number): Promise<{ events: number; at: number; cpu: number }> {
  for (;;) {
    const counts = await Promise.all(processes.map(({ url }) => eventsProcessed(url)))
    const events = counts.reduce((sum, count) => sum + count, 0)
    if (events >= wanted) {
      const pids = [server.pid, ...processes.map(({ child }) => child.pid ?? 0)]
      return { events, at: performance.now(), cpu: pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0) }
    }
    // Asking costs a worker two milliseconds.
    await pause(events < 0.97 * wanted ? 250 : 25)
  }
}

async function startWorkers({ url }: BenchDatabase, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    processes.push(
      await startProcess(join(root, 'workers/event-worker/dist/main.js'), {
        SEGUE_ENVIRONMENT: 'staging',
        SEGUE_MYSQL_URL: url,
        SEGUE_HEALTH_PORT: '0',
        NODE_OPTIONS: '--max-semi-space-size=64',
      }),
    )
  }
}

async function stopWorkers(): Promise<void> {
  for (const { child } of processes) child.kill('SIGTERM')
  await Promise.all(processes.splice(0).map(({ child }) => ended(child)))
}

/** Where the time goes, from the worker's own metrics. */
async function printSteps(): Promise<void> {
  const text = await (await fetch(`${processes[0]?.url}/metrics`)).text()
  const steps = [...text.matchAll(/segue_pipeline_step_seconds_total\{step="([^"]+)"[^}]*\} ([\d.]+)/g)].map(
    ([, step, seconds]) => ({ step, seconds: Number(seconds) }),
  )
  const total = steps.reduce((sum, { seconds }) => sum + seconds, 0)
  console.log('where the time of a batch goes (waiting for the database included):')
  console.table(steps.map(({ step, seconds }) => ({ step, 'share %': Number(((100 * seconds) / total).toFixed(1)) })))
}

async function raw(source: BenchDatabase): Promise<number> {
  const material = await readMaterial(source.pool, source.inbox ?? [])
  const target = await freshDatabase('raw')
  const perSecond = await writeRaw(target.pool, material, 2)
  await target.pool.end()
  return perSecond
}

/** The same drain with 100,000 events stored and with many more: an event must not become dearer as the tables grow. */
async function storedComparison(figures: Record<string, number>): Promise<void> {
  const database = await freshDatabase('stored')
  const people = visitors(200_000)
  await drain(database, people, 100_000, 2)
  const few = await drain(database, people, EVENTS, 2)
  for (let stored = 100_000 + EVENTS; stored < Number(options.stored); stored += 250_000)
    await drain(database, people, 250_000, 2)
  const many = await drain(database, people, EVENTS, 2)
  figures['eventsPerSecond_100k_stored'] = few.perSecond
  figures['eventsPerSecond_many_stored'] = many.perSecond
  figures['cpuMicroseconds_100k_stored'] = few.cpuMicrosecondsPerEvent
  figures['cpuMicroseconds_many_stored'] = many.cpuMicrosecondsPerEvent
  figures['costOfAnEvent_many_over_100k'] = Number(
    (many.cpuMicrosecondsPerEvent / few.cpuMicrosecondsPerEvent).toFixed(3),
  )
  await database.pool.end()
}

/** A read that stays open keeps every deleted inbox row from being purged: the head of the index gets slow to walk. */
async function snapshotComparison(figures: Record<string, number>): Promise<void> {
  const database = await freshDatabase('snapshot')
  const people = visitors(PEOPLE)
  await drain(database, people, 20_000, 1)
  const before = await drain(database, people, EVENTS, 2)
  const reader = await createConnection(database.url)
  await reader.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
  await reader.query('START TRANSACTION WITH CONSISTENT SNAPSHOT')
  const until = Date.now() + Number(options.snapshot) * 60_000
  let last = before
  while (Date.now() < until) last = await drain(database, people, EVENTS, 2)
  figures['eventsPerSecond_before_snapshot'] = before.perSecond
  figures['eventsPerSecond_end_of_snapshot'] = last.perSecond
  figures['cpuMicroseconds_before_snapshot'] = before.cpuMicrosecondsPerEvent
  figures['cpuMicroseconds_end_of_snapshot'] = last.cpuMicrosecondsPerEvent
  await reader.end()
  await database.pool.end()
}

function rounded(figures: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, value > 100 ? Math.round(value) : value]),
  )
}
