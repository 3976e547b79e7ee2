// The scheduler's regular jobs: each runs in one scheduler at a time, however many there are.
import { MySqlBackend } from '@segue/agenda-mysql'
import { untilItWorks, type Logger } from '@segue/service'
import { Agenda } from 'agenda'
import type { Pool } from 'mysql2/promise'
import { handOut, HAND_OUT_DUE, type HandOutOutcome } from './hand-out.js'
import { FIND_SEGMENT_WAITS, SegmentWaits } from './segment-waits.js'
import { DeletedWorkflows, END_DELETED_WORKFLOWS } from './deleted-workflows.js'

/** How long what fell due waits at most until it is handed out. Each turn costs a dozen small statements, most of them Agenda's own. */
const HAND_OUT_MS = 1000
/** People are not quicker to notice; an idle scheduler stays below a hundredth of a core. */
const SEGMENTS_MS = 5000
const DELETED_MS = 15_000
/** A dead scheduler's jobs are taken over after this; none of them takes a second. */
const LOCK_MS = 10_000
/** How often Agenda looks for jobs; it sees those that are due until its next look. */
const LOOK_MS = 1000

/** What the jobs tell of their work. */
export interface JobsReport {
  handedOut(outcome: HandOutOutcome & { seconds: number }): void
  segmentWaitsEnded(count: number): void
}

/** Starts the jobs over a database that is there. Resolves to a function that ends them, each after its turn. */
export async function startJobs(
  pool: Pool,
  log: Logger,
  report: JobsReport,
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const backend = new MySqlBackend({ pool, ensureSchema: false, prefetch: 1 })
  const agenda = new Agenda({ backend, processEvery: LOOK_MS, defaultConcurrency: 1, defaultLockLifetime: LOCK_MS })
  const running = new Set<unknown>()
  agenda.on('start', (job) => running.add(job))
  agenda.on('complete', (job) => running.delete(job))
  agenda.on('fail', (error: Error, job) =>
    log.warn({ err: error, job: job.attrs.name }, 'A turn failed; the next one tries again'),
  )
  agenda.on('error', (error: Error) => log.warn({ err: error }, 'Jobs cannot be claimed now; trying again'))

  const segmentWaits = new SegmentWaits(pool)
  const deletedWorkflows = new DeletedWorkflows(pool)
  agenda.define(HAND_OUT_DUE, async () => {
    const began = performance.now()
    const outcome = await handOut(pool, backend, agenda)
    report.handedOut({ ...outcome, seconds: (performance.now() - began) / 1000 })
  })
  agenda.define(FIND_SEGMENT_WAITS, async () => report.segmentWaitsEnded(await segmentWaits.turn()))
  agenda.define(END_DELETED_WORKFLOWS, () => deletedWorkflows.turn())
  await agenda.ready
  const announce = async (): Promise<void> => {
    await agenda.every(HAND_OUT_MS, HAND_OUT_DUE)
    await agenda.every(SEGMENTS_MS, FIND_SEGMENT_WAITS)
    await agenda.every(DELETED_MS, END_DELETED_WORKFLOWS)
  }
  if (await untilItWorks(announce, log, signal)) await agenda.start()

  return async () => {
    // Gives back what it has locked and not begun.
    await agenda.stop(false)
    while (running.size > 0) await new Promise((resolve) => agenda.once('complete', resolve))
    await backend.disconnect()
  }
}
