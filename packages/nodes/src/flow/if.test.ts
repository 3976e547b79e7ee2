import { describe, expect, it } from '@jest/globals'
import { problemsOf, runNode } from '../testing/run-node.js'
import { ifCondition } from './if.js'

describe('If', () => {
  const config = { condition: 'event.properties.price > 10 && profile.traits.plan == "pro"' }

  it('goes on at true when the condition holds, else at false', () => {
    const profile = { traits: { plan: 'pro' } }
    expect(runNode(ifCondition, config, { profile, properties: { price: 11 } }).port).toBe('true')
    expect(runNode(ifCondition, config, { profile, properties: { price: 9 } }).port).toBe('false')
  })

  it('goes on at false when what it asks for is absent or of another kind', () => {
    expect(runNode(ifCondition, config).port).toBe('false')
    expect(runNode(ifCondition, config, { properties: { price: 'eleven' } }).port).toBe('false')
  })

  it('refuses a wrong condition with its place and a hint', () => {
    expect(problemsOf(ifCondition, { condition: 'event.type = "a"' })).toMatchObject([
      { code: 'BAD_CONFIG', path: 'condition', message: expect.stringContaining('Line 1, column 12') },
    ])
    expect(problemsOf(ifCondition, { condition: 'porfile.x == 1' })[0]?.message).toContain('Did you mean profile?')
    expect(problemsOf(ifCondition, {})).toMatchObject([{ code: 'BAD_CONFIG', path: 'condition' }])
  })
})
