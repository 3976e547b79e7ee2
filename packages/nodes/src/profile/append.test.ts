import { describe, expect, it } from '@jest/globals'
import { runNode } from '../testing/run-node.js'
import { appendValue } from './append.js'

describe('Append to list', () => {
  const config = { field: 'traits.bought', value: { expr: 'event.properties.sku' } }

  it('adds at the end, and begins a list where nothing is yet', () => {
    const properties = { sku: 'b' }
    expect(runNode(appendValue, config, { profile: { traits: { bought: ['a'] } }, properties }).profile).toEqual({
      traits: { bought: ['a', 'b'] },
    })
    expect(runNode(appendValue, config, { properties }).profile).toEqual({ traits: { bought: ['b'] } })
  })

  it('leaves a list alone that holds the value already', () => {
    const profile = { traits: { bought: ['b'] } }
    expect(runNode(appendValue, config, { profile, properties: { sku: 'b' } }).profile).toEqual(profile)
  })

  it('never turns a text into a list', () => {
    const profile = { traits: { bought: 'a' } }
    const outcome = runNode(appendValue, config, { profile })
    expect([outcome.port, outcome.profile]).toEqual(['error', profile])
  })
})
