// How many deliveries one destination gets at once.
import { z } from 'zod'

/** Few enough that a small server bears it. */
export const DEFAULT_CONCURRENCY = 10

export const concurrency = z
  .int()
  .min(1)
  .max(200)
  .default(DEFAULT_CONCURRENCY)
  .meta({ title: 'Deliveries at once, of each worker' })
