// What must be in the database after a scenario, worked out here from the events alone, one after the other, without any of the pipeline's code.
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { IdentityClaim, JsonObject, JsonValue } from '@segue/event-model'
import type { Scenario, ScenarioEvent } from './scenario.js'
import { WORKFLOWS } from './workflows.js'

export interface ExpectedPerson {
  /** Any number: says only which person. */
  id: number
  firstSeenAt: number
  lastSeenAt: number
  document: JsonObject
  identified: true
  /** Ids that must answer with this person's profile. */
  statedIds: string[]
}

export interface ExpectedIdentity {
  kind: string
  /** Hex of the SHA-256 of the normalized value. */
  hash: string
  value: string
  person: number
  /** Undefined where it depends on the order. */
  firstSeenAt: number | undefined
}

export interface ExpectedSession {
  person: number
  startedAt: number
  lastEventAt: number
  events: number
  locale: string
}

export interface ExpectedRun {
  key: string
  workflowId: string
  person: number
  state: 'completed' | 'failed'
}

export interface Expected {
  people: ExpectedPerson[]
  /** Person of each event, by key. */
  personOf: Map<string, number>
  identities: ExpectedIdentity[]
  sessions: Map<string, ExpectedSession>
  runs: ExpectedRun[]
}

export function expectedOf({ events, kiosks }: Scenario): Expected {
  const groups = groupPeople(events, new Set(kiosks))
  const personOf = new Map<string, number>()
  const people = groups.map((group, id): ExpectedPerson => {
    for (const event of group) personOf.set(event.key, id)
    const times = group.map((event) => event.occurredAt)
    return {
      id,
      // Not by spread: a person of a large scenario may have more events than a call has room for arguments.
      firstSeenAt: times.reduce((a, b) => Math.min(a, b)),
      lastSeenAt: times.reduce((a, b) => Math.max(a, b)),
      document: documentOf(group),
      identified: true,
      statedIds: [...new Set(group.flatMap((event) => event.profileId ?? []))],
    }
  })
  return {
    people,
    personOf,
    identities: identitiesOf(groups, new Set(kiosks)),
    sessions: sessionsOf(groups),
    runs: events.flatMap((event) =>
      WORKFLOWS.filter((workflow) => workflow.eventType === event.type).map((workflow) => ({
        key: event.key,
        workflowId: workflow.id,
        person: personOf.get(event.key) ?? -1,
        state: workflow.stateOn(event),
      })),
    ),
  }
}

/** Who states the same browser's id or the same identity is one person; a kiosk says nothing about who uses it. */
function groupPeople(events: ScenarioEvent[], kiosks: Set<string>): ScenarioEvent[][] {
  const parent = new Map<string, string>()
  const root = (name: string): string => {
    let found = name
    for (let next = parent.get(found); next !== undefined && next !== found; next = parent.get(found)) found = next
    parent.set(name, found)
    return found
  }
  const namesOf = (event: ScenarioEvent): string[] => [
    ...(event.profileId ? [`profile ${event.profileId}`] : []),
    ...[...event.identities, ...(event.copies > 1 ? (event.otherIdentities ?? []) : [])]
      .filter((identity) => !kiosks.has(identity.value))
      .map((identity) => `${identity.kind} ${identity.value}`),
  ]
  for (const event of events) {
    const [first = '', ...others] = namesOf(event)
    if (!parent.has(first)) parent.set(first, first)
    for (const other of others) {
      if (!parent.has(other)) parent.set(other, other)
      parent.set(root(other), root(first))
    }
  }
  const groups = new Map<string, ScenarioEvent[]>()
  for (const event of events) {
    const name = root(namesOf(event)[0] ?? '')
    const group = groups.get(name)
    if (group) group.push(event)
    else groups.set(name, [event])
  }
  return [...groups.values()].map((group) => group.toSorted((a, b) => a.occurredAt - b.occurredAt))
}

