// How fast runs go on that come due at once, beside batched statements that write the same rows; and what a million costs that wait.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { connect } from '@segue/database'
import { prepareDatabase } from '@segue/migration-worker'
import { createConnection, type Pool, type RowDataPacket } from 'mysql2/promise'
import { copyTables, readMaterial, writeRaw } from './delayed/raw.js'
import { addFuture, deployWaiting, feedPeople } from './delayed/waiting-runs.js'
import { printSettings, root, startBenchDatabase } from './stand/database.js'
import { cpuSeconds, ended, metric, startProcess, type BenchProcess } from './stand/processes.js'

const GOAL = 0.5
const GOAL_PER_SECOND = 5000
const GOAL_CPU_PERCENT = 1

const { values: options } = parseArgs({
  args: process.argv.slice(3).filter((argument) => argument !== '--'),
  options: {
    due: { type: 'string', default: '100000' },
    waiting: { type: 'string', default: '1000000' },
    /** Seconds for which an idle scheduler is watched. */
    seconds: { type: 'string', default: '20' },
  },
})
const DUE = Number(options.due)
const WAITING = Number(options.waiting)
const SECONDS = Number(options.seconds)

const server = await startBenchDatabase({ bufferPoolMb: 2048, redoLogMb: 1024 })
const admin = await createConnection(server.adminUrl)
const processes: BenchProcess[] = []
try {
  await run()
} finally {
  await stopAll()
  await admin.end()
  await server.close()
}

async function run(): Promise<void> {
  await printSettings(admin, `; ${DUE} due at once, ${WAITING} that wait`)
  const future = await freshDatabase('future')
  const none = await watchScheduler(future)
  await addFuture(future.pool, WAITING)
  const million = await watchScheduler(future)
  await future.pool.end()

  const main = await freshDatabase('resumed')
  await deployWaiting(main.pool)
  await makeWaiting(main)
  const copy = await freshDatabase('raw')
  // The first moments are apart by a millisecond here and there, as when a campaign waits until nine.
  await main.pool.query('UPDATE delayed_event SET due_at = UTC_TIMESTAMP(3)')
  await copyTables(main.pool, 'resumed', 'raw')
  const resumed = await resumeAll(main)
  await check(main.pool)
  const raw = await writeRaw(copy.pool, await readMaterial(main.pool, copy.pool))
  await main.pool.end()
  await copy.pool.end()

  const ratio = Number((resumed.perSecond / raw).toFixed(3))
  console.table([
    { what: 'raw statements, the same rows', 'resumed/s': Math.round(raw) },
    { what: 'one scheduler worker', 'resumed/s': Math.round(resumed.perSecond) },
  ])
  console.table([
    { waiting: 0, 'scheduler CPU %': none.cpuPercent, 'hand-out ms': none.handOutMs },
    { waiting: WAITING, 'scheduler CPU %': million.cpuPercent, 'hand-out ms': million.handOutMs },
  ])
  console.log(
    `ratio ${ratio} (goal ${GOAL}), ${Math.round(resumed.perSecond)} resumed/s (goal ${GOAL_PER_SECOND}), ` +
      `scheduler ${million.cpuPercent} % CPU with ${WAITING} waiting (goal < ${GOAL_CPU_PERCENT})`,
  )
  console.log(
    JSON.stringify({
      bench: 'delayed',
      ratio,
      goal: GOAL,
      figures: {
        resumedPerSecond: Math.round(resumed.perSecond),
        goalResumedPerSecond: GOAL_PER_SECOND,
        rawPerSecond: Math.round(raw),
        cpuMicrosecondsPerResumed: Math.round(resumed.cpuMicroseconds),
        schedulerCpuPercent_none_waiting: none.cpuPercent,
        schedulerCpuPercent_many_waiting: million.cpuPercent,
        goalSchedulerCpuPercent: GOAL_CPU_PERCENT,
        handOutMs_none_waiting: none.handOutMs,
        handOutMs_many_waiting: million.handOutMs,
      },
    }),
  )
}

interface BenchDatabase {
  url: string
  pool: Pool
}

