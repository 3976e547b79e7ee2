// Takes ranges that the scheduler handed out, a few at a time, and keeps their locks while they are worked on.
import { MySqlBackend } from '@segue/agenda-mysql'
import { RESUME_DUE, type DueRange } from '@segue/database'
import { every, type Logger } from '@segue/service'
import { Agenda, type Job } from 'agenda'
import type { Pool } from 'mysql2/promise'
import { RangeLeft, type Resumer } from './resumer.js'

/** Ranges at once: while one waits for the database the other computes. More gained nothing on two cores. */
export const AT_ONCE = 2
/** Locked ahead, so that there is no pause until Agenda's next look. */
const LOCKED = 2 * AT_ONCE
/** A dead worker's ranges are taken over after this; shorter would take them from one that only pauses for its garbage collector. */
const LOCK_MS = 10_000
const RENEW_MS = 3000
/** How often Agenda looks for ranges; an idle look is one small read. */
const LOOK_MS = 100

/** Starts taking ranges over a database that is there. Resolves to a function that ends it, each range after its batch. */
export async function startRanges(pool: Pool, resumer: Resumer, log: Logger): Promise<() => Promise<void>> {
  const backend = new MySqlBackend({ pool, ensureSchema: false, prefetch: 1 })
  const agenda = new Agenda({ backend, processEvery: LOOK_MS })
  const running = new Set<unknown>()
  agenda.on('start', (job) => running.add(job))
  agenda.on('complete', (job) => running.delete(job))
  agenda.on('error', (error: Error) => log.warn({ err: error }, 'Ranges cannot be claimed now; trying again'))
  agenda.on('fail', (error: Error) => {
    if (!(error instanceof RangeLeft)) log.error({ err: error }, 'A range failed; it is handed out again')
  })

  const ending = new AbortController()
  agenda.define<DueRange>(RESUME_DUE, (job) => whileLocked(job, ending.signal, log, resumer), {
    concurrency: AT_ONCE,
    lockLimit: LOCKED,
    lockLifetime: LOCK_MS,
    removeOnComplete: true,
  })
  await agenda.ready
  await agenda.start()

  return async () => {
    ending.abort()
    // Gives back what it has locked and not begun.
    await agenda.stop(false)
    while (running.size > 0) await new Promise((resolve) => agenda.once('complete', resolve))
    await backend.disconnect()
  }
}

/** Resumes a range until its end, the end of the worker, or the loss of its lock. */
async function whileLocked(job: Job<DueRange>, ending: AbortSignal, log: Logger, resumer: Resumer): Promise<void> {
  const lost = new AbortController()
  const done = new AbortController()
  const renewing = every(
    RENEW_MS,
    () =>
      job.touch().catch((error: unknown) => {
        log.warn({ err: error }, 'A range was lost to another worker')
        lost.abort()
      }),
    log,
    AbortSignal.any([done.signal, lost.signal]),
  )
  try {
    await resumer.resume(job.attrs.data, AbortSignal.any([ending, lost.signal]))
  } finally {
    done.abort()
    await renewing
  }
}
