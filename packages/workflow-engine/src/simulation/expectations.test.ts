import { describe, expect, it } from '@jest/globals'
import { checkExpectations, expectationsSchema, park, port, simulateWorkflow } from '../index.js'
import { end, flow, pass, type TestNode } from '../testing/flow.js'

const wait: TestNode = {
  waits: true,
  run: ({ now }) => park({ until: now + 90_000_000, awaits: { kind: 'time' } }),
  wake: ({ input }) => port('next', input),
}
const simulation = simulateWorkflow({
  workflow: flow({ start: pass, wait, after: end, never: end }, [
    ['start', 'next', 'wait'],
    ['wait', 'next', 'after'],
    ['wait', 'other', 'never'],
  ]),
  event: null,
  profile: { traits: { plan: 'pro' } },
  now: Date.UTC(2026, 2, 10, 12),
})

function differences(...expected: unknown[]) {
  return checkExpectations(simulation, expectationsSchema.parse(expected))
}

describe('checkExpectations', () => {
  it('is content when steps came in their order, whatever lies between', () => {
    const steps = [{ node: 'start' }, { node: 'wait', port: 'next', at: '25h' }, { node: 'after', port: null }]
    expect(
      differences(...steps, { never: 'never' }, { state: 'completed' }, { profile: { 'traits.plan': 'pro' } }),
    ).toEqual([])
    expect(differences({ node: 'wait', at: '2026-03-11T13:00:00Z', port: 'next' })).toEqual([])
  })

  it('says what a node did instead', () => {
    expect(differences({ node: 'wait', port: 'other' })).toEqual([
      '1. Expected wait to leave by other; it waited at 0s (2026-03-10T12:00:00.000Z), left by next at 1d1h (2026-03-11T13:00:00.000Z).',
    ])
    expect(differences({ node: 'after' }, { node: 'wait', port: 'next', at: '3d' })).toEqual([
      '2. Expected wait to leave by next at 3d after the steps before; it was earlier: waited at 0s (2026-03-10T12:00:00.000Z), left by next at 1d1h (2026-03-11T13:00:00.000Z).',
    ])
    expect(differences({ node: 'never' })).toEqual(['1. Expected never; no branch reached it.'])
  })

  it('does not take an expectation that nothing can meet', () => {
    expect(expectationsSchema.safeParse([{ node: 'wait', at: 'soon' }]).success).toBe(false)
    expect(expectationsSchema.safeParse([{ nod: 'wait' }]).success).toBe(false)
  })

  it('says how the run ended instead', () => {
    expect(differences({ state: 'failed' }, { exit: 'bought' }, { never: 'after' })).toEqual([
      '1. Expected the run to be failed; it is completed.',
      '2. Expected the person to leave by bought; the run is completed.',
      '3. Expected no branch to reach after; one ended at 1d1h (2026-03-11T13:00:00.000Z).',
    ])
  })

  it('says what the profile holds instead', () => {
    expect(differences({ profile: { 'traits.plan': 'free', 'counters.n': null, 'traits.a.b': 1 } })).toEqual([
      '1. Expected traits.plan to be "free"; it is "pro".',
      '1. Expected traits.a.b to be 1; it is null.',
    ])
  })
})
