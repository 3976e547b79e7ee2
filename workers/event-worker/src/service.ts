// The event worker: drains the inbox through the pipeline. Several share the work by partitions; one that dies is replaced within seconds.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from '@segue/database'
import { ConfigurationLoader, moveMerged, type Configuration } from '@segue/pipeline'
import {
  Counter,
  Histogram,
  createLogger,
  createMetrics,
  startHealthServer,
  type Logger,
  type Registry,
  type Running,
} from '@segue/service'
import type { Pool } from 'mysql2/promise'
import type { EventWorkerConfig } from './config.js'
import { Lane, type LaneReport } from './lane.js'
import { Leases } from './leases.js'
import { deleteExpiredResults } from './sql/inbox.js'

/** Two lanes: while one waits for the database the other computes. More gained nothing on two cores. */
const LANES = 2
/** Lanes, heartbeat, moving of merged profiles, configuration. */
const CONNECTIONS = LANES + 4
/** A frozen worker's connections end after this, and with them its locks: a little longer than the longest batch. */
const IDLE_SECONDS = 8
const CONFIGURATION_MS = 1000
const MOVE_MS = 250
const EXPIRE_MS = 10_000

/** Starts draining; waits for the database when it is not there yet. */
export async function start(config: EventWorkerConfig): Promise<Running & { port: number }> {
  const log = createLogger('event-worker', config.logLevel)
  const metrics = createMetrics('event-worker')
  const pool = connect({
    url: config.mysqlUrl,
    connections: CONNECTIONS,
    idleTimeoutSeconds: IDLE_SECONDS,
    trustsOwnJson: true,
  })
  const ending = new AbortController()
  const state: { configuration?: Configuration; lanes: Lane[] } = { lanes: [] }
  const health = await startHealthServer({
    host: config.healthHost,
    port: config.healthPort,
    metrics,
    checks: {
      database: async () => {
        await pool.query('SELECT 1')
      },
      configuration: async () => {
        if (!state.configuration) throw new Error('Not loaded yet.')
      },
      inbox: async () => {
        for (const lane of state.lanes) if (lane.outage) throw new Error(lane.outage)
      },
    },
  })

  log.info(`Draining the inbox; health at http://${config.healthHost}:${health.port}/health`)

  const leases = new Leases(pool, `${config.environment}-${randomUUID()}`, log)
  const working = work(pool, leases, log, metrics, state, ending.signal)
  return {
    port: health.port,
    async close() {
      ending.abort()
      await working
      await Promise.all(state.lanes.map((lane) => lane.close()))
      await leases
        .close()
        .catch((error: unknown) =>
          log.warn({ err: error }, 'The leases were not given back; they run out by themselves'),
        )
      await health.close()
      await pool.end()
    },
  }
}

async function work(
  pool: Pool,
  leases: Leases,
  log: Logger,
  metrics: Registry,
  state: { configuration?: Configuration; lanes: Lane[] },
  signal: AbortSignal,
): Promise<void> {
  const loader = new ConfigurationLoader(pool)
  let reported = ''
  const reload = async (): Promise<void> => {
    const configuration = await loader.load()
    state.configuration = configuration
    const problems = configuration.problems.join('\n')
    if (problems !== reported && problems !== '')
      log.warn({ problems: configuration.problems }, 'Some of the configuration is left out')
    reported = problems
  }
  if (!(await untilItWorks(reload, log, signal)) || !(await untilItWorks(() => leases.start(), log, signal))) return

  const report = reportTo(metrics)
  state.lanes = Array.from(
    { length: LANES },
    (_, lane) =>
      new Lane({
        pool,
        worker: leases.worker,
        leases,
        owns: (partition) => partition % LANES === lane,
        configuration: () => state.configuration as Configuration,
        log,
        report,
      }),
  )
  for (const lane of state.lanes) lane.start()
  await Promise.all([
    every(CONFIGURATION_MS, reload, log, signal),
    every(MOVE_MS, () => moveAll(pool, signal), log, signal),
    every(EXPIRE_MS, () => deleteExpiredResults(pool), log, signal),
  ])
}

async function untilItWorks(task: () => Promise<void>, log: Logger, signal: AbortSignal): Promise<boolean> {
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      await task()
      return true
    } catch (error) {
      if (failures % 10 === 0) log.warn({ err: error }, 'The database is not ready; waiting for it')
      await sleep(1000, signal)
    }
  }
  return false
}

/** Repeats a task with a pause between; a failure is logged and the next turn tries again. */
async function every(ms: number, task: () => Promise<void>, log: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(ms, signal)
    if (signal.aborted) return
    await task().catch((error: unknown) => log.warn({ err: error }, 'A regular task failed; trying again'))
  }
}

async function moveAll(pool: Pool, signal: AbortSignal): Promise<void> {
  const connection = await pool.getConnection()
  try {
    while (!signal.aborted && (await moveMerged(connection)));
    connection.release()
  } catch (error) {
    connection.destroy()
    throw error
  }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined)
}

function reportTo(metrics: Registry): LaneReport {
  const events = new Counter({
    name: 'segue_events_processed_total',
    help: 'Events whose effects are committed',
    registers: [metrics],
  })
  const repeats = new Counter({
    name: 'segue_events_repeated_total',
    help: 'Events dropped because they had been received before',
    registers: [metrics],
  })
  const runs = new Counter({ name: 'segue_workflow_runs_total', help: 'Workflow runs', registers: [metrics] })
  const merges = new Counter({
    name: 'segue_profiles_merged_total',
    help: 'Profiles that became an alias',
    registers: [metrics],
  })
  const dead = new Counter({
    name: 'segue_events_dead_lettered_total',
    help: 'Events moved to the dead letters',
    registers: [metrics],
  })
  const failures = new Counter({
    name: 'segue_batches_failed_total',
    help: 'Batches rolled back, by reason',
    labelNames: ['kind'],
    registers: [metrics],
  })
  const seconds = new Histogram({
    name: 'segue_batch_seconds',
    help: 'Time of a batch from fence to commit',
    registers: [metrics],
  })
  const steps = new Counter({
    name: 'segue_pipeline_step_seconds_total',
    help: 'Time spent in each step',
    labelNames: ['step'],
    registers: [metrics],
  })
  return {
    processed(outcome) {
      events.inc(outcome.events)
      repeats.inc(outcome.repeats)
      runs.inc(outcome.runs)
      merges.inc(outcome.merges)
      seconds.observe(outcome.seconds)
      for (const [step, ms] of Object.entries(outcome.timings)) steps.inc({ step }, ms / 1000)
    },
    deadLettered: (count) => dead.inc(count),
    failed: (kind) => failures.inc({ kind }),
  }
}
