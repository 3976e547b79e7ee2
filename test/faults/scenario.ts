// People and what they do, made up from a seed: the events that the fault tests send, hard on purpose but with one right outcome in any order.
import type { IdentityClaim, JsonObject } from '@segue/event-model'
import { profileIds } from '@segue/event-model'
import { random, type Random } from './random.js'

/** The collectors' key, so that the scenario can state profile ids that a browser would have been given earlier. */
export const PROFILE_ID_KEY = '5e9e'.repeat(16)

/** One thing that happened. Its key also stands in its properties, so a stored event tells which one it is. */
export interface ScenarioEvent {
  /** The client's own id. */
  key: string
  /** `shop` is a trusted server, `site` are browsers. */
  source: 'shop' | 'site'
  type: string
  /** ms since 1970; no two events of a scenario share it. */
  occurredAt: number
  properties: JsonObject
  identities: IdentityClaim[]
  /** How a second sending names the same person, when it does so differently. */
  otherIdentities?: IdentityClaim[]
  /** A browser's id. */
  profileId?: string
  session?: string
  traits?: JsonObject
  locale: string
  /** Not to be stored, but to have its effects. */
  transient: boolean
  /** How often it is sent in all. */
  copies: number
}

export interface Scenario {
  seed: number
  /** In the order in which they are sent. */
  events: ScenarioEvent[]
  /** Devices that several people use by turns. */
  kiosks: string[]
}

export interface ScenarioOptions {
  seed: number
  /** How many events, repeats not counted. */
  events: number
  /** Whether traits are stated, which the tracker protocol cannot. */
  traits: boolean
  /** How often each event is sent at least; default 1. */
  sendings?: number
}

/** Events a person: few enough that many merges are under way at any time. */
const EVENTS_PER_PERSON = 25
/** When it all happened. Long ago, so that it is before any receipt. */
const BEGIN = Date.UTC(2024, 0, 1)
/** Between two events; odd, so that milliseconds matter. */
const STEP_MS = 1373

/**
 * Every person ends as one profile in whatever order the events are processed, because
 * - identities that join people come from the trusted shop only, and each person's are all tied together by some event;
 * - a browser's id and device belong to one person and are tied to them by a login;
 * - kiosk devices, which belong to nobody, are only ever stated beside a customer number, and go to whoever stated them last.
 */
export function makeScenario({ seed, events, traits, sendings = 1 }: ScenarioOptions): Scenario {
  const chance = random(seed)
  const ids = profileIds(Buffer.from(PROFILE_ID_KEY, 'hex'))
  const kiosks = Array.from({ length: Math.max(1, Math.floor(events / 1500)) }, () => uuid(chance))
  const kioskUses = new Map(kiosks.map((kiosk) => [kiosk, 0]))
  const people = Array.from({ length: Math.max(3, Math.ceil(events / EVENTS_PER_PERSON)) }, (_, i) =>
    makePerson(i, chance, ids.mint),
  )
  const drafts: Draft[] = people.flatMap((person) => necessary(person, chance, traits))
  while (drafts.length < events) drafts.push(optional(chance.pick(people), chance, traits, kiosks, kioskUses))
  const times = chance.shuffle(drafts.map((_, i) => BEGIN + i * STEP_MS))
  const sent = chance.shuffle(drafts)
  return {
    seed,
    kiosks,
    events: sent.map((draft, i) => {
      const key = `${seed}-${i}`
      return {
        ...draft,
        key,
        occurredAt: times[i] ?? BEGIN,
        properties: { ...draft.properties, key },
        locale: chance.pick(['en-GB', 'de-AT', 'pl-PL', 'fr-FR']),
        copies: sendings + (chance.next() < 0.08 ? 1 + chance.whole(2) : 0),
      }
    }),
  }
}

interface Browser {
  profileId: string
  device: string
  sessions: string[]
}

interface Person {
  customer: IdentityClaim
  user: IdentityClaim
  /** E-mail addresses and phone numbers. */
  contacts: IdentityClaim[]
  browsers: Browser[]
}

type Draft = Omit<ScenarioEvent, 'key' | 'occurredAt' | 'locale' | 'copies'>

