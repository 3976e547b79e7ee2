// People whose events the API is asked about: what each event says is known before it is sent, so is what must be answered.
import type { JsonObject } from '@segue/event-model'
import { random } from './random.js'

/** Some do nothing while things break, so that the whole of an answer about them is known; events of the others come in all the time. */
export const SETTLED_PEOPLE = 20
const PEOPLE = 30

export interface Person {
  number: number
  customer: string
  email: string
}

export interface SentEvent {
  key: string
  person: Person
  type: string
  /** ms since 1970; no two events share it. */
  occurredAt: number
  properties: JsonObject
}

export const people: readonly Person[] = Array.from({ length: PEOPLE }, (_, number) => ({
  number,
  customer: `C${10_000 + number}`,
  email: `person.${number}@example.com`,
}))

export const TYPES = ['page-view', 'product-purchase', 'order-placed', 'login'] as const

/** When it all happened: before any receipt. */
const BEGIN = Date.UTC(2024, 0, 1)

/** The same seed and number make the same event, of each of `of` in turn, and of all types by turns. Each states whose it is in its properties, too. */
export function makeEvent(seed: number, number: number, of: readonly Person[]): SentEvent {
  const chance = random(seed * 100_000 + number)
  const person = of[number % of.length]
  const type = TYPES[(number + Math.floor(number / of.length)) % TYPES.length]
  if (!person || !type) throw new Error('There is nobody whose event it could be.')
  const key = `${seed}-${number}`
  return {
    key,
    person,
    type,
    occurredAt: BEGIN + seed * 86_400_000 + number * 1373,
    properties: {
      key,
      page: `/page-${chance.whole(20)}`,
      value: 1 + chance.whole(1000),
      quantity: 1 + chance.whole(9),
      contact_email: person.email,
    },
  }
}

/** As a trusted shop sends it. */
export function requestOf({ key, person, type, occurredAt, properties }: SentEvent): string {
  return JSON.stringify({
    source: { id: 'shop' },
    profile: {
      identities: [
        { kind: 'customer', value: person.customer },
        { kind: 'email', value: person.email },
      ],
    },
    events: [{ id: key, type, time: { create: new Date(occurredAt).toISOString() }, properties }],
  })
}

/** What who lacks the right to personal data is shown in its place. */
const MASK = '•••'

/** A personal text as an account sees it. */
export function shown(text: string, personalData: boolean): string {
  return personalData ? text : MASK
}
