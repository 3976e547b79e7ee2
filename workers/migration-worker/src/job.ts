// A piece of maintenance work that people can follow: begins with the first thing it finds to do, so what had nothing to do is not listed.
import type { Pool } from 'mysql2/promise'
import { v7 } from 'uuid'
import { saveJob, type JobRow } from './sql/job.js'

/** Often enough for a bar that moves, seldom enough to cost nothing. */
const TELL_MS = 1000
/** Of the column. */
const LONGEST_ERROR = 500

/** Says how far the work is: how much is done, and of how much, if that is known. */
export type Progress = (done: number, total?: number) => Promise<void>

/** Does work of a kind and keeps a job of it. What `work` throws is in the job, and is thrown on. */
export async function asJob<Result>(
  pool: Pool,
  kind: string,
  work: (progress: Progress) => Promise<Result>,
): Promise<Result> {
  const job: JobRow = { id: v7(), kind, state: 'running', done: 0, total: null, error: null }
  const startedAt = new Date()
  let toldAt: number | undefined
  const tell = async (): Promise<void> => {
    toldAt = Date.now()
    await saveJob(pool, job, startedAt)
  }
  try {
    const result = await work(async (done, total) => {
      job.done = done
      job.total = total ?? job.total
      if (toldAt === undefined || Date.now() - toldAt >= TELL_MS) await tell()
    })
    if (toldAt !== undefined) {
      job.state = 'done'
      await tell()
    }
    return result
  } catch (error) {
    job.state = 'failed'
    job.error = (error instanceof Error ? error.message : String(error)).slice(0, LONGEST_ERROR)
    // A database that is away keeps no jobs either; why the work failed is what matters.
    await tell().catch(() => undefined)
    throw error
  }
}
