// Sweeps the subgraph's tables every few minutes; any number of processes may.
import type { Database } from '@segue/database'
import type { Logger } from '@segue/service'
import { sweep } from './sql/sweep.js'

/** Nothing depends on it but the size of some small tables. */
const EVERY_MS = 10 * 60_000

/** Begins at once. `close` waits for a sweep that is under way. */
export function startSweeping(database: Database, logger: Logger): { close(): Promise<void> } {
  const once = async (): Promise<void> => {
    try {
      await sweep(database)
    } catch (error) {
      logger.warn({ err: error }, 'What has expired could not be deleted; it is tried again later')
    }
  }
  let sweeping = once()
  const timer = setInterval(() => {
    sweeping = sweeping.then(once)
  }, EVERY_MS)
  return {
    async close() {
      clearInterval(timer)
      await sweeping
    },
  }
}
