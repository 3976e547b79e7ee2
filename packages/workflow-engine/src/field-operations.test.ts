import { describe, expect, it, test } from '@jest/globals'
import { applyOperation, parsePath, type FieldOperation, type FieldPath, type JsonObject } from './index.js'

function path(text: string): FieldPath {
  const parsed = parsePath(text)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.freeze(value)
  Object.values(value).forEach(deepFreeze)
}

const before: JsonObject = {
  traits: { plan: 'pro', none: null, tags: ['a'], address: { city: 'Oslo' } },
  counters: { orders: 2 },
}
deepFreeze(before)

function after(operation: FieldOperation): JsonObject {
  return applyOperation(before, path(operation.path), operation)
}

describe('operations on fields', () => {
  test.each<[FieldOperation, unknown]>([
    [{ op: 'set', path: 'traits.plan', value: 'free' }, { plan: 'free' }],
    [{ op: 'set', path: 'traits.address.zip', value: '0150' }, { address: { city: 'Oslo', zip: '0150' } }],
    [{ op: 'set', path: 'traits.new.deep', value: 1 }, { new: { deep: 1 } }],
    [{ op: 'set', path: 'traits.none.deep', value: 1 }, { none: { deep: 1 } }],
    [{ op: 'setOnce', path: 'traits.plan', value: 'free' }, { plan: 'pro' }],
    [{ op: 'setOnce', path: 'traits.none', value: 'x' }, { none: 'x' }],
    [{ op: 'append', path: 'traits.tags', value: 'b' }, { tags: ['a', 'b'] }],
    [{ op: 'append', path: 'traits.fresh', value: 'b' }, { fresh: ['b'] }],
    [{ op: 'append', path: 'traits.none', value: 'b' }, { none: ['b'] }],
    [{ op: 'append', path: 'traits.tags', value: ['a', { x: 1 }, { x: 1 }] }, { tags: ['a', { x: 1 }] }],
    [{ op: 'set', path: 'traits.address', value: { zip: '0150' } }, { address: { city: 'Oslo', zip: '0150' } }],
    [{ op: 'set', path: 'traits.plan', value: { name: 'x' } }, { plan: { name: 'x' } }],
    [{ op: 'set', path: 'traits.tags', value: ['z'] }, { tags: ['z'] }],
    [
      { op: 'setOnce', path: 'traits.address', value: { city: 'Rome', zip: '1' } },
      { address: { city: 'Oslo', zip: '1' } },
    ],
    [{ op: 'setOnce', path: 'traits.plan', value: { name: 'x' } }, { plan: 'pro' }],
    [{ op: 'increment', path: 'traits.none', value: 2 }, { none: 2 }],
  ])('%j', (operation, traits) => {
    expect(after(operation)).toMatchObject({ traits })
  })

  it('counts from 0 where nothing is yet, and adds where a number is', () => {
    expect(after({ op: 'increment', path: 'counters.orders', value: 3 }).counters).toEqual({ orders: 5 })
    expect(after({ op: 'increment', path: 'counters.visits', value: -1 }).counters).toEqual({ orders: 2, visits: -1 })
  })

  it('writes nothing for a map without fields, and no field that reaches into objects', () => {
    expect(after({ op: 'set', path: 'traits.fresh', value: {} })).toEqual(before)
    const hostile = JSON.parse('{"__proto__": {"admin": true}}') as JsonObject
    const { traits } = after({ op: 'set', path: 'traits.address', value: hostile })
    expect(traits).toMatchObject({ address: { city: 'Oslo' } })
    expect(JSON.stringify(after({ op: 'set', path: 'traits.fresh', value: hostile }))).not.toContain('admin')
  })

  it('removes a field, and leaves alone what is not there', () => {
    expect(after({ op: 'delete', path: 'counters.orders' }).counters).toEqual({})
    expect(after({ op: 'delete', path: 'traits.missing.deep' })).toEqual(before)
  })

  test.each<[FieldOperation, string]>([
    [{ op: 'increment', path: 'traits.plan', value: 1 }, 'NOT_A_NUMBER'],
    [{ op: 'increment', path: 'counters.orders', value: Infinity }, 'NUMBER_TOO_LARGE'],
    [{ op: 'append', path: 'traits.plan', value: 'x' }, 'NOT_A_LIST'],
    [{ op: 'set', path: 'traits.plan.name', value: 1 }, 'FIELD_BLOCKED'],
    [{ op: 'set', path: 'traits.tags.0', value: 1 }, 'FIELD_BLOCKED'],
    [{ op: 'delete', path: 'traits.plan.name' }, 'FIELD_BLOCKED'],
  ])('refuses %j: %s', (operation, code) => {
    expect(() => after(operation)).toThrow(expect.objectContaining({ code }))
  })

  it('names the field and the kind of what it holds in errors, never the value', () => {
    expect(() => after({ op: 'append', path: 'traits.plan', value: 'x' })).toThrow(
      'traits.plan holds a text. Only a list, or a field that is not there yet, can be appended to.',
    )
  })
})

describe('parsePath', () => {
  test.each([
    '',
    '.',
    'traits.',
    'traits..plan',
    'traits.__proto__.x',
    'constructor',
    'traits.prototype',
    'a.b.c.d.e.f.g.h.i.j.k',
  ])('refuses %j', (text) => {
    expect(typeof parsePath(text)).toBe('string')
  })

  it('takes any other names', () => {
    expect(path('traits.größe.first name').names).toEqual(['traits', 'größe', 'first name'])
  })
})
