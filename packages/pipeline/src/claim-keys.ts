// Before the steps: claims the clients' own event ids, so that an event sent twice is processed once.
import { hash as digest } from 'node:crypto'
import { toBytes, toId } from '@segue/database'
import type { Envelope } from '@segue/event-model'
import type { Connection } from 'mysql2/promise'
import { insertEventKeys, selectEventKeyOwners, selectProcessed, type EventKey } from './sql/event-key.js'

/** Largest value of the column `message_time` (INT UNSIGNED, seconds). */
const LATEST_SECOND = 0xffffffff

/**
 * Claims the keys of all envelopes in one statement and returns the envelopes that are no repeat. A key is claimed for an event's id, so
 * an event that is replayed from the dead letters is not taken for its own repeat.
 */
export async function claimKeys(
  tx: Connection,
  envelopes: Envelope[],
  now: number,
): Promise<{ fresh: Envelope[]; repeats: Envelope[] }> {
  const processed = await processedBefore(tx, envelopes)
  const rest = processed.length === 0 ? envelopes : envelopes.filter((envelope) => !processed.includes(envelope))
  const { fresh, repeats } = await claimClientKeys(tx, rest, now)
  return { fresh, repeats: [...processed, ...repeats] }
}

/** Those of the envelopes that the collector wrote again, not knowing that a worker had already got them. */
async function processedBefore(tx: Connection, envelopes: Envelope[]): Promise<Envelope[]> {
  const retried = envelopes.filter((envelope) => envelope.retried)
  if (retried.length === 0) return []
  const ids = await selectProcessed(
    tx,
    retried.map((envelope) => toBytes(envelope.eventId)),
  )
  const found = new Set(ids.map(toId))
  return retried.filter((envelope) => found.has(envelope.eventId))
}

async function claimClientKeys(
  tx: Connection,
  envelopes: Envelope[],
  now: number,
): Promise<{ fresh: Envelope[]; repeats: Envelope[] }> {
  const keys = new Map<string, EventKey>()
  const keyOf = new Map<Envelope, string>()
  for (const envelope of envelopes) {
    if (!envelope.clientKey) continue
    const key = eventKey(envelope.sourceId, envelope.clientKey, envelope.eventId)
    const name = nameOf(key)
    keyOf.set(envelope, name)
    if (!keys.has(name)) keys.set(name, key)
  }
  if (keys.size === 0) return { fresh: envelopes, repeats: [] }

  const sorted = [...keys.values()].sort((a, b) => a.messageTime - b.messageTime || Buffer.compare(a.hash, b.hash))
  const claimed = await insertEventKeys(tx, sorted, Math.floor(now / 1000))
  const owners =
    claimed === sorted.length
      ? keys
      : new Map((await selectEventKeyOwners(tx, sorted)).map((key): [string, EventKey] => [nameOf(key), key]))

  const fresh: Envelope[] = []
  const repeats: Envelope[] = []
  for (const envelope of envelopes) {
    const name = keyOf.get(envelope)
    const owner = name === undefined ? undefined : owners.get(name)
    if (!owner || toId(owner.eventId) === envelope.eventId) fresh.push(envelope)
    else repeats.push(envelope)
  }
  return { fresh, repeats }
}

/** The key of a client's event id. The message's own time leads it: keys of one time lie together in the index. */
function eventKey(sourceId: string, { id, time }: { id: string; time: number | null }, eventId: string): EventKey {
  const second =
    time === null || !Number.isFinite(time) ? 0 : Math.min(LATEST_SECOND, Math.max(0, Math.floor(time / 1000)))
  const hash = digest('sha256', `${sourceId}\0${id}`, 'buffer').subarray(0, 16)
  return { messageTime: second, hash, eventId: toBytes(eventId) }
}

function nameOf({ messageTime, hash }: EventKey): string {
  return `${messageTime}:${hash.toString('latin1')}`
}
