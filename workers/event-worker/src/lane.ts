// One lane of the worker: takes the oldest rows of its partitions, runs them through the pipeline, commits effects and deletion together.
import { setTimeout as pause } from 'node:timers/promises'
import type { Envelope } from '@segue/event-model'
import {
  EventFailure,
  OwnerMemory,
  claimKeys,
  failureKind,
  isContention,
  processBatch,
  reasonOf,
  type BatchOutcome,
  type Configuration,
} from '@segue/pipeline'
import type { Logger } from '@segue/service'
import type { Pool, PoolConnection } from 'mysql2/promise'
import { LEASE_SECONDS, type Leases } from './leases.js'
import { envelopeOf } from './read-envelope.js'
import { Reader } from './reader.js'
import { deleteRows, insertDeadLetters, type DeadLetterRow, type InboxRow } from './sql/inbox.js'
import { fence, noteTrial } from './sql/lease.js'
import { KillsTheWorker, Suspects, TRIES } from './suspects.js'

/** A wait between looks at an empty inbox: the latency of a lonely event, at a cost of some tiny reads a second. */
const IDLE_MS = 25
/** Pauses before a failed batch is tried again, growing to the last while the database is away. */
const RETRY_MS = [10, 50, 200, 1000, 2000]
/** A failure that comes back this often although it is worth a retry lies in the events after all. */
const RETRIES_BEFORE_BISECTION = 8

/** What a lane tells of its work. */
export interface LaneReport {
  processed(outcome: BatchOutcome & { seconds: number }): void
  deadLettered(count: number): void
  failed(kind: 'retry' | 'event' | 'outage'): void
}

export interface LaneOptions {
  pool: Pool
  worker: string
  leases: Leases
  /** Which of the worker's partitions are this lane's. */
  owns: (partition: number) => boolean
  configuration: () => Configuration
  log: Logger
  report: LaneReport
}

/** Thrown inside a transaction when it may not commit: its partitions or rows are somebody else's now. */
class Fenced extends Error {
  override readonly name = 'Fenced'
}

export class Lane {
  readonly #reader = new Reader()
  readonly #suspects: Suspects
  readonly #owners = new OwnerMemory()
  readonly #stopping = new AbortController()
  #running: Promise<void> = Promise.resolve()
  /** Set while the database cannot work, for readiness. */
  outage: string | undefined

  constructor(private readonly options: LaneOptions) {
    this.#suspects = new Suspects(options.leases.held)
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Finishes the batch at hand. */
  async close(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    let failures = 0
    while (!this.#stopping.signal.aborted) {
      try {
        const busy = await this.#turn()
        failures = 0
        this.outage = undefined
        if (!busy) await this.#pause(IDLE_MS)
      } catch (error) {
        this.options.report.failed(failureKind(error))
        this.outage = error instanceof Error ? error.message : String(error)
        if (failures++ % 10 === 0)
          this.options.log.warn({ err: error }, 'The inbox cannot be processed now; trying again')
        this.#reader.forget()
        await this.#pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 1000)
      }
    }
  }

  async #turn(): Promise<boolean> {
    const partitions = [...this.options.leases.held.keys()].filter(this.options.owns)
    if (partitions.length === 0) return false
    const connection = await this.options.pool.getConnection()
    try {
      const rows = await this.#reader.read(connection, partitions)
      const alone = rows.filter(({ partition }) => this.#suspects.of(partition))
      const together = alone.length === 0 ? rows : rows.filter((row) => !alone.includes(row))
      if (together.length > 0) await this.#work(connection, together)
      if (alone.length > 0) await this.#tryEach(connection, alone)
      connection.release()
      return rows.length > 0
    } catch (error) {
      // Whatever state it is in, the next batch starts on a fresh one.
      connection.destroy()
      throw error
    }
  }

  /** Processes rows of partitions that workers vanished over one at a time, until what they vanished over is found or is gone. */
  async #tryEach(connection: PoolConnection, rows: InboxRow[]): Promise<void> {
    const suspects = this.#suspects
    for (const [n, row] of rows.entries()) {
      const lease = suspects.of(row.partition)
      if (!lease || this.#stopping.signal.aborted) continue
      const tries = await noteTrial(connection, this.options.worker, lease, row.id)
      if (tries === undefined) return this.options.leases.doubt()
      const wasLast =
        !this.#reader.holdsMore(row.partition) && !rows.some((r, i) => i > n && r.partition === row.partition)
      if (tries >= TRIES || suspects.hasTriedAll(lease) || wasLast) suspects.acquit(lease)
      if (tries < TRIES) await this.#work(connection, [row])
      else await this.#bury(connection, [row], new KillsTheWorker())
    }
  }

  /** Processes rows, in halves when something in them cannot be stored, until each is committed or dead-lettered. */
  async #work(connection: PoolConnection, rows: InboxRow[], repeated = 0): Promise<void> {
    const began = performance.now()
    try {
      const outcome = await this.#commit(connection, rows, new Map())
      this.options.report.processed({ ...outcome, seconds: (performance.now() - began) / 1000 })
    } catch (error) {
      // A connection that cannot even roll back is gone; the caller throws it away.
      await connection.rollback().catch(() => {
        throw error
      })
      if (error instanceof Fenced) return this.options.leases.doubt()
      const kind = failureKind(error)
      this.options.report.failed(kind)
      if (kind === 'outage') throw error
      if (kind === 'retry' && repeated < RETRIES_BEFORE_BISECTION) {
        if ((error as { fatal?: boolean }).fatal) throw error
        await this.#pause(Math.random() * (RETRY_MS[Math.min(repeated, 2)] ?? 200))
        return this.#work(connection, rows, repeated + 1)
      }
      if (error instanceof EventFailure) return this.#without(connection, rows, error)
      if (rows.length === 1) {
        if (isContention(error)) throw error
        return this.#bury(connection, rows, error)
      }
      const middle = Math.ceil(rows.length / 2)
      await this.#work(connection, rows.slice(0, middle))
      await this.#work(connection, rows.slice(middle))
    }
  }

