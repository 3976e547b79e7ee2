// How many jobs a second Agenda enqueues and processes over @segue/agenda-mysql, beside Agenda over PostgreSQL, both fully durable.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import type { GraphileLoad, GraphileResult } from './agenda/graphile.js'
import type { AgendaLoad, AgendaResult } from './agenda/load.js'
import { installPeers, PEERS } from './agenda/peers.js'
import { startPostgres } from './agenda/postgres.js'
import { printSettings, root, startBenchDatabase } from './stand/database.js'
import { ended, startProcess } from './stand/processes.js'

const JOBS = Number(process.env['BENCH_JOBS'] ?? 20_000)
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3)
const GOAL = 2
/** The settings at which the peer is known to be fastest; ours was no faster at scans of 10 and 20 ms or lock limits of 300, 500, 2000 and 4000. */
const SETTINGS = { processEveryMs: 100, lockLimit: 1000, connections: 10 }
const processes: ChildProcess[] = []
// Whoever stops the bench stops what it measures too.
process.once('exit', () => processes.forEach((child) => child.kill('SIGKILL')))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

await run()

async function run(): Promise<void> {
  const peers = installPeers()
  const mysql = await startBenchDatabase({ bufferPoolMb: 512, redoLogMb: 512 })
  const postgres = await startPostgres()
  try {
    const admin = await createConnection(mysql.adminUrl)
    await printSettings(admin, `, Agenda ${PEERS.agenda} on both sides`)
    console.log(`peer: @agendajs/postgres-backend ${PEERS['@agendajs/postgres-backend']}, ${postgres.about}`)
    console.log(
      `both: scan every ${SETTINGS.processEveryMs} ms, lock limit and concurrency ${SETTINGS.lockLimit}, ` +
        `pool of ${SETTINGS.connections}, no notifications, no job log; ${ROUNDS} rounds of ${JOBS} jobs, by turns, medians\n`,
    )
    const ours: AgendaResult[] = []
    const theirs: AgendaResult[] = []
    for (let round = 1; round <= ROUNDS; round++) {
      const name = `round_${round}`
      await admin.query(`CREATE DATABASE ${name}`)
      const url = `${mysql.adminUrl}/${name}?socketPath=${encodeURIComponent(mysql.socketPath)}`
      ours.push(await agenda({ backend: 'mysql', folder: root, url }))
      theirs.push(await agenda({ backend: 'postgres', folder: peers, url: await postgres.database(name) }))
      console.log(`round ${round}: ours ${secondsOf(ours)} s, PostgreSQL ${secondsOf(theirs)} s`)
    }
    await admin.end()
    const graphile = {
      plain: await graphileWorker(peers, await postgres.database('graphile_plain'), -1),
      localQueue: await graphileWorker(peers, await postgres.database('graphile_queue'), 500),
    }
    report(ours, theirs, graphile)
  } finally {
    await Promise.all([mysql.close(), postgres.close()])
  }
}

async function agenda(side: Pick<AgendaLoad, 'backend' | 'folder' | 'url'>): Promise<AgendaResult> {
  const load: AgendaLoad = { ...side, ...SETTINGS, jobs: JOBS }
  const result = await inProcess<AgendaResult>('load.js', load)
  if (result.processed !== JOBS || result.repeated > 0) {
    throw new Error(`${side.backend} processed ${result.processed} of ${JOBS} jobs, ${result.repeated} of them twice.`)
  }
  return result
}

function graphileWorker(folder: string, url: string, localQueueSize: number): Promise<GraphileResult> {
  const load: GraphileLoad = { folder, url, jobs: JOBS, localQueueSize }
  return inProcess<GraphileResult>('graphile.js', load)
}

/** Each measurement in a process of its own, so that none inherits another's warm code or garbage. */
async function inProcess<Result>(script: string, load: object): Promise<Result> {
  const { child } = await startProcess(join(import.meta.dirname, 'agenda', script), { NODE_ENV: 'production' })
  processes.push(child)
  const answer = once(child, 'message') as Promise<[Result]>
  const gone = ended(child).then(() => {
    throw new Error(`${script} ended without a result.`)
  })
  child.send(load)
  const [result] = await Promise.race([answer, gone])
  gone.catch(() => {})
  await ended(child)
  return result
}

type Times = Pick<AgendaResult, 'enqueueSeconds' | 'processSeconds'>

/** Of the last run, both halves together. */
function secondsOf(runs: Times[]): string {
  return runs
    .slice(-1)
    .map(({ enqueueSeconds, processSeconds }) => (enqueueSeconds + processSeconds).toFixed(1))
    .join()
}

function report(ours: Times[], theirs: Times[], graphile: Record<'plain' | 'localQueue', Times>): void {
  const perSecond = (runs: Times[]): Record<'enqueued' | 'processed' | 'both', number> => ({
    enqueued: median(runs.map(({ enqueueSeconds }) => JOBS / enqueueSeconds)),
    processed: median(runs.map(({ processSeconds }) => JOBS / processSeconds)),
    both: median(runs.map(({ enqueueSeconds, processSeconds }) => JOBS / (enqueueSeconds + processSeconds))),
  })
  const figures = {
    mysql: perSecond(ours),
    postgres: perSecond(theirs),
    graphilePlain: perSecond([graphile.plain]),
    graphileQueue: perSecond([graphile.localQueue]),
  }
  const row = (queue: string, { enqueued, processed, both }: typeof figures.mysql): object => ({
    queue,
    'enqueued/s': Math.round(enqueued),
    'processed/s': Math.round(processed),
    'both, jobs/s': Math.round(both),
  })
  console.table([
    row('Agenda on MariaDB, ours', figures.mysql),
    row('Agenda on PostgreSQL', figures.postgres),
    row(`graphile-worker ${PEERS['graphile-worker']}`, figures.graphilePlain),
    row('graphile-worker, local queue of 500', figures.graphileQueue),
  ])
  console.log('graphile-worker has no Agenda on top; its jobs are enqueued 500 at a time.')
  const ratios = {
    both: round(figures.mysql.both / figures.postgres.both),
    enqueue: round(figures.mysql.enqueued / figures.postgres.enqueued),
    process: round(figures.mysql.processed / figures.postgres.processed),
  }
  console.log(`ratio ${ratios.both} (goal ${GOAL}): enqueueing ${ratios.enqueue}, processing ${ratios.process}`)
  console.log(
    JSON.stringify({
      bench: 'agenda',
      ratio: ratios.both,
      goal: GOAL,
      figures: {
        enqueueRatio: ratios.enqueue,
        processRatio: ratios.process,
        jobsPerSecond: Math.round(figures.mysql.both),
        enqueuedPerSecond: Math.round(figures.mysql.enqueued),
        processedPerSecond: Math.round(figures.mysql.processed),
        postgresJobsPerSecond: Math.round(figures.postgres.both),
        postgresEnqueuedPerSecond: Math.round(figures.postgres.enqueued),
        postgresProcessedPerSecond: Math.round(figures.postgres.processed),
        graphileProcessedPerSecond: Math.round(figures.graphilePlain.processed),
        graphileQueueProcessedPerSecond: Math.round(figures.graphileQueue.processed),
        rounds: ROUNDS,
      },
    }),
  )
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function round(value: number): number {
  return Number(value.toFixed(2))
}
