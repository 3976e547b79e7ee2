// Two ways in for a scenario's events: straight into the inbox, and over HTTP as clients send them.
import { setTimeout as pause } from 'node:timers/promises'
import { partitionOf, profileIds, type Envelope } from '@segue/event-model'
import { toBytes, toId } from '@segue/database'
import type { Pool } from 'mysql2/promise'
import { random, type Random } from './random.js'
import { PROFILE_ID_KEY, type Scenario, type ScenarioEvent } from './scenario.js'

/** Rows a statement: some hundred kilobytes. */
const ROWS = 1000

/** Puts all events, copies included, into the inbox; `from`/`to` choose a part. Returns how many rows that were. */
export async function fillInbox(pool: Pool, scenario: Scenario, from = 0, to = Infinity): Promise<number> {
  const chance = random(scenario.seed + 1 + from)
  const now = Date.now()
  const envelopes = withCopies(scenario.events.slice(from, to), chance).map(({ event, copy }, i) =>
    envelopeOf(event, copy, now + i / 1000, chance),
  )
  for (let at = 0; at < envelopes.length; at += ROWS) {
    await pool.query('INSERT INTO inbox (partition_no, id, source_id, received_at, body) VALUES ?', [
      envelopes
        .slice(at, at + ROWS)
        .map((envelope) => [
          partitionOf(envelope),
          toBytes(envelope.eventId),
          envelope.sourceId,
          new Date(envelope.receivedAt),
          Buffer.from(JSON.stringify(envelope)),
        ]),
    ])
  }
  return envelopes.length
}

/** Each event as often as it is sent; a copy comes soon after, sometimes much later. */
function withCopies(events: ScenarioEvent[], chance: Random): { event: ScenarioEvent; copy: number }[] {
  return events
    .flatMap((event, i) =>
      Array.from({ length: event.copies }, (_, copy) => ({
        event,
        copy,
        place: i + (copy === 0 ? 0 : chance.next() < 0.5 ? copy * 3 : chance.next() * events.length),
      })),
    )
    .sort((a, b) => a.place - b.place)
}

const ids = profileIds(Buffer.from(PROFILE_ID_KEY, 'hex'))

function envelopeOf(event: ScenarioEvent, copy: number, now: number, chance: Random): Envelope {
  const trusted = event.source === 'shop'
  const receivedAt = Math.floor(now)
  return {
    v: 1,
    eventId: uuid7(now, chance),
    requestId: toId(chance.bytes(16)),
    protocol: 'tracker',
    sourceId: event.source,
    trusted,
    receivedAt,
    occurredAt: event.occurredAt,
    type: event.type,
    properties: event.properties,
    context: { locale: event.locale },
    identities: (copy > 0 && event.otherIdentities) || event.identities,
    clientKey: { id: event.key, time: event.occurredAt },
    ...(event.profileId ? { profileId: event.profileId } : {}),
    ...(event.identities.length > 0 ? { newProfileId: ids.mint(receivedAt) } : {}),
    ...(event.session ? { session: { id: event.session, save: true } } : {}),
    ...(event.traits ? { traits: event.traits } : {}),
    ...(event.transient ? { transient: true as const } : {}),
  }
}

/** UUIDv7 (RFC 9562) that grows with `now` down to its thousandths of a millisecond. */
export function uuid7(now: number, chance: Random): string {
  const bytes = chance.bytes(16)
  const ms = Math.floor(now)
  bytes.writeUIntBE(ms, 0, 6)
  bytes.writeUInt16BE(0x7000 | Math.floor((now - ms) * 4096), 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return toId(bytes)
}

/** Requests on their way at once. */
const CLIENTS = 24

/**
 * Sends all events, copies included, to collectors chosen by chance, each again until one has taken it: what is refused for the
 * moment or gets no answer is sent once more, with the same id. Throws for an answer that a client could do nothing about.
 */
export async function sendToCollectors(
  urls: () => string[],
  scenario: Scenario,
  from = 0,
  to = Infinity,
): Promise<void> {
  const chance = random(scenario.seed + 2 + from)
  const sendings = withCopies(scenario.events.slice(from, to), chance).values()
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      // All clients take from the one list.
      for (const { event, copy } of sendings) {
        const body = JSON.stringify(requestOf(event, copy))
        while (!(await sendOnce(chance.pick(urls()), body))) await pause(50)
      }
    }),
  )
}

/** Sends a body of the tracker protocol. Says whether the collector took it; throws for an answer that a client could do nothing about. */
export async function sendOnce(url: string, body: string): Promise<boolean> {
  let response: Response
  try {
    response = await fetch(`${url}/track`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const text = await response.text()
    if (response.status === 200) return true
    if (response.status !== 503 && response.status !== 429) throw new Refused(`${response.status} ${text}`)
    return false
  } catch (error) {
    if (error instanceof Refused) throw error
    return false
  }
}

class Refused extends Error {}

function requestOf(event: ScenarioEvent, copy: number): object {
  const identities = (copy > 0 && event.otherIdentities) || event.identities
  const device = identities.find((identity) => identity.kind === 'device')
  const stated = identities.filter((identity) => identity.kind !== 'device')
  return {
    source: { id: event.source },
    ...(event.session ? { session: { id: event.session } } : {}),
    ...(device ? { device: { id: device.value } } : {}),
    profile: { ...(event.profileId ? { id: event.profileId } : {}), identities: stated },
    context: { browser: { local: { browser: { language: event.locale } } } },
    events: [
      {
        id: event.key,
        type: event.type,
        time: { create: new Date(event.occurredAt).toISOString() },
        properties: event.properties,
      },
    ],
    options: { saveEvents: !event.transient },
  }
}