function makePerson(number: number, chance: Random, mint: (now: number) => string): Person {
  const contacts: IdentityClaim[] = Array.from({ length: chance.whole(3) }, (_, i) => ({
    kind: 'email',
    value: `Person.${number}.${i}@Example.com`,
  }))
  if (chance.next() < 0.5) contacts.push({ kind: 'phone', value: `+44 20 7946 ${String(100_000 + number)}` })
  return {
    customer: { kind: 'customer', value: `C${10_000 + number}` },
    user: { kind: 'user', value: `user-${number}` },
    contacts,
    browsers: Array.from({ length: 1 + chance.whole(2) }, () => ({
      profileId: mint(BEGIN + number),
      device: uuid(chance),
      sessions: Array.from({ length: 1 + chance.whole(3) }, () => uuid(chance)),
    })),
  }
}

/** The events without which the person would stay several profiles. */
function necessary({ customer, user, contacts, browsers }: Person, chance: Random, traits: boolean): Draft[] {
  return [
    order([customer, user], chance),
    ...contacts.map((contact) => order(chance.shuffle([customer, contact]), chance)),
    ...browsers.map((browser) => login(browser, user, chance, traits)),
  ]
}

function optional(
  person: Person,
  chance: Random,
  traits: boolean,
  kiosks: string[],
  kioskUses: Map<string, number>,
): Draft {
  const { customer, user, contacts, browsers } = person
  const browser = chance.pick(browsers)
  const roll = chance.next()
  if (roll < 0.4) return purchase(person, chance)
  if (roll < 0.7) return pageView(browser, chance)
  if (roll < 0.8) return login(browser, user, chance, traits)
  if (roll < 0.97) return order(chance.shuffle([customer, user, ...contacts]).slice(0, 1 + chance.whole(2)), chance)
  const kiosk = chance.pick(kiosks)
  const uses = kioskUses.get(kiosk) ?? 0
  // A device that changes hands too often is ignored by design.
  if (uses >= 12) return purchase(person, chance)
  kioskUses.set(kiosk, uses + 1)
  return shop('product-purchase', [customer, { kind: 'device', value: kiosk }], { value: cents(chance) })
}

function purchase({ customer, user, contacts }: Person, chance: Random): Draft {
  const named = chance.pick([customer, user, ...contacts])
  const draft = shop('product-purchase', [named], { value: cents(chance), quantity: 1 + chance.whole(9) })
  // Not those by which somebody is reached: the first one stated shows on the profile, which must not be left to chance.
  const other = named === customer ? user : named === user ? customer : undefined
  return { ...draft, ...(other ? { otherIdentities: [other] } : {}), transient: chance.next() < 0.03 }
}

function order(identities: IdentityClaim[], chance: Random): Draft {
  return shop('order-placed', identities, { value: 50 + chance.whole(1000) })
}

function pageView(browser: Browser, chance: Random): Draft {
  return site('page-view', browser, [], { page: `/page-${chance.whole(20)}` }, chance)
}

function login(browser: Browser, user: IdentityClaim, chance: Random, traits: boolean): Draft {
  const draft = site('login', browser, [user], {}, chance)
  return traits
    ? { ...draft, traits: { plan: chance.pick(['free', 'pro', 'team']), visits: chance.whole(100) } }
    : draft
}

function shop(type: string, identities: IdentityClaim[], properties: JsonObject): Draft {
  return { source: 'shop', type, identities, properties, transient: false }
}

function site(
  type: string,
  { profileId, device, sessions }: Browser,
  identities: IdentityClaim[],
  properties: JsonObject,
  chance: Random,
): Draft {
  return {
    source: 'site',
    type,
    identities: [{ kind: 'device', value: device }, ...identities],
    properties,
    profileId,
    session: chance.pick(sessions),
    transient: false,
  }
}

/** Mostly bought, sometimes given back. */
function cents(chance: Random): number {
  const value = (1 + chance.whole(50_000)) / 100
  return chance.next() < 0.1 ? -value : value
}

/** A random UUID (version 4). */
function uuid(chance: Random): string {
  const bytes = chance.bytes(16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
