// Waits for events count what arrived before they began: the events of the profile since the run's first one are offered to them.
import { idsHoldingRows, toBytes, toId } from '@segue/database'
import type { Connection } from 'mysql2/promise'
import { reviveEvent, storeEvent, type StoredEvent, type Wait } from '@segue/workflow-engine'
import { surviving, type Batch, type WorkingProfile, type WorkingRun } from '../batch.js'
import { seenEvent } from '../map.js'
import type { Author } from '../merge.js'
import { stampOf } from '../profile-document/stamp.js'
import { selectEarlierEvents } from '../sql/earlier-events.js'
import { wake } from './wake.js'

/** A run that is woken at once may wait again; a circle of waits that old events end stops here, and goes on with new events. */
const ROUNDS = 10

/**
 * Offers earlier events to the waits that began in this batch, until none begins any more. A profile's events are written under its lock, which this
 * transaction holds: an event is found here, or it finds the wait.
 */
export async function lookBack(tx: Connection, batch: Batch): Promise<void> {
  const seen = new Set<string>()
  for (let round = 0; round < ROUNDS; round++) {
    const looking = [...batch.began.values()].filter(({ wait }) => looksBack(wait) && !seen.has(wait.id))
    if (looking.length === 0) return
    for (const { wait } of looking) seen.add(wait.id)
    const earlier = await earlierEvents(tx, batch, looking)
    for (const { run, wait } of looking) {
      const profile = run.profile && surviving(run.profile)
      for (const event of (profile && earlier.get(profile)) ?? []) {
        if (!batch.began.has(wait.id)) break
        if (isAwaited(event, run, wait))
          wake(batch, run, wait.id, { kind: 'event', event: reviveEvent(event) }, author(batch, wait))
      }
    }
  }
}

function looksBack({ awaits }: Wait): boolean {
  return awaits.kind === 'event' && awaits.lookBackTo !== null
}

function isAwaited(event: StoredEvent, run: WorkingRun, { awaits }: Wait): boolean {
  return (
    awaits.kind === 'event' &&
    event.type === awaits.eventType &&
    event.id !== run.run.event?.id &&
    !run.run.arrived?.includes(event.id) &&
    Date.parse(event.occurredAt) >= (awaits.lookBackTo ?? Infinity)
  )
}

/** What a run writes that an old event woke is as new as the wait. */
function author(batch: Batch, wait: Wait): Author {
  return { stamp: stampOf(batch.now, wait.id), problems: [] }
}

/** The profiles' earlier events of the awaited types, oldest first: stored ones, and those of this batch. */
async function earlierEvents(
  tx: Connection,
  batch: Batch,
  looking: { run: WorkingRun; wait: Wait }[],
): Promise<Map<WorkingProfile, StoredEvent[]>> {
  const wanted = new Map<WorkingProfile, number>()
  const types = new Set<string>()
  for (const { run, wait } of looking) {
    const profile = run.profile && surviving(run.profile)
    if (!profile || wait.awaits.kind !== 'event') continue
    types.add(wait.awaits.eventType)
    wanted.set(profile, Math.min(wanted.get(profile) ?? Infinity, wait.awaits.lookBackTo ?? Infinity))
  }
  const found = new Map<WorkingProfile, StoredEvent[]>([...wanted.keys()].map((profile) => [profile, []]))
  const owners = await ownersOf(tx, batch, [...wanted.keys()])
  const ids = [...owners.keys()].map(toBytes)
  for (const { owner, event } of await selectEarlierEvents(tx, ids, [...types], Math.min(...wanted.values()))) {
    const profile = owners.get(toId(owner))
    if (profile) found.get(profile)?.push(event)
  }
  for (const event of batch.events) {
    const profile = event.profile && surviving(event.profile)
    if (profile && types.has(event.envelope.type)) found.get(profile)?.push(storeEvent(seenEvent(event)))
  }
  for (const events of found.values()) events.sort((a, b) => Date.parse(a.occurredAt) - Date.parse(b.occurredAt))
  return found
}

/** Ids under which the profiles' events may lie: their own, and those of profiles that were merged into them a moment ago. */
async function ownersOf(
  tx: Connection,
  batch: Batch,
  profiles: WorkingProfile[],
): Promise<Map<string, WorkingProfile>> {
  const owners = new Map<string, WorkingProfile>()
  const database = {
    query: async <Rows>(sql: string, values?: unknown[]): Promise<Rows> => (await tx.query(sql, values))[0] as Rows,
  }
  const moving = await idsHoldingRows(
    database,
    profiles.map(({ id }) => id),
  )
  for (const profile of profiles) for (const id of moving.get(profile.id) ?? [profile.id]) owners.set(id, profile)
  for (const alias of batch.retired) {
    const profile = batch.aliases.get(alias)
    if (profile && owners.has(surviving(profile).id)) owners.set(alias, surviving(profile))
  }
  return owners
}
