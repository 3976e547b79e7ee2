// The connections: an own pool or the caller's, transactions, trying again, and the transaction that a caller lends.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type * as callbacks from 'mysql2'
import { createPool } from 'mysql2/promise'
import type * as promises from 'mysql2/promise'
import { AgendaMySqlError, isConnectionLoss, isContention, reasonOf } from './errors.js'

/** A pool of mysql2, of either of its two interfaces. */
export type AnyPool = promises.Pool | callbacks.Pool
/** A connection of mysql2, of either interface; also one out of a pool. */
export type AnyConnection = promises.Connection | callbacks.Connection

/** Where the connections come from; exactly one. */
export interface ConnectionSource {
  pool?: AnyPool
  connectionString?: string
  poolConfig?: promises.PoolOptions
}

/** Runs statements: on any connection of the pool, or on one connection with a transaction. */
export interface Session {
  rows<Row>(sql: string, values?: unknown[]): Promise<Row[]>
  /** Number of rows that the statement changed, inserted or deleted. */
  change(sql: string, values?: unknown[]): Promise<number>
}

interface Lent {
  session: Session
  ended: boolean
}

/** How long the first connection is tried for, and how long a write waits for a database that is away: longer than a restart takes. */
const PATIENCE_MS = 30_000

export class Database {
  readonly ownsConnection: boolean
  private pool: promises.Pool | undefined
  private readonly lent = new AsyncLocalStorage<Lent>()

  constructor(private readonly source: ConnectionSource) {
    if (!source.pool && !source.connectionString && !source.poolConfig) {
      throw new AgendaMySqlError('NO_CONNECTION_GIVEN')
    }
    this.ownsConnection = !source.pool
    if (source.pool) this.pool = asPromisePool(source.pool)
  }

  /** Opens the own pool, if there is none, and waits until the database answers. A wrong password or name rejects at once. */
  async open(): Promise<void> {
    const { connectionString, poolConfig } = this.source
    this.pool ??= createPool(connectionString === undefined ? { ...poolConfig } : { uri: connectionString })
    try {
      await this.trying(() => this.session.rows('SELECT 1'))
    } catch (error) {
      if (!isConnectionLoss(error)) throw error
      throw new AgendaMySqlError('CONNECT_FAILED', { seconds: PATIENCE_MS / 1000, reason: reasonOf(error) })
    }
  }

  /** Ends the own pool; a lent one stays open. */
  async close(): Promise<void> {
    if (!this.ownsConnection || !this.pool) return
    const pool = this.pool
    this.pool = undefined
    await pool.end()
  }

  get isOpen(): boolean {
    return this.pool !== undefined
  }

  /** Statements that each commit on their own, on a connection of the pool. */
  readonly session: Session = sessionOn(() => {
    if (!this.pool) throw new AgendaMySqlError('NOT_CONNECTED')
    return this.pool
  })

  /** The transaction that the caller lent, else undefined. @throws AgendaMySqlError TRANSACTION_ENDED */
  get callersTransaction(): Session | undefined {
    const lent = this.lent.getStore()
    if (lent?.ended) throw new AgendaMySqlError('TRANSACTION_ENDED')
    return lent?.session
  }

  /** Where a caller's reads and writes go: its transaction, if it lent one. */
  get callersSession(): Session {
    return this.callersTransaction ?? this.session
  }

  /** Everything that `work` asks of the backend runs on `connection`, whose transaction the caller began and will end. */
  async lend<T>(connection: AnyConnection, work: () => Promise<T>): Promise<T> {
    const lender = asPromiseConnection(connection)
    const lent: Lent = { session: sessionOn(() => lender), ended: false }
    try {
      return await this.lent.run(lent, work)
    } finally {
      lent.ended = true
    }
  }

  /**
   * Runs `work` in a transaction: the caller's, if there is one, else an own one with READ COMMITTED (no gap locks, so
   * claims do not stop inserts), which is tried again when the database gave it up for another's sake.
   */
  async transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const callers = this.callersTransaction
    return callers ? work(callers) : this.ownTransaction(work)
  }

  /** The same, never inside the caller's transaction. */
  async ownTransaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.transactionOnce(work)
      } catch (error) {
        if (!isContention(error) || attempt === 5) throw error
        await delay(Math.random() * 20 * attempt)
      }
    }
  }

  /** Repeats `work` while the database is away, with growing pauses, for as long as a restart may take. */
  async trying<T>(work: (attempt: number) => Promise<T>): Promise<T> {
    const giveUpAt = Date.now() + PATIENCE_MS
    for (let attempt = 1; ; attempt++) {
      try {
        return await work(attempt)
      } catch (error) {
        const again = isContention(error) ? attempt < 5 : isConnectionLoss(error) && Date.now() < giveUpAt
        if (!again || !this.pool) throw error
        await delay(Math.min(1000, 25 * 2 ** attempt) * (0.5 + Math.random() / 2))
      }
    }
  }

  private async transactionOnce<T>(work: (session: Session) => Promise<T>): Promise<T> {
    if (!this.pool) throw new AgendaMySqlError('NOT_CONNECTED')
    const connection = await this.pool.getConnection()
    try {
      await connection.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED')
      await connection.query('START TRANSACTION')
      const result = await work(sessionOn(() => connection))
      await connection.query('COMMIT')
      connection.release()
      return result
    } catch (error) {
      // A connection whose state nobody knows must not go back to the pool.
      await connection.query('ROLLBACK').then(
        () => connection.release(),
        () => connection.destroy(),
      )
      throw error
    }
  }
}

function sessionOn(connection: () => Pick<promises.Connection, 'query'>): Session {
  return {
    async rows<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
      // rowsAsArray: false, because a lent pool may have been told otherwise.
      const [rows] = await connection().query<promises.RowDataPacket[]>({ sql, values, rowsAsArray: false })
      return rows as unknown as Row[]
    },
    async change(sql, values = []) {
      const [result] = await connection().query<promises.ResultSetHeader>({ sql, values })
      return result.affectedRows
    },
  }
}

function asPromisePool(pool: AnyPool): promises.Pool {
  return 'promise' in pool && typeof pool.promise === 'function' ? pool.promise() : (pool as promises.Pool)
}

function asPromiseConnection(connection: AnyConnection): promises.Connection {
  return 'promise' in connection && typeof connection.promise === 'function'
    ? connection.promise()
    : (connection as promises.Connection)
}
