import { describe, expect, it } from '@jest/globals'
import { problemsOf, runNode } from '../testing/run-node.js'
import { respond } from './response.js'

describe('Response', () => {
  it('puts values under their keys', () => {
    const values = {
      segment: { expr: 'profile.traits.plan' },
      text: { template: 'Hi {{ profile.traits.plan }}' },
      fixed: [1],
    }
    const { port, result } = runNode(respond, { values }, { profile: { traits: { plan: 'pro' } } })
    expect(port).toBe('done')
    expect(result.response).toEqual({ segment: 'pro', text: 'Hi pro', fixed: [1] })
  })

  it('gives none of its values when one fails', () => {
    const endless = '{% for a in (1..900) %}{% for b in (1..900) %}x{% endfor %}{% endfor %}'
    const { port, result } = runNode(respond, { values: { a: 1, b: { template: endless } } })
    expect(port).toBe('error')
    expect(result.response).toEqual({})
  })

  it('refuses keys that reach into objects', () => {
    expect(problemsOf(respond, { values: { constructor: 1 } })).toMatchObject([{ code: 'BAD_CONFIG' }])
  })
})
