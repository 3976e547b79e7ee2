import { describe, expect, it, test } from '@jest/globals'
import { problemsOf, runNode } from '../testing/run-node.js'
import { setFields } from './set.js'

describe('Set fields', () => {
  it('writes values as they stand, calculated, and from templates', () => {
    const fields = [
      { field: 'traits.plan', value: 'pro' },
      { field: 'traits.list', value: [1, { expr: 'not calculated in here' }] },
      { field: 'traits.total', value: { expr: 'event.properties.price * 2' } },
      { field: 'traits.since', value: { expr: 'now' } },
      { field: 'data.contact.greeting', value: { template: 'Hello {{ profile.traits.name | upcase }}' } },
    ]
    const { port, profile } = runNode(
      setFields,
      { fields },
      { profile: { traits: { name: 'Ada' } }, properties: { price: 4 } },
    )
    expect(port).toBe('done')
    expect(profile).toEqual({
      traits: {
        name: 'Ada',
        plan: 'pro',
        list: [1, { expr: 'not calculated in here' }],
        total: 8,
        since: '2026-03-10T12:30:00.000Z',
      },
      data: { contact: { greeting: 'Hello ADA' } },
    })
  })

  it('leaves a filled field alone when told once', () => {
    const fields = [
      { field: 'traits.first', value: 'new', once: true },
      { field: 'traits.empty', value: 'new', once: true },
    ]
    const { profile } = runNode(setFields, { fields }, { profile: { traits: { first: 'old', empty: null } } })
    expect(profile).toEqual({ traits: { first: 'old', empty: 'new' } })
  })

  it('writes none of its fields when one cannot be written', () => {
    const fields = [
      { field: 'traits.a', value: 1 },
      { field: 'traits.name.first', value: 'Ada' },
    ]
    const { port, profile } = runNode(setFields, { fields }, { profile: { traits: { name: 'Ada' } } })
    expect(port).toBe('error')
    expect(profile).toEqual({ traits: { name: 'Ada' } })
  })

  test.each([
    [{ field: 'id', value: 1 }, 'fields.0.field'],
    [{ field: 'segments.x', value: 1 }, 'fields.0.field'],
    [{ field: 'traits', value: 1 }, 'fields.0.field'],
    [{ field: 'traits.__proto__.x', value: 1 }, 'fields.0.field'],
    [{ field: 'traits.constructor', value: 1 }, 'fields.0.field'],
    [{ field: 'traits.a', value: { expr: '1 +' } }, 'fields.0.value.expr'],
    [{ field: 'traits.a', value: { template: '{{ x | nonsense }}' } }, 'fields.0.value.template'],
    [{ field: 'traits.a', value: { template: '{% include "/etc/passwd" %}' } }, 'fields.0.value.template'],
  ])('refuses %j', (field, path) => {
    expect(problemsOf(setFields, { fields: [field] })).toMatchObject([{ code: 'BAD_CONFIG', path }])
  })
})
