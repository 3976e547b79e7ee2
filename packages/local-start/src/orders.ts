// What the starter tells its processes, and what they answer.
import type { PrepareOrder, Prepared } from './prepare.js'
import type { ServiceStart } from './services.js'

/** Prepare a database, or start services; one at a time. */
export type Order = { prepare: PrepareOrder } | { start: readonly ServiceStart[] }

/** The answer to an order; one that failed says why, and the process ends. */
export interface Answer {
  failed?: string
  prepared?: Prepared
}
