import { describe, expect, it, test } from '@jest/globals'
import type { JsonObject, RunEvent } from '@segue/workflow-engine'
import { NOW, problemsOf, runNode, type Outcome } from '../testing/run-node.js'
import { waitEvent } from './wait-event.js'

const HOUR = 3_600_000
const config = {
  eventType: 'checked-out',
  timeout: '2h',
  match: [{ arrived: 'properties.cartId', started: 'event.properties.cartId' }],
}

function checkedOut(properties: JsonObject, occurredAt = NOW + HOUR, id = 'e2'): RunEvent {
  return { id, type: 'checked-out', properties, occurredAt: new Date(occurredAt) }
}

function arrive(outcome: Outcome, event: RunEvent): Outcome | null {
  return outcome.wake({ kind: 'event', event }, { now: NOW + HOUR })
}

describe('Wait for event', () => {
  const waiting = () => runNode(waitEvent, config, { properties: { cartId: 'c1' }, input: 'in' })

  it('waits for the event of the same key', () => {
    const outcome = waiting()
    expect(outcome.wait).toMatchObject({
      until: NOW + 2 * HOUR,
      awaits: { kind: 'event', eventType: 'checked-out', lookBackTo: NOW },
      memo: ['c1'],
    })
    expect(arrive(outcome, checkedOut({ cartId: 'c2' }))).toBeNull()
    expect(arrive(outcome, checkedOut({}))).toBeNull()
    expect(arrive(outcome, checkedOut({ cartId: 'c1' }))).toMatchObject({
      port: 'arrived',
      output: {
        id: 'e2',
        type: 'checked-out',
        properties: { cartId: 'c1' },
        occurredAt: new Date(NOW + HOUR).toISOString(),
      },
    })
  })

  it('ends by its timeout', () => {
    expect(waiting().wake({ kind: 'time' }, { now: NOW + 2 * HOUR })).toMatchObject({ port: 'timeout', output: 'in' })
  })

  it('never counts the event that began the run', () => {
    const event = checkedOut({ cartId: 'c1' }, NOW, 'e1')
    expect(arrive(runNode(waitEvent, config, { event }), event)).toBeNull()
  })

  it('counts what came between the start and the wait, not what had happened before', () => {
    expect(arrive(waiting(), checkedOut({ cartId: 'c1' }, NOW))?.port).toBe('arrived')
    expect(arrive(waiting(), checkedOut({ cartId: 'c1' }, NOW - 1))).toBeNull()
  })

  it('counts what arrives during the wait only, when told so', () => {
    const outcome = runNode(waitEvent, { ...config, lookBack: 'none' }, { properties: { cartId: 'c1' } })
    expect(outcome.wait?.awaits).toMatchObject({ lookBackTo: null })
    expect(arrive(outcome, checkedOut({ cartId: 'c1' }, NOW - 1))?.port).toBe('arrived')
  })

  it('looks back to the start of a run without an event', () => {
    const free = { eventType: 'checked-out', timeout: '2h' }
    const outcome = runNode(waitEvent, free, { event: null })
    expect(outcome.wait?.awaits).toMatchObject({ lookBackTo: NOW })
    expect(arrive(outcome, checkedOut({}))?.port).toBe('arrived')
  })

  it('compares with what was known when the wait began', () => {
    const match = [{ arrived: 'properties.plan', started: 'profile.traits.plan' }]
    const outcome = runNode(waitEvent, { ...config, match }, { profile: { traits: { plan: 'pro' } } })
    const later = { now: NOW + HOUR, profile: { traits: { plan: 'free' } } }
    expect(outcome.wake({ kind: 'event', event: checkedOut({ plan: 'free' }) }, later)).toBeNull()
    expect(outcome.wake({ kind: 'event', event: checkedOut({ plan: 'pro' }) }, later)?.port).toBe('arrived')
  })

  it('compares with given values, and whole lists and maps', () => {
    const match = [{ arrived: 'properties.items', started: { value: [{ sku: 'a' }] } }]
    const outcome = runNode(waitEvent, { ...config, match })
    expect(arrive(outcome, checkedOut({ items: [{ sku: 'b' }] }))).toBeNull()
    expect(arrive(outcome, checkedOut({ items: [{ sku: 'a' }] }))?.port).toBe('arrived')
  })

  it('matches nothing, with a warning, when what it compares with is absent', () => {
    const outcome = runNode(waitEvent, config, { properties: {} })
    expect(outcome.result.log).toMatchObject([
      { level: 'warning', message: expect.stringContaining('properties.cartId') },
    ])
    expect(arrive(outcome, checkedOut({}))).toBeNull()
    expect(arrive(outcome, checkedOut({ cartId: null }))).toBeNull()
  })

  it('takes a condition that sees both events', () => {
    const condition = 'arrived.properties.total > event.properties.total'
    const outcome = runNode(waitEvent, { ...config, match: [], condition }, { properties: { total: 5 } })
    expect(arrive(outcome, checkedOut({ total: 5 }))).toBeNull()
    expect(arrive(outcome, checkedOut({ total: 6 }))?.port).toBe('arrived')
  })

  test.each([
    [{ eventType: '' }, 'eventType'],
    [{ timeout: 'soon' }, 'timeout'],
    [{ match: [{ arrived: 'properties.__proto__.x', started: 'input' }] }, 'match.0.arrived'],
    [{ condition: 'arived.type == "x"' }, 'condition'],
  ])('refuses %j', (wrong, path) => {
    expect(problemsOf(waitEvent, { ...config, ...wrong })).toMatchObject([{ code: 'BAD_CONFIG', path }])
  })
})