async function freshDatabase(name: string): Promise<BenchDatabase> {
  await admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`)
  const url = `${server.adminUrl}/${name}?socketPath=${encodeURIComponent(server.socketPath)}`
  await prepareDatabase(url)
  return { url, pool: connect({ url, connections: 4 }) }
}

async function launch(worker: string, { url }: BenchDatabase): Promise<BenchProcess> {
  const started = await startProcess(join(root, `workers/${worker}/dist/main.js`), {
    SEGUE_ENVIRONMENT: 'staging',
    SEGUE_MYSQL_URL: url,
    SEGUE_HEALTH_PORT: '0',
    NODE_OPTIONS: '--max-semi-space-size=64',
  })
  processes.push(started)
  return started
}

async function stopAll(): Promise<void> {
  for (const { child } of processes) child.kill('SIGTERM')
  await Promise.all(processes.splice(0).map(({ child }) => ended(child)))
}

/** What a scheduler costs that has nothing to hand out. */
async function watchScheduler(database: BenchDatabase): Promise<{ cpuPercent: number; handOutMs: number }> {
  const { child, url } = await launch('scheduler', database)
  const handOuts = async (): Promise<{ count: number; seconds: number }> => ({
    count: await metric(url, 'segue_hand_out_seconds_count'),
    seconds: await metric(url, 'segue_hand_out_seconds_sum'),
  })
  // Its code is compiled by then, and what the server has to do after many inserts is done.
  while ((await handOuts()).count < 10) await pause(250)
  const [before, cpu, began] = [await handOuts(), cpuSeconds(child.pid ?? 0), performance.now()]
  await pause(SECONDS * 1000)
  const used = cpuSeconds(child.pid ?? 0) - cpu
  const seconds = (performance.now() - began) / 1000
  const after = await handOuts()
  await stopAll()
  return {
    cpuPercent: Number(((100 * used) / seconds).toFixed(2)),
    handOutMs: Number(((1000 * (after.seconds - before.seconds)) / (after.count - before.count)).toFixed(2)),
  }
}

/** So many people, each with a run that waits. */
async function makeWaiting(database: BenchDatabase): Promise<void> {
  await feedPeople(database.pool, DUE)
  const { url } = await launch('event-worker', database)
  while ((await metric(url, 'segue_events_processed_total')) < DUE) await pause(500)
  await stopAll()
}

/** One scheduler and one scheduler worker do all that is due; measured once they are at it. */
async function resumeAll(database: BenchDatabase): Promise<{ perSecond: number; cpuMicroseconds: number }> {
  await launch('scheduler', database)
  const { url } = await launch('scheduler-worker', database)
  const resumed = async (wanted: number): Promise<{ rows: number; at: number; cpu: number }> => {
    for (;;) {
      const rows = await metric(url, 'segue_delayed_events_resumed_total')
      if (rows >= wanted) {
        const pids = [server.pid, ...processes.map(({ child }) => child.pid ?? 0)]
        return { rows, at: performance.now(), cpu: pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0) }
      }
      // Asking costs a worker two milliseconds.
      await pause(rows < 0.97 * DUE ? 250 : 25)
    }
  }
  const first = await resumed(0.05 * DUE)
  const last = await resumed(DUE)
  await stopAll()
  const rows = last.rows - first.rows
  return {
    perSecond: rows / ((last.at - first.at) / 1000),
    cpuMicroseconds: ((last.cpu - first.cpu) * 1e6) / rows,
  }
}

/** A bench that did not do the work measures nothing. */
async function check(pool: Pool): Promise<void> {
  const [[row]] = await pool.query<RowDataPacket[]>(
    `SELECT (SELECT COUNT(*) FROM delayed_event) + (SELECT COUNT(*) FROM run_state) AS \`left\`,
       (SELECT COUNT(*) FROM workflow_run WHERE state = 'completed') AS completed`,
  )
  if (Number(row?.['left']) !== 0 || Number(row?.['completed']) !== DUE)
    throw new Error(`Not all runs went on: ${JSON.stringify(row)}`)
}
