// Keeps this worker's share of the partitions: says that it lives, renews, takes what is free, gives back what is too much.
import { INBOX_PARTITIONS } from '@segue/event-model'
import type { Logger } from '@segue/service'
import type { Pool } from 'mysql2/promise'
import { announce, countLivingWorkers, release, renew, retire, take, type Lease } from './sql/lease.js'

/**
 * How long a lease lasts without renewal: a killed worker's partitions are taken over within this and one heartbeat. Shorter would take
 * partitions from a worker that only pauses for its garbage collector.
 */
export const LEASE_SECONDS = 4
const HEARTBEAT_MS = 1000

export class Leases {
  /** By partition, the leases this worker believes to hold; the fence in each transaction has the last word. */
  readonly held = new Map<number, Lease>()
  #timer: NodeJS.Timeout | undefined
  #beating: Promise<void> = Promise.resolve()
  #closed = false

  constructor(
    private readonly pool: Pool,
    readonly worker: string,
    private readonly log: Logger,
  ) {}

  /** Takes the first share; from then on the heart beats. */
  async start(): Promise<void> {
    await this.#beat()
    this.#schedule()
  }

  /** Forgets what it believes to hold; the next heartbeat asks the database. */
  doubt(): void {
    this.held.clear()
  }

  /** Gives everything back. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#beating
    this.held.clear()
    await this.#with((connection) => retire(connection, this.worker))
  }

  #schedule(): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => {
      this.#beating = this.#beat().catch((error: unknown) =>
        this.log.warn({ err: error }, 'Could not renew the partition leases; trying again'),
      )
      void this.#beating.then(() => this.#schedule())
    }, HEARTBEAT_MS)
  }

  async #beat(): Promise<void> {
    await this.#with(async (connection) => {
      await announce(connection, this.worker, LEASE_SECONDS)
      const share = Math.ceil(INBOX_PARTITIONS / Math.max(1, await countLivingWorkers(connection)))
      let leases = await renew(connection, this.worker, LEASE_SECONDS)
      if (leases.length > share) {
        const surplus = leases.slice(share).map((lease) => lease.partition)
        for (const partition of surplus) this.held.delete(partition)
        await release(connection, this.worker, surplus)
        leases = leases.slice(0, share)
      } else if (leases.length < share) {
        await take(connection, this.worker, LEASE_SECONDS, share - leases.length)
        leases = await renew(connection, this.worker, LEASE_SECONDS)
      }
      this.held.clear()
      for (const lease of leases) this.held.set(lease.partition, lease)
    })
  }

  async #with<Result>(
    work: (connection: Awaited<ReturnType<Pool['getConnection']>>) => Promise<Result>,
  ): Promise<Result> {
    const connection = await this.pool.getConnection()
    try {
      return await work(connection)
    } finally {
      connection.release()
    }
  }
}
