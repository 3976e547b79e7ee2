// Transactions of mutations: few at once, and again when the database gave one up for another.
import pLimit from 'p-limit'
import { QueryFailedError, type DataSource, type EntityManager } from 'typeorm'

/** A deadlock, a lock that was not had in time, a snapshot that another changed (MariaDB): what was begun is undone and may be tried again. */
const LOST = new Set(['ER_LOCK_DEADLOCK', 'ER_CHECKREAD'])
/** Who loses three times has met something that trying again does not end. */
const ATTEMPTS = 3

/** Runs work in a transaction (READ COMMITTED) and resolves with what it gives, once that is committed. Rolled back when it throws. */
export type Transactions = <Result>(work: (transaction: EntityManager) => Promise<Result>) => Promise<Result>

/** A gateway waits ten seconds for a subgraph: who has not got a lock by then would hold a transaction that nobody waits for. */
const LOCK_WAIT_SECONDS = 8

/**
 * `most` at once; the others wait. Leave connections over: work that holds a transaction and asks for a second connection would wait forever if all of
 * them were held so. Work that lost against another transaction is run again from its beginning. `lockWaitSeconds` is for tests.
 */
export function createTransactions(
  database: DataSource,
  most: number,
  lockWaitSeconds = LOCK_WAIT_SECONDS,
): Transactions {
  const limit = pLimit(most)
  return (work) =>
    limit(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await database.transaction('READ COMMITTED', async (transaction) => {
            await transaction.query('SET SESSION innodb_lock_wait_timeout = ?', [lockWaitSeconds])
            return await work(transaction)
          })
        } catch (error) {
          if (attempt === ATTEMPTS || !isLost(error)) throw error
        }
      }
    })
}

function isLost(error: unknown): boolean {
  return error instanceof QueryFailedError && LOST.has(String(error.driverError.code))
}
