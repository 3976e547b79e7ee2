// The scheduler: finds delayed events that are due and hands them to the scheduler workers. It sees nobody's data, and resumes nothing itself.
import { connect } from '@segue/database'
import {
  Counter,
  Gauge,
  Histogram,
  createLogger,
  createMetrics,
  startHealthServer,
  untilItWorks,
  type Logger,
  type Registry,
  type Running,
} from '@segue/service'
import type { Pool } from 'mysql2/promise'
import type { SchedulerConfig } from './config.js'
import { startJobs, type JobsReport } from './jobs.js'
import { selectLag } from './sql/hand-out.js'

/** A turn of each job, and Agenda's own statements. */
const CONNECTIONS = 5
/** A frozen scheduler's connections end after this, and with them its locks. */
const IDLE_SECONDS = 8

/** Starts; waits for the database when it is not there yet. Of several, one does each turn. */
export async function start(config: SchedulerConfig): Promise<Running & { port: number }> {
  const log = createLogger('scheduler', config.logLevel)
  const metrics = createMetrics('scheduler')
  const pool = connect({ url: config.mysqlUrl, connections: CONNECTIONS, idleTimeoutSeconds: IDLE_SECONDS })
  const ending = new AbortController()
  const state: { endJobs?: () => Promise<void> } = {}
  const health = await startHealthServer({
    host: config.healthHost,
    port: config.healthPort,
    metrics,
    checks: {
      database: async () => {
        await pool.query('SELECT 1')
      },
      jobs: async () => {
        if (!state.endJobs) throw new Error('Not started yet.')
      },
    },
  })
  log.info(`Handing out delayed events; health at http://${config.healthHost}:${health.port}/health`)
  const starting = begin(pool, log, reportTo(metrics, pool), state, ending.signal)
  return {
    port: health.port,
    async close() {
      ending.abort()
      await starting
      await state.endJobs?.()
      await health.close()
      await pool.end()
    },
  }
}

async function begin(
  pool: Pool,
  log: Logger,
  report: JobsReport,
  state: { endJobs?: () => Promise<void> },
  signal: AbortSignal,
): Promise<void> {
  // Agenda does not survive a database that is away when it starts.
  const isThere = async (): Promise<void> => {
    await pool.query('SELECT 1 FROM agenda_jobs LIMIT 1')
  }
  if (await untilItWorks(isThere, log, signal)) state.endJobs = await startJobs(pool, log, report, signal)
}

function reportTo(metrics: Registry, pool: Pool): JobsReport {
  const registers = [metrics]
  const rows = new Counter({
    name: 'segue_delayed_events_handed_out_total',
    help: 'Due delayed events in ranges handed out by this scheduler; one that comes into a range later is not counted',
    registers,
  })
  const outstanding = new Gauge({
    name: 'segue_delayed_event_ranges_outstanding',
    help: 'Ranges that workers have or wait for, as of the last hand-out by this scheduler',
    registers,
  })
  const seconds = new Histogram({
    name: 'segue_hand_out_seconds',
    help: 'Time of a hand-out, in which the database finds what is due',
    registers,
  })
  const segmentWaits = new Counter({
    name: 'segue_segment_waits_ended_total',
    help: 'Waits for a segment that came true',
    registers,
  })
  new Gauge({
    name: 'segue_delayed_events_lag_seconds',
    help: 'Age of the oldest delayed event that is due and not yet done',
    registers,
    async collect() {
      this.set(await selectLag(pool).catch(() => Number.NaN))
    },
  })
  return {
    handedOut(outcome) {
      rows.inc(outcome.rows)
      outstanding.set(outcome.outstanding)
      seconds.observe(outcome.seconds)
    },
    segmentWaitsEnded: (count) => segmentWaits.inc(count),
  }
}
