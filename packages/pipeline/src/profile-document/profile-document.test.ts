// Writes and merges of documents end the same in whatever order they come.
import { describe, expect, it } from '@jest/globals'
import type { FieldOperation, JsonObject, JsonValue } from '@segue/event-model'
import fc from 'fast-check'
import { mergeDocuments, type StampedDocument } from './merge-documents.js'
import { onceStamp, stampOf } from './stamp.js'
import { LIST_LIMIT, NotANumber, sum, writeField } from './write-field.js'

interface Write {
  operation: FieldOperation
  path: string
  value: JsonValue
  at: number
}

function apply(writes: Write[]): StampedDocument {
  const document: StampedDocument = { values: {}, stamps: {} }
  for (const write of writes) {
    const stamp = stampOf(write.at, `00000000-0000-7000-8000-${String(write.at).padStart(12, '0')}`)
    writeField(document.values, document.stamps, write.operation, write.path.split('.'), write.value, stamp)
  }
  return document
}

const set = (path: string, value: JsonValue, at: number): Write => ({ operation: 'set', path, value, at })

describe('Writing fields', () => {
  it('lets the later write of a field stay, whichever arrives first', () => {
    const writes = [set('traits.plan', 'free', 1), set('traits.plan', 'pro', 2)]
    expect(apply(writes).values).toEqual({ traits: { plan: 'pro' } })
    expect(apply(writes.toReversed()).values).toEqual({ traits: { plan: 'pro' } })
  })

  it('decides writes of the same moment by the event id', () => {
    const [a, b] = [
      stampOf(5, '00000000-0000-7000-8000-000000000001'),
      stampOf(5, '00000000-0000-7000-8000-000000000002'),
    ]
    const values: JsonObject = {}
    const stamps = {}
    writeField(values, stamps, 'set', ['traits', 'x'], 'second', b)
    writeField(values, stamps, 'set', ['traits', 'x'], 'first', a)
    expect(values).toEqual({ traits: { x: 'second' } })
  })

  it('stamps a fraction of a millisecond as its millisecond', () => {
    const id = '00000000-0000-7000-8000-000000000001'
    expect(stampOf(1700000000123.4, id)).toBe(stampOf(1700000000123, id))
  })

  it('keeps numbers finite, whatever is added, also by a merge', () => {
    const add = (at: number): Write => ({ operation: 'increment', path: 'counters.sum', value: 1e308, at })
    const merged = mergeDocuments(apply([add(1), add(2)]), apply([add(3), add(4)]))
    expect(merged.values).toEqual({ counters: { sum: Number.MAX_VALUE } })
    expect(JSON.parse(JSON.stringify(merged))).toEqual(merged)
  })

  it('takes names that every JavaScript object knows for names', () => {
    const write = (path: string, operation: FieldOperation, at: number): Write => ({ operation, path, value: 1, at })
    const first = apply([write('interests.toString', 'increment', 1), write('data.valueOf', 'append', 2)])
    const merged = mergeDocuments(apply([write('interests.tea', 'set', 3)]), first)
    const again = mergeDocuments(merged, apply([write('interests.toString', 'increment', 4)]))
    expect(again.values).toEqual({ interests: { tea: 1, toString: 2 }, data: { valueOf: [1] } })
  })

  it('appends a hundred thousand elements in the time of those that are kept', () => {
    const value = Array.from({ length: 100_000 }, (_, i) => i)
    const began = performance.now()
    const { values } = apply([{ operation: 'append', path: 'data.list', value, at: 1 }])
    expect(performance.now() - began).toBeLessThan(2000)
    expect((values['data'] as JsonObject)['list']).toEqual(value.slice(-LIST_LIMIT))
  })

  it('writes an object field by field, so neighbours stay', () => {
    expect(
      apply([set('data.contact', { email: { main: 'a@b.c' } }, 1), set('data.contact', { phone: '1' }, 2)]).values,
    ).toEqual({
      data: { contact: { email: { main: 'a@b.c' }, phone: '1' } },
    })
  })

  it('keeps the earliest of values that are set once, and gives way to an ordinary write', () => {
    const once = (value: string, at: number): Write => ({ operation: 'setOnce', path: 'traits.origin', value, at })
    expect(apply([once('later', 5), once('first', 2), once('last', 9)]).values).toEqual({ traits: { origin: 'first' } })
    expect(apply([once('first', 2), set('traits.origin', 'set', 1)]).values).toEqual({ traits: { origin: 'set' } })
    expect(onceStamp('0') < '0').toBe(true)
  })

  it('appends each value once, ordered by time, and keeps the latest up to the limit', () => {
    const append = (value: JsonValue, at: number): Write => ({ operation: 'append', path: 'traits.bought', value, at })
    expect(apply([append('b', 2), append('a', 1), append('b', 2)]).values).toEqual({ traits: { bought: ['a', 'b'] } })
    const many = apply(Array.from({ length: LIST_LIMIT + 3 }, (_, i) => append(i, i + 1))).values[
      'traits'
    ] as JsonObject
    expect(many['bought']).toHaveLength(LIST_LIMIT)
    expect((many['bought'] as JsonValue[])[0]).toBe(3)
  })

  it('does not bring back what was deleted later', () => {
    const writes: Write[] = [
      { operation: 'delete', path: 'traits.plan', value: null, at: 5 },
      set('traits.plan', 'pro', 3),
    ]
    expect(apply(writes).values).toEqual({ traits: {} })
    expect(apply(writes.toReversed()).values).toEqual({ traits: {} })
  })

  it('refuses to count on what is no number', () => {
    const document = apply([set('counters.orders', 'many', 1)])
    expect(() => writeField(document.values, document.stamps, 'increment', ['counters', 'orders'], 1, '9')).toThrow(
      NotANumber,
    )
  })

  it('adds money without the noise of binary fractions, in any order', () => {
    expect(sum(0.1, 0.2)).toBe(0.3)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { maxLength: 50 }), (pennies) => {
        const total = pennies.reduce((a, b) => a + b, 0) / 100
        const forward = pennies.reduce((a, b) => sum(a, b / 100), 0)
        const backward = pennies.reduceRight((a, b) => sum(a, b / 100), 0)
        return forward === total + 0 && backward === forward
      }),
    )
  })
})