  /** The failing event is known: it goes to the dead letters, the others are tried again. */
  async #without(connection: PoolConnection, rows: InboxRow[], failure: EventFailure): Promise<void> {
    const failed = rows.filter((row) => row.id.toString('hex') === failure.eventId.replaceAll('-', ''))
    if (failed.length === 0) throw failure
    await this.#bury(connection, failed, failure)
    const others = rows.filter((row) => !failed.includes(row))
    if (others.length > 0) await this.#work(connection, others)
  }

  async #bury(connection: PoolConnection, rows: InboxRow[], error: unknown): Promise<void> {
    await this.#commit(connection, [], new Map(rows.map((row) => [row, error])))
    this.options.report.deadLettered(rows.length)
    this.options.log.error(
      { ...reasonOf(error), events: rows.map((row) => row.id.toString('hex')) },
      'An event failed and was moved to the dead letters',
    )
  }

  /** One transaction: fence, deletion of exactly these rows, effects, dead letters. */
  async #commit(connection: PoolConnection, rows: InboxRow[], dead: Map<InboxRow, unknown>): Promise<BatchOutcome> {
    const all = [...rows, ...dead.keys()]
    await connection.beginTransaction()
    const now = await this.#fence(connection, all)
    // First of all: rows that are gone were committed by a transaction whose outcome this worker did not hear.
    if ((await deleteRows(connection, all)) !== all.length)
      throw new Fenced('Somebody else has processed rows of this batch.')
    const unreadable = new Map(dead)
    const envelopes = parse(rows, unreadable)
    const outcome = await processBatch(connection, envelopes, this.options.configuration(), now, this.#owners)
    await this.#insertDead(connection, unreadable, now)
    await connection.commit()
    this.#reader.done(all)
    for (const crash of outcome.crashes)
      this.options.log.error({ err: crash.error.cause, ...crash }, 'A workflow node broke')
    return outcome
  }

  async #fence(connection: PoolConnection, rows: InboxRow[]): Promise<number> {
    const partitions = [...new Set(rows.map((row) => row.partition))]
    const innocent = !partitions.some((partition) => this.#suspects.of(partition))
    const { leases, now } = await fence(connection, this.options.worker, partitions, LEASE_SECONDS, innocent)
    const mine = leases.filter((lease) => this.options.leases.held.get(lease.partition)?.epoch === lease.epoch)
    if (mine.length !== partitions.length) throw new Fenced('Another worker has taken a partition of this batch over.')
    return now
  }

  /** A dead letter keeps its client's id claimed: the client's repeat is dropped, the replay is not. */
  async #insertDead(connection: PoolConnection, dead: Map<InboxRow, unknown>, now: number): Promise<void> {
    const letters: DeadLetterRow[] = []
    const keyed: Envelope[] = []
    for (const [row, error] of dead) {
      const envelope = envelopeOf(row)
      if (envelope instanceof Error)
        letters.push({
          id: row.id,
          sourceId: '',
          eventType: '',
          receivedAt: now,
          ...reasonOf(envelope),
          body: row.body,
        })
      else {
        keyed.push(envelope)
        const { sourceId, type, receivedAt } = envelope
        letters.push({ id: row.id, sourceId, eventType: type, receivedAt, ...reasonOf(error), body: row.body })
      }
    }
    await claimKeys(connection, keyed, now)
    await insertDeadLetters(connection, letters, now)
  }

  async #pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
  }
}

function parse(rows: InboxRow[], unreadable: Map<InboxRow, unknown>): Envelope[] {
  return rows.flatMap((row) => {
    const envelope = envelopeOf(row)
    if (!(envelope instanceof Error)) return [envelope]
    unreadable.set(row, envelope)
    return []
  })
}
