import { describe, expect, it } from '@jest/globals'
import { problemsOf, runNode } from '../testing/run-node.js'
import { switchCase } from './switch.js'

describe('Switch', () => {
  const config = {
    cases: [
      { name: 'big', condition: 'event.properties.price > 100' },
      { name: 'any', condition: 'event.properties.price > 0' },
    ],
  }

  it('goes on at the first case that holds, else at else', () => {
    expect(runNode(switchCase, config, { properties: { price: 200 } }).port).toBe('big')
    expect(runNode(switchCase, config, { properties: { price: 20 } }).port).toBe('any')
    expect(runNode(switchCase, config, {}).port).toBe('else')
  })

  it('goes on at else in a run without an event', () => {
    expect(runNode(switchCase, config, { event: null }).port).toBe('else')
  })

  it('refuses two cases of one name, and a case named else', () => {
    const [first] = config.cases
    expect(problemsOf(switchCase, { cases: [{ ...first }, { ...first }] })).toMatchObject([{ path: 'cases.1.name' }])
    expect(problemsOf(switchCase, { cases: [{ ...first, name: 'else' }] })).toMatchObject([{ path: 'cases.0.name' }])
    expect(problemsOf(switchCase, { cases: [] })).toMatchObject([{ path: 'cases' }])
    expect(problemsOf(switchCase, { cases: [{ name: 'a', condition: 'x ==' }] })).toMatchObject([
      { path: 'cases.0.condition' },
    ])
  })
})
