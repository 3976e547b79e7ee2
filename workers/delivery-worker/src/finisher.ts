// Writes what became of deliveries: those that end while one transaction is under way share the next one.
import { setTimeout as pause } from 'node:timers/promises'
import { ChangesWriter, INSERT_CHANGES } from '@segue/database'
import { wellFormedJson } from '@segue/event-model'
import type { JsonObject } from '@segue/outgoing'
import type { Logger } from '@segue/service'
import type { Pool, PoolConnection } from 'mysql2/promise'
import type { Held, Result } from './held.js'
import { endWaits, finishDeliveries, lockHeld, releaseDeliveries, type FinishedRow } from './sql/finish.js'

const MOST_ROWS = 200
/** Answers are written twice, and servers take 16 MB at once. */
const MOST_CHARACTERS = 2_000_000
/** Pauses before a failed transaction is tried again, growing to the last while the database is away. */
const RETRY_MS = [10, 50, 200, 1000]

interface Ended {
  held: Held
  result: Result
  /** Null: it is given back. */
  row: FinishedRow | null
  /** JSON of the Cause for the run that waits; null: it goes on waiting. */
  outcome: string | null
  resolve: (written: boolean) => void
}

export class Finisher {
  readonly #queue: Ended[] = []
  #running: Promise<void> | undefined
  #giveUp = false

  constructor(
    private readonly pool: Pool,
    private readonly log: Logger,
  ) {}

  /** Resolves when it is committed; with false when the delivery was not this worker's any more, and nothing was written. */
  finish(held: Held, result: Result): Promise<boolean> {
    return new Promise((resolve) => {
      this.#queue.push({ held, result, row: rowOf(held, result), outcome: outcomeOf(result), resolve })
      this.#running ??= this.#run()
    })
  }

  /** Waits until all is written, at most so long: what is not is sent again by others when its lease has run out. */
  async close(ms: number): Promise<void> {
    const stop = new AbortController()
    await Promise.race([this.#running, pause(ms, undefined, { signal: stop.signal }).catch(() => undefined)])
    stop.abort()
    this.#giveUp = true
    await this.#running
  }

  async #run(): Promise<void> {
    // What ends in this turn of the loop joins.
    await pause(0)
    while (this.#queue.length > 0) await this.#write(this.#next())
    this.#running = undefined
  }

  #next(): Ended[] {
    let characters = 0
    const end = this.#queue.findIndex(({ row, outcome }, at) => {
      characters += (row?.response?.length ?? 0) + (outcome?.length ?? 0)
      return at >= MOST_ROWS || (at > 0 && characters > MOST_CHARACTERS)
    })
    return this.#queue.splice(0, end === -1 ? this.#queue.length : end)
  }

  async #write(batch: Ended[]): Promise<void> {
    for (let failures = 0; ; failures++) {
      try {
        const written = await this.#commit(batch)
        for (const one of batch) one.resolve(written.has(one.held.id.toString('hex')))
        return
      } catch (error) {
        if (isOfData(error, failures)) return this.#without(batch, error)
        if (failures % 10 === 0)
          this.log.warn({ err: error }, 'What became of deliveries cannot be written now; trying again')
        if (this.#giveUp) {
          for (const one of batch) one.resolve(false)
          return
        }
        await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)])
      }
    }
  }

  /** Something in the batch cannot be stored: it is found by writing each alone, and written without its answer. */
  async #without(batch: Ended[], error: unknown): Promise<void> {
    if (batch.length > 1) {
      for (const one of batch) await this.#write([one])
      return
    }
    const [one] = batch
    if (!one) return
    this.log.error({ err: error, delivery: one.held.id.toString('hex') }, 'An answer cannot be stored')
    if (!one.row?.response) return one.resolve(false)
    const result = withoutAnswer(one.result)
    await this.#write([{ ...one, result, row: rowOf(one.held, result), outcome: outcomeOf(result) }])
  }

  async #commit(batch: Ended[]): Promise<Set<string>> {
    const connection = await this.pool.getConnection()
    try {
      await connection.beginTransaction()
      const held = await lockHeld(
        connection,
        batch.map(({ held }) => held),
      )
      await write(
        connection,
        batch.filter((one) => held.has(one.held.id.toString('hex'))),
      )
      await connection.commit()
      connection.release()
      return held
    } catch (error) {
      connection.destroy()
      throw error
    }
  }
}

async function write(tx: PoolConnection, mine: Ended[]): Promise<void> {
  await finishDeliveries(
    tx,
    mine.flatMap(({ row }) => row ?? []),
  )
  await releaseDeliveries(
    tx,
    mine.flatMap(({ held: { id }, result }) => (result.kind === 'released' ? [{ id, dueInMs: result.inMs }] : [])),
  )
  const changes = new ChangesWriter()
  const waits = mine.flatMap(({ held, outcome }) => {
    if (outcome === null || held.delayedEventId === null) return []
    if (held.workflowId) changes.delayed(held.workflowId)
    return [{ id: held.delayedEventId, outcome }]
  })
  await endWaits(tx, waits)
  const body = changes.finish()
  if (body) await tx.query(INSERT_CHANGES, [body])
}

function rowOf({ id }: Held, result: Result): FinishedRow | null {
  const error = 'reason' in result ? json({ ...result.reason }) : null
  const response = 'response' in result ? json(result.response) : null
  const row = { id, response, error }
  switch (result.kind) {
    case 'delivered':
      return { ...row, state: 'delivered', attempts: 1, dueInMs: null }
    case 'rejected':
      return { ...row, state: 'rejected', attempts: result.attempted ? 1 : 0, dueInMs: null }
    case 'cancelled':
      return { ...row, state: 'cancelled', attempts: 0, dueInMs: null }
    case 'failed':
      return { ...row, state: 'queued', attempts: 1, dueInMs: result.inMs }
    case 'released':
      return null
  }
}

/** The Cause that wakes the run. */
function outcomeOf(result: Result): string | null {
  if (result.kind === 'delivered') return json({ kind: 'answer', delivered: true, response: result.response })
  if (result.kind !== 'rejected' && result.kind !== 'cancelled') return null
  const response = result.kind === 'rejected' ? result.response : null
  return json({ kind: 'answer', delivered: false, error: { ...result.reason }, response })
}

function json(value: JsonObject | null): string | null {
  return value === null ? null : wellFormedJson(JSON.stringify(value))
}

function withoutAnswer(result: Result): Result {
  if (result.kind === 'delivered') return { ...result, response: { note: 'The answer could not be stored.' } }
  return 'response' in result ? { ...result, response: null } : result
}

/** What servers say when others are in the way, or when they cannot work: trying again may do. Disk full, table full, read-only, no rights, ending. */
const PASSING = new Set([1213, 1205, 1020, 1021, 1114, 1290, 1836, 1040, 1142, 1143, 1044, 1045, 1053])
/** What else they say is said of the data, when it is said again and again. */
const SAID_AGAIN = 3

/** Whether a batch failed for what is in it. */
function isOfData(error: unknown, failures: number): boolean {
  const { errno, sqlState, fatal } = error as { errno?: unknown; sqlState?: unknown; fatal?: unknown }
  if (typeof errno !== 'number' || typeof sqlState !== 'string' || fatal === true || PASSING.has(errno)) return false
  return sqlState.startsWith('22') || failures >= SAID_AGAIN
}
