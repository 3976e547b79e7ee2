// One batch through all steps, inside a transaction that the caller began and will commit: validate, identify, map, merge, route, run, save, tell.
import { toBytes } from '@segue/database'
import type { Envelope } from '@segue/event-model'
import type { Connection } from 'mysql2/promise'
import type { Batch, WorkingEvent } from './batch.js'
import { claimKeys } from './claim-keys.js'
import type { Configuration } from './configuration.js'
import { identify } from './identify/identify.js'
import type { OwnerMemory } from './identify/owner-memory.js'
import { map } from './map.js'
import { merge } from './merge.js'
import { stampOf } from './profile-document/stamp.js'
import { route } from './route.js'
import { run, type Crash } from './run.js'
import { save } from './save.js'
import { insertResults } from './sql/inbox-result.js'
import { tell } from './tell.js'
import { validate } from './validate.js'

/** What a batch did, for metrics and logs. */
export interface BatchOutcome {
  events: number
  repeats: number
  runs: number
  merges: number
  crashes: Crash[]
  /** Milliseconds by step. */
  timings: Record<string, number>
}

/**
 * Processes envelopes in their order and writes all effects to `tx`. `now` is the database's time; `owners` is kept from batch to batch. Throws `EventFailure` for an event that
 * cannot be processed, `ProfilesMoved` and database errors for what is worth another try; the caller rolls back.
 */
export async function processBatch(
  tx: Connection,
  envelopes: Envelope[],
  configuration: Configuration,
  now: number,
  owners: OwnerMemory,
): Promise<BatchOutcome> {
  const timings: Record<string, number> = {}
  let began = performance.now()
  const lap = (step: string): void => {
    const time = performance.now()
    timings[step] = time - began
    began = time
  }

  const { fresh, repeats } = await claimKeys(tx, envelopes, now)
  lap('claim')
  const batch = batchOf(fresh, configuration, now)
  validate(batch, configuration)
  lap('validate')
  await identify(tx, batch, configuration, owners)
  lap('identify')
  map(batch, configuration)
  lap('map')
  merge(batch, configuration)
  lap('merge')
  const crashes: Crash[] = []
  route(batch, configuration, (event, trigger) => {
    const crash = run(batch, event, trigger)
    if (crash) crashes.push(crash)
  })
  lap('route and run')
  await save(tx, batch, configuration)
  await answerRepeats(tx, repeats, now)
  lap('save')
  await tell(tx, batch)
  lap('tell')

  return {
    events: fresh.length,
    repeats: repeats.length,
    runs: batch.events.reduce((sum, event) => sum + event.runs.length, 0),
    merges: batch.retired.length,
    crashes,
    timings,
  }
}

function batchOf(envelopes: Envelope[], { identityRules }: Configuration, now: number): Batch {
  return {
    now,
    rules: identityRules,
    events: envelopes.map(workingEvent),
    profiles: new Map(),
    identities: new Map(),
    aliases: new Map(),
    retired: [],
  }
}

function workingEvent(envelope: Envelope): WorkingEvent {
  return {
    envelope,
    bytes: toBytes(envelope.eventId),
    stamp: stampOf(envelope.occurredAt, envelope.eventId),
    known: [],
    valid: true,
    problems: [],
    data: null,
    runs: [],
    response: {},
    ux: [],
  }
}

/** Somebody may wait for the answer to a repeat; it did nothing, and is told so at once. */
async function answerRepeats(tx: Connection, repeats: Envelope[], now: number): Promise<void> {
  const awaited = repeats.filter((envelope) => envelope.awaitsResult)
  await insertResults(
    tx,
    awaited.map(({ eventId }) => ({
      eventId,
      result: {
        response: {},
        ux: [],
        errors: [],
        warnings: ['This event had been received before; it was not processed again.'],
      },
    })),
    now,
  )
}
