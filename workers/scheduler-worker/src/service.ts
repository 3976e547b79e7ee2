// The scheduler worker: lets the runs of due delayed events go on. Every effect commits with the deletion of the rows that caused it.
import { connect } from '@segue/database'
import { ConfigurationLoader, type Configuration } from '@segue/pipeline'
import {
  Counter,
  Histogram,
  createLogger,
  createMetrics,
  every,
  startHealthServer,
  untilItWorks,
  type Logger,
  type Registry,
  type Running,
} from '@segue/service'
import type { Pool } from 'mysql2/promise'
import type { SchedulerWorkerConfig } from './config.js'
import { AT_ONCE, startRanges } from './ranges.js'
import { Resumer, type ResumerReport } from './resumer.js'

/** Ranges, Agenda's own statements, configuration. */
const CONNECTIONS = AT_ONCE + 4
/** A frozen worker's connections end after this, and with them its locks: a little longer than the longest batch. */
const IDLE_SECONDS = 8
const CONFIGURATION_MS = 1000

interface State {
  configuration?: Configuration
  resumer?: Resumer
  endRanges?: () => Promise<void>
}

/** Starts resuming; waits for the database when it is not there yet. */
export async function start(config: SchedulerWorkerConfig): Promise<Running & { port: number }> {
  const log = createLogger('scheduler-worker', config.logLevel)
  const metrics = createMetrics('scheduler-worker')
  const pool = connect({
    url: config.mysqlUrl,
    connections: CONNECTIONS,
    idleTimeoutSeconds: IDLE_SECONDS,
    trustsOwnJson: true,
  })
  const ending = new AbortController()
  const state: State = {}
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
      ranges: async () => {
        if (!state.endRanges) throw new Error('Not started yet.')
        if (state.resumer?.outage) throw new Error(state.resumer.outage)
      },
    },
  })
  log.info(`Resuming delayed events; health at http://${config.healthHost}:${health.port}/health`)
  const working = work(pool, log, reportTo(metrics), state, ending.signal)
  return {
    port: health.port,
    async close() {
      ending.abort()
      await working
      await state.endRanges?.()
      await health.close()
      await pool.end()
    },
  }
}

async function work(pool: Pool, log: Logger, report: ResumerReport, state: State, signal: AbortSignal): Promise<void> {
  const loader = new ConfigurationLoader(pool)
  let reported = ''
  const reload = async (): Promise<void> => {
    state.configuration = await loader.load()
    const problems = state.configuration.problems.join('\n')
    if (problems !== reported && problems !== '')
      log.warn({ problems: state.configuration.problems }, 'Some of the configuration is left out')
    reported = problems
  }
  if (!(await untilItWorks(reload, log, signal))) return
  state.resumer = new Resumer({ pool, configuration: () => state.configuration as Configuration, log, report })
  state.endRanges = await startRanges(pool, state.resumer, log)
  await every(CONFIGURATION_MS, reload, log, signal)
}

function reportTo(metrics: Registry): ResumerReport {
  const registers = [metrics]
  const resumed = new Counter({
    name: 'segue_delayed_events_resumed_total',
    help: 'Delayed events whose effects are committed',
    registers,
  })
  const skipped = new Counter({
    name: 'segue_delayed_events_skipped_total',
    help: 'Delayed events that somebody else was faster with',
    registers,
  })
  const failed = new Counter({
    name: 'segue_delayed_events_failed_total',
    help: 'Delayed events that could not be done and were put off, or are dead',
    registers,
  })
  const dead = new Counter({
    name: 'segue_delayed_events_dead_total',
    help: 'Delayed events that could not be done too often',
    registers,
  })
  const batches = new Counter({
    name: 'segue_resume_batches_failed_total',
    help: 'Batches rolled back, by reason',
    labelNames: ['kind'],
    registers,
  })
  const seconds = new Histogram({
    name: 'segue_resume_batch_seconds',
    help: 'Time of a batch from its begin to its commit',
    registers,
  })
  return {
    resumed(outcome) {
      resumed.inc(outcome.done)
      skipped.inc(outcome.skipped)
      seconds.observe(outcome.seconds)
    },
    putOff(rows, deadRows) {
      failed.inc(rows)
      dead.inc(deadRows)
    },
    failed: (kind) => batches.inc({ kind }),
  }
}
