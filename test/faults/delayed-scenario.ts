// Carts that are filled, and checked out or not: each filled one starts a run that waits for its own checkout, at most an hour, and then a moment more.
import { toBytes } from '@segue/database'
import { partitionOf, profileIds, type Envelope } from '@segue/event-model'
import { uuid7 } from './feed.js'
import { random, type Random } from './random.js'
import { PROFILE_ID_KEY } from './scenario.js'
import { chain, type DeployedWorkflow } from './workflows.js'

/**
 * When a cart is checked out:
 * - `early`: its events are in the inbox together, in any order; the wait may begin after it;
 * - `before`: while the run waits, well before its time is over;
 * - `racing`: at the moment when its time is over;
 * - `never`.
 */
export type Checkout = 'early' | 'before' | 'racing' | 'never'

export interface Cart {
  key: string
  person: number
  checkout: Checkout
  filled: Envelope
  checkedOut: Envelope
}

export interface DelayedScenario {
  carts: Cart[]
  people: number
}

/** Ways through the workflow, by how the wait for the checkout ended. */
export const PATHS = {
  arrived: ['start', 'wait', 'arrived', 'thank', 'thanked'],
  timeout: ['start', 'wait', 'timeout', 'remind', 'reminded'],
} as const
export type Branch = keyof typeof PATHS

/** Which ends a wait may have. */
export function branchesOf({ checkout }: Cart): readonly Branch[] {
  if (checkout === 'racing') return ['arrived', 'timeout']
  return checkout === 'never' ? ['timeout'] : ['arrived']
}

const count = (id: string) => ({ id, type: 'profile.increment', config: { field: `counters.${id}` } })

export const CART_WORKFLOW: Omit<DeployedWorkflow, 'stateOn'> = {
  id: '018d0000-0000-7000-8000-000000000011',
  triggerId: '018d0000-0000-7000-8000-0000000000c1',
  name: 'Carts that are left',
  eventType: 'cart-filled',
  graph: {
    nodes: [
      { id: 'start', type: 'start' },
      {
        id: 'wait',
        type: 'wait.event',
        config: {
          eventType: 'cart-checked-out',
          timeout: '1h',
          match: [{ arrived: 'properties.cartId', started: 'event.properties.cartId' }],
        },
      },
      count('arrived'),
      { id: 'thank', type: 'wait.duration', config: { duration: '1s' } },
      count('thanked'),
      count('timeout'),
      { id: 'remind', type: 'wait.duration', config: { duration: '1s' } },
      count('reminded'),
    ],
    edges: [
      ...chain('start:next', 'wait:arrived', 'arrived', 'thank', 'thanked'),
      ...chain('wait:timeout', 'timeout', 'remind', 'reminded'),
    ],
  },
}

/** Carts a person: several wait at once, and wake up together. */
const CARTS_PER_PERSON = 3

export function makeCarts({ seed, carts }: { seed: number; carts: number }): DelayedScenario {
  const chance = random(seed)
  const people = Math.ceil(carts / CARTS_PER_PERSON)
  const checkouts: readonly Checkout[] = ['early', 'before', 'racing', 'racing', 'never']
  const now = Date.now()
  return {
    people,
    carts: Array.from({ length: carts }, (_, i) => {
      const person = chance.whole(people)
      const key = `${seed}-${i}`
      return {
        key,
        person,
        checkout: chance.pick(checkouts),
        filled: envelope('cart-filled', person, key, now - 60_000 + i, chance),
        checkedOut: envelope('cart-checked-out', person, key, now - 30_000 + i, chance),
      }
    }),
  }
}

const ids = profileIds(Buffer.from(PROFILE_ID_KEY, 'hex'))

function envelope(type: string, person: number, cartId: string, occurredAt: number, chance: Random): Envelope {
  const receivedAt = Date.now()
  return {
    v: 1,
    // The order in the inbox is by chance.
    eventId: uuid7(receivedAt + chance.next() * 1000, chance),
    requestId: uuid7(receivedAt, chance),
    protocol: 'tracker',
    sourceId: 'shop',
    trusted: true,
    receivedAt,
    occurredAt,
    type,
    properties: { cartId },
    context: {},
    identities: [{ kind: 'user', value: `user-${person}` }],
    clientKey: { id: `${type} ${cartId}`, time: occurredAt },
    newProfileId: ids.mint(receivedAt),
  }
}

/** A row of the inbox. */
export function inboxRow(event: Envelope): unknown[] {
  return [
    partitionOf(event),
    toBytes(event.eventId),
    event.sourceId,
    new Date(event.receivedAt),
    Buffer.from(JSON.stringify(event)),
  ]
}
