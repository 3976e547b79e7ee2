// Works through a range of due delayed events: reads, lets the pipeline resume a batch, commits; finds what breaks a batch and puts it off.
import { ChangesWriter, INSERT_CHANGES, type DueRange } from '@segue/database'
import {
  DelayedFailure,
  failureKind,
  isContention,
  reasonOf,
  resumeBatch,
  type Configuration,
  type FailureKind,
  type ResumeOutcome,
} from '@segue/pipeline'
import { toBytes } from '@segue/database'
import { sleep, type Logger } from '@segue/service'
import type { Pool, PoolConnection } from 'mysql2/promise'
import { putOff, selectNext, selectPutOff, type Reading } from './sql/delayed-event.js'

/** Rows of a transaction: enough that a commit costs each of them little, few enough that locks are held for some tens of milliseconds. */
const BATCH_ROWS = 256
/** Pauses before a failed batch is tried again, growing to the last while the database is away. */
const RETRY_MS = [10, 50, 200, 1000, 2000]
/** A failure that comes back this often although it is worth a retry lies in the rows after all. */
const RETRIES_BEFORE_BISECTION = 8

/** What the worker tells of its work. */
export interface ResumerReport {
  resumed(outcome: ResumeOutcome & { seconds: number }): void
  putOff(rows: number, dead: number): void
  failed(kind: FailureKind): void
}

export interface ResumerOptions {
  pool: Pool
  configuration: () => Configuration
  log: Logger
  report: ResumerReport
}

/** A range that was left before its end: the job's lock is lost, or the worker ends. Somebody else goes on with it. */
export class RangeLeft extends Error {
  override readonly name = 'RangeLeft'
}

export class Resumer {
  /** Set while the database cannot work, for readiness. */
  outage: string | undefined

  constructor(private readonly options: ResumerOptions) {}

  /**
   * Resumes what is due of the range, however long the database is away meanwhile. Throws `RangeLeft` when `signal` comes before its end. Each row is
   * done once by whoever locks it first: nothing depends on who has the range.
   */
  async resume(range: DueRange, signal: AbortSignal): Promise<void> {
    let reading: Reading | undefined = { from: range.from, behind: '>=', to: range.to }
    let failures = 0
    while (reading) {
      if (signal.aborted) throw new RangeLeft('The range was left to others.')
      try {
        reading = await this.#batch(reading, signal)
        failures = 0
        this.outage = undefined
      } catch (error) {
        this.outage = error instanceof Error ? error.message : String(error)
        if (failures++ % 10 === 0)
          this.options.log.warn({ err: error }, 'Delayed events cannot be resumed now; trying again')
        await sleep(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 1000, signal)
      }
    }
  }

  /** Resumes the next rows. Returns where to read on; undefined at the end. */
  async #batch(reading: Reading, signal: AbortSignal): Promise<Reading | undefined> {
    const connection = await this.options.pool.getConnection()
    try {
      const { rows, now } = await selectNext(connection, reading, BATCH_ROWS)
      const last = rows.at(-1)
      if (last)
        await this.#work(
          connection,
          rows.map(({ id }) => id),
          now,
          signal,
        )
      connection.release()
      return last && rows.length === BATCH_ROWS ? { from: last.place, behind: '>', to: reading.to } : undefined
    } catch (error) {
      // Whatever state it is in, the next batch starts on a fresh one.
      connection.destroy()
      throw error
    }
  }

  /** Resumes rows, in halves when something in them cannot be done, until each is committed or put off. */
  async #work(
    connection: PoolConnection,
    ids: Buffer[],
    now: number,
    signal: AbortSignal,
    repeated = 0,
  ): Promise<void> {
    const began = performance.now()
    try {
      await connection.beginTransaction()
      const outcome = await resumeBatch(connection, ids, this.options.configuration(), now)
      await connection.commit()
      this.#tell({ ...outcome, seconds: (performance.now() - began) / 1000 })
    } catch (error) {
      // A connection that cannot even roll back is gone; the caller throws it away.
      await connection.rollback().catch(() => {
        throw error
      })
      const kind = failureKind(error)
      this.options.report.failed(kind)
      if (kind === 'outage') throw error
      if (kind === 'retry' && repeated < RETRIES_BEFORE_BISECTION) {
        if ((error as { fatal?: boolean }).fatal) throw error
        await sleep(Math.random() * (RETRY_MS[Math.min(repeated, 2)] ?? 200), signal)
        return this.#work(connection, ids, now, signal, repeated + 1)
      }
      if (error instanceof DelayedFailure) return this.#without(connection, ids, now, signal, error)
      if (ids.length === 1) {
        // It waits for others, and is not at fault: the range that comes next has it again.
        if (isContention(error)) return
        return this.#putOff(connection, ids, error)
      }
      const middle = Math.ceil(ids.length / 2)
      await this.#work(connection, ids.slice(0, middle), now, signal)
      await this.#work(connection, ids.slice(middle), now, signal)
    }
  }

  /** The failing row is known: it is put off, the others are tried again. */
  async #without(
    connection: PoolConnection,
    ids: Buffer[],
    now: number,
    signal: AbortSignal,
    failure: DelayedFailure,
  ): Promise<void> {
    const failed = toBytes(failure.delayedEventId)
    const others = ids.filter((id) => !id.equals(failed))
    if (others.length === ids.length) throw failure
    await this.#putOff(connection, [failed], failure)
    if (others.length > 0) await this.#work(connection, others, now, signal)
  }

  async #putOff(connection: PoolConnection, ids: Buffer[], error: unknown): Promise<void> {
    const reason = reasonOf(error)
    await connection.beginTransaction()
    await putOff(connection, ids, reason)
    const { workflowIds, dead } = await selectPutOff(connection, ids)
    const changes = new ChangesWriter()
    for (const workflowId of workflowIds) changes.delayed(workflowId)
    const body = changes.finish()
    if (body) await connection.execute(INSERT_CHANGES, [body])
    await connection.commit()
    this.options.report.putOff(ids.length, dead)
    this.options.log.error(
      { ...reason, delayedEvents: ids.map((id) => id.toString('hex')), dead },
      'A delayed event could not be done and was put off',
    )
  }

  #tell(outcome: ResumeOutcome & { seconds: number }): void {
    this.options.report.resumed(outcome)
    for (const crash of outcome.crashes)
      this.options.log.error({ err: crash.error.cause, ...crash }, 'A workflow node broke')
  }
}
