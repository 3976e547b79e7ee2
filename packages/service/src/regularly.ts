// What workers do over and over until they end: with patience for a database that is not there yet.
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from './logging.js'

/** Tries again once a second until it works; false when `signal` came first. */
export async function untilItWorks(task: () => Promise<void>, log: Logger, signal: AbortSignal): Promise<boolean> {
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      await task()
      return true
    } catch (error) {
      if (failures % 10 === 0) log.warn({ err: error }, 'The database is not ready; waiting for it')
      await sleep(1000, signal)
    }
  }
  return false
}

/** Repeats a task with a pause of `ms` between, until `signal`; a failure is logged and the next turn tries again. */
export async function every(ms: number, task: () => Promise<void>, log: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(ms, signal)
    if (signal.aborted) return
    await task().catch((error: unknown) => log.warn({ err: error }, 'A regular task failed; trying again'))
  }
}

/** Resolves after `ms`, or at once when `signal` comes. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined)
}