const leaf = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('a', 'b'), fc.boolean())
const path = fc.constantFrom(
  'traits.a',
  'traits.b',
  'traits.o',
  'traits.o.x',
  'traits.o.y',
  'traits.o.y.z',
  'data.list',
)
const registerWrite = fc.oneof(
  fc.record({ operation: fc.constantFrom<FieldOperation>('set', 'set', 'delete', 'setOnce'), path, value: leaf }),
  fc.record({
    operation: fc.constant<FieldOperation>('set'),
    path: fc.constant('traits.o'),
    value: fc.constantFrom<JsonValue>({ x: 1 }, { y: { z: 2 } }),
  }),
)
const counterWrite = fc.record({
  operation: fc.constantFrom<FieldOperation>('increment', 'decrement'),
  path: fc.constantFrom('counters.a', 'counters.b'),
  value: fc.integer({ min: 1, max: 9 }),
})
const listWrite = fc.record({
  operation: fc.constant<FieldOperation>('append'),
  path: fc.constantFrom('interests.l', 'interests.m'),
  value: leaf,
})
/** Writes at different moments: one event does not write against itself. */
const writes = fc
  .array(fc.oneof(registerWrite, counterWrite, listWrite), { minLength: 1, maxLength: 14 })
  .map((list): Write[] => list.map((write, i) => ({ ...write, at: i + 1 })))
const shuffled = writes.chain((list) =>
  fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
)

/** What a reader sees: objects that hold nothing are nothing. */
function visible(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).flatMap(([key, child]): [string, JsonValue][] => {
    const seen = visible(child)
    return seen === undefined ? [] : [[key, seen]]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

const plain = fc
  .array(
    fc.oneof(
      fc.record({ operation: fc.constantFrom<FieldOperation>('set', 'delete'), path, value: leaf }),
      counterWrite,
      listWrite,
    ),
    {
      minLength: 1,
      maxLength: 14,
    },
  )
  .map((list): Write[] => list.map((write, i) => ({ ...write, at: i + 1 })))

describe('Order', () => {
  it('of writes does not matter', () => {
    fc.assert(
      fc.property(
        shuffled.filter(([list]) =>
          list.every((write) => write.operation !== 'setOnce' || !write.path.startsWith('traits.o')),
        ),
        ([list, other]) => {
          expect(visible(apply(other).values)).toEqual(visible(apply(list).values))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('of the two merged documents does not matter', () => {
    fc.assert(
      fc.property(writes, fc.func(fc.boolean()), (list, mine) => {
        const a = (): StampedDocument => apply(list.filter((write) => mine(write.at)))
        const b = (): StampedDocument => apply(list.filter((write) => !mine(write.at)))
        expect(visible(mergeDocuments(b(), a()).values)).toEqual(visible(mergeDocuments(a(), b()).values))
      }),
      { numRuns: 2000 },
    )
  })

  it('merging gives what one profile would have become', () => {
    fc.assert(
      fc.property(plain, fc.func(fc.boolean()), (list, mine) => {
        const merged = mergeDocuments(
          apply(list.filter((write) => mine(write.at))),
          apply(list.filter((write) => !mine(write.at))),
        )
        expect(visible(merged.values)).toEqual(visible(apply(list).values))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('Merging', () => {
  it('keeps personal data that only one of the two has', () => {
    const merged = mergeDocuments(
      apply([set('data.pii.firstname', 'Ada', 1), set('data.contact.email.main', 'ada@x.org', 2)]),
      apply([set('data.pii.lastname', 'Lovelace', 3), set('traits.plan', 'pro', 3)]),
    )
    expect(merged.values).toEqual({
      data: { pii: { firstname: 'Ada', lastname: 'Lovelace' }, contact: { email: { main: 'ada@x.org' } } },
      traits: { plan: 'pro' },
    })
  })

  it('never makes a list of two texts', () => {
    const merged = mergeDocuments(apply([set('traits.city', 'Wrocław', 1)]), apply([set('traits.city', 'Kraków', 2)]))
    expect(merged.values).toEqual({ traits: { city: 'Kraków' } })
  })

  it('adds up what both have counted, once', () => {
    const count = (at: number): Write => ({ operation: 'increment', path: 'counters.orders', value: 1, at })
    const merged = mergeDocuments(apply([count(1), count(2)]), apply([count(3)]))
    expect(merged.values).toEqual({ counters: { orders: 3 } })
  })
})
