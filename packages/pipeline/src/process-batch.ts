// One batch through all steps, inside a transaction that the caller began and will commit: validate, identify, map, merge, route, run, save, tell.
import { toBytes } from '@segue/database'
import type { Envelope } from '@segue/event-model'
import type { Connection } from 'mysql2/promise'
import type { Batch, Crash, WorkingEvent } from './batch.js'
import { claimKeys } from './claim-keys.js'
import type { Configuration } from './configuration.js'
import { identify } from './identify/identify.js'
import type { OwnerMemory } from './identify/owner-memory.js'
import { map } from './map.js'
import { merge } from './merge.js'
import { stampOf } from './profile-document/stamp.js'
import { route } from './route.js'
import { Contacts } from './runs/contacts.js'
import { loadRuns } from './runs/load.js'
import { lookBack } from './runs/look-back.js'
import { Memory } from './runs/memory.js'
import { mergeRuns } from './runs/merge-runs.js'
import { startByTrigger } from './runs/start.js'
import { wakeByEvent } from './runs/wake.js'
import { save } from './save.js'
import { insertResults } from './sql/inbox-result.js'
import { tell } from './tell.js'
import { validate } from './validate.js'

/** How many may write counts of one node and minute without waiting for each other. */
const SHARDS = 32

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
  await loadRuns(tx, batch, configuration)
  mergeRuns(batch)
  lap('load runs')
  route(
    batch,
    configuration,
    (event) => wakeByEvent(batch, event),
    (event, trigger) => startByTrigger(batch, event, trigger),
  )
  await lookBack(tx, batch)
  lap('route and run')
  await save(tx, batch, configuration)
  await answerRepeats(tx, repeats, now)
  lap('save')
  await tell(tx, batch)
  lap('tell')

  return {
    events: fresh.length,
    repeats: repeats.length,
    runs: batch.runs.length,
    merges: batch.retired.length,
    crashes: batch.crashes,
    timings,
  }
}

/** A batch before its first step. `shard` keeps the counts of who writes at once apart. */
export function batchOf(envelopes: Envelope[], configuration: Configuration, now: number): Batch {
  return {
    now,
    shard: Math.floor(Math.random() * SHARDS),
    rules: configuration.identityRules,
    events: envelopes.map(workingEvent),
    profiles: new Map(),
    identities: new Map(),
    aliases: new Map(),
    retired: [],
    runs: [],
    waiting: new Map(),
    memory: new Memory(),
    contacts: new Contacts(configuration.contactPolicies, now),
    effects: [],
    began: new Map(),
    ended: new Set(),
    answers: new Map(),
    crashes: [],
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
