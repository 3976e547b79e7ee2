import { describe, expect, it } from '@jest/globals'
import { problemsOf, runNode } from '../testing/run-node.js'
import { incrementField } from './increment.js'

describe('Increment', () => {
  it('adds 1 when told no amount, from 0 when nothing is there yet', () => {
    const config = { field: 'counters.orders' }
    expect(runNode(incrementField, config, { profile: { counters: { orders: 2 } } }).profile).toEqual({
      counters: { orders: 3 },
    })
    expect(runNode(incrementField, config).profile).toEqual({ counters: { orders: 1 } })
  })

  it('adds a calculated amount, also a negative one', () => {
    const config = { field: 'counters.revenue', amount: { expr: 'event.properties.quantity * event.properties.price' } }
    const properties = { quantity: -2, price: 1.25 }
    expect(runNode(incrementField, config, { properties }).profile).toEqual({ counters: { revenue: -2.5 } })
  })

  it('goes on at error when the field or the amount is no number', () => {
    const profile = { counters: { orders: 'two' } }
    const refused = runNode(incrementField, { field: 'counters.orders' }, { profile })
    expect([refused.port, refused.profile]).toEqual(['error', profile])
    const config = { field: 'counters.orders', amount: { expr: 'event.properties.missing' } }
    expect(runNode(incrementField, config).port).toBe('error')
  })

  it('refuses an amount that is no number when the workflow is saved', () => {
    expect(problemsOf(incrementField, { field: 'counters.a', amount: 'two' })).toMatchObject([{ path: 'amount' }])
    expect(problemsOf(incrementField, { field: 'counters.a', amount: { expr: 'x +' } })).toMatchObject([
      { path: 'amount.expr' },
    ])
  })
})
