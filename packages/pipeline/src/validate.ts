// Step 1, validate: events that do not follow their type's schema are flagged. (Types that refuse such events did so at the collector.)
import { END_OF_TIME } from '@segue/event-model'
import { eachEvent, type Batch } from './batch.js'
import type { Configuration } from './configuration.js'

/** Envelope versions this code understands. */
const VERSION = 1

export function validate(batch: Batch, { schemas }: Configuration): void {
  eachEvent(batch, (event) => {
    const { v, type, sourceId, properties, occurredAt } = event.envelope
    if (v !== VERSION) throw new Error(`The envelope has version ${String(v)}; this worker reads version ${VERSION}.`)
    if (!(occurredAt >= 0 && occurredAt < END_OF_TIME))
      throw new Error(`The event occurred at ${String(occurredAt)}; times are ms from 1970 to 9999.`)
    const result = schemas.check(type, sourceId, properties)
    if (result.valid) return
    event.valid = false
    for (const problem of result.problems) {
      event.problems.push({ code: 'SCHEMA', message: problem.message, path: problem.path })
    }
  })
}