/** The document that traits and the scenario's workflows leave behind; `events` in the order in which they happened. */
function documentOf(events: ScenarioEvent[]): JsonObject {
  const traits = new Map<string, JsonValue>()
  const counters = new Map<string, number>()
  let pages: string[] = []
  const contact = new Map<string, JsonObject>()
  const count = (name: string, cents: number): unknown => counters.set(name, (counters.get(name) ?? 0) + cents)
  for (const { type, properties, traits: stated, identities } of events) {
    // By what somebody is reached: the first that was ever stated; of one event, the last.
    const reached = identities.filter(({ kind }) => (kind === 'email' || kind === 'phone') && !contact.has(kind))
    for (const identity of reached) contact.set(identity.kind, { main: normalize(identity) })
    for (const [name, value] of Object.entries(stated ?? {})) traits.set(name, value)
    const value = typeof properties['value'] === 'number' ? Math.round(properties['value'] * 100) : 0
    if (type === 'product-purchase' && value > 0) {
      count('revenue', value)
      count('purchases', 100)
    } else if (type === 'product-purchase') count('returned', value)
    const page = properties['page']
    if (type === 'page-view' && typeof page === 'string') {
      traits.set('last_page', page)
      if (!traits.has('first_page')) traits.set('first_page', page)
      pages = [...pages.filter((other) => other !== page), page]
    }
  }
  if (pages.length > 0) traits.set('pages', pages)
  return {
    ...(contact.size > 0 ? { data: { contact: Object.fromEntries(contact) } } : {}),
    ...(traits.size > 0 ? { traits: Object.fromEntries(traits) } : {}),
    ...(counters.size > 0
      ? { counters: Object.fromEntries([...counters].map(([name, cents]) => [name, cents / 100])) }
      : {}),
  }
}

function identitiesOf(groups: ScenarioEvent[][], kiosks: Set<string>): ExpectedIdentity[] {
  const found = new Map<string, ExpectedIdentity & { lastSeenAt: number }>()
  groups.forEach((group, person) => {
    for (const event of group) {
      for (const identity of event.identities) {
        const value = normalize(identity)
        const key = `${identity.kind} ${value}`
        const known = found.get(key)
        const { occurredAt } = event
        if (!known) {
          const hash = createHash('sha256').update(value).digest('hex')
          found.set(key, { kind: identity.kind, hash, value, person, firstSeenAt: occurredAt, lastSeenAt: occurredAt })
          continue
        }
        known.firstSeenAt = Math.min(known.firstSeenAt ?? occurredAt, occurredAt)
        // A kiosk is with whoever used it last.
        if (occurredAt > known.lastSeenAt) Object.assign(known, { person, lastSeenAt: occurredAt })
      }
    }
  })
  // Of events that were sent in two ways only one is processed, and which is a matter of chance.
  const byChance = new Set(
    groups.flat().flatMap((event) => (event.copies > 1 && event.otherIdentities ? event.identities.map(nameOf) : [])),
  )
  const alternatives = groups
    .flat()
    .flatMap((event) => (event.copies > 1 ? (event.otherIdentities ?? []).map(nameOf) : []))
  for (const name of alternatives) byChance.add(name)
  return [...found.values()].map(({ kind, hash, value, person, firstSeenAt }) => ({
    kind,
    hash,
    value,
    person,
    firstSeenAt: kiosks.has(value) || byChance.has(`${kind} ${value}`) ? undefined : firstSeenAt,
  }))
}

function nameOf(identity: IdentityClaim): string {
  return `${identity.kind} ${normalize(identity)}`
}

/** As the identity kinds say: e-mail addresses in lower case, phone numbers without blanks. */
function normalize({ kind, value }: IdentityClaim): string {
  if (kind === 'email') return value.toLowerCase()
  return kind === 'phone' ? value.replaceAll(' ', '') : value
}

function sessionsOf(groups: ScenarioEvent[][]): Map<string, ExpectedSession> {
  const sessions = new Map<string, ExpectedSession>()
  groups.forEach((group, person) => {
    for (const { session, occurredAt, locale } of group) {
      if (!session) continue
      const known = sessions.get(session)
      if (!known) sessions.set(session, { person, startedAt: occurredAt, lastEventAt: occurredAt, events: 1, locale })
      else {
        known.events += 1
        known.lastEventAt = occurredAt
      }
    }
  })
  return sessions
}

/** Whether two JSON values are the same, keys in any order. */
export function sameJson(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b)
}
