import { describe, expect, it, test } from '@jest/globals'
import { problemsOf, runNode } from '../testing/run-node.js'
import { copyFields } from './copy.js'

describe('Copy fields', () => {
  it('copies from event, session and profile', () => {
    const fields = [
      { from: 'event.properties.items.1.sku', to: 'traits.lastSku' },
      { from: 'event.occurredAt', to: 'traits.lastSeen' },
      { from: 'session.device.name', to: 'aux.device' },
      { from: 'profile.traits.lastSku', to: 'data.preferences.other.sku' },
    ]
    const surroundings = { properties: { items: [{ sku: 'a' }, { sku: 'b' }] }, session: { device: { name: 'Pixel' } } }
    expect(runNode(copyFields, { fields }, surroundings).profile).toEqual({
      traits: { lastSku: 'b', lastSeen: '2026-03-10T12:30:00.000Z' },
      aux: { device: 'Pixel' },
      data: { preferences: { other: { sku: 'b' } } },
    })
  })

  it('leaves the target alone when there is nothing to copy', () => {
    const fields = [
      { from: 'event.properties.missing', to: 'traits.a' },
      { from: 'event.properties.none', to: 'traits.b' },
      { from: 'event.properties.list.length', to: 'traits.c' },
    ]
    const before = { traits: { a: 1, b: 2, c: 3 } }
    const { port, profile } = runNode(copyFields, { fields }, { profile: before, properties: { none: null, list: [] } })
    expect(port).toBe('done')
    expect(profile).toEqual(before)
  })

  test.each(['event', 'secrets.x', 'event.__proto__.x', ''])('refuses to read %j', (from) => {
    expect(problemsOf(copyFields, { fields: [{ from, to: 'traits.a' }] })).toMatchObject([{ path: 'fields.0.from' }])
  })
})
