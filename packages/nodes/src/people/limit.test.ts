import { describe, expect, it } from '@jest/globals'
import { NOW, problemsOf, runNode } from '../testing/run-node.js'
import { limit } from './limit.js'

const HOUR = 3_600_000

describe('Rate limiter for each profile', () => {
  const config = { most: 2, per: '1h' }

  it('lets so many pass in the period, whatever came before', () => {
    expect(runNode(limit, config, { kept: { '': [NOW - HOUR, NOW - 1] } }).port).toBe('passed')
    expect(runNode(limit, config, { kept: { '': [NOW - HOUR + 1, NOW - 1] }, input: 7 })).toMatchObject({
      port: 'over',
      output: 7,
    })
  })

  it('keeps the times that still count, no longer than they do', () => {
    const { result } = runNode(limit, config, { kept: { '': [NOW - 2 * HOUR, NOW - 5] } })
    expect(result.effects).toEqual([
      { kind: 'remember', nodeId: 'tested', key: '', times: [NOW - 5, NOW], expiresAt: NOW + HOUR },
    ])
    expect(runNode(limit, config, { kept: { '': [NOW - 2, NOW - 1] } }).result.effects).toEqual([])
  })

  it('counts apart for each key', () => {
    const keyed = { ...config, key: { expr: 'event.properties.shop' } }
    const kept = { a: [NOW - 2, NOW - 1], '3': [NOW - 2, NOW - 1] }
    expect(runNode(limit, keyed, { kept, properties: { shop: 'a' } }).port).toBe('over')
    expect(runNode(limit, keyed, { kept, properties: { shop: 'b' } }).port).toBe('passed')
    expect(runNode(limit, keyed, { kept, properties: { shop: 3 } }).port).toBe('over')
  })

  it('refuses to keep too many times with a profile', () => {
    expect(problemsOf(limit, { most: 5_000, per: '1h' })).toMatchObject([{ path: 'most' }])
    expect(problemsOf(limit, { most: 5_000, per: '1h', scope: 'everybody' })).toEqual([])
    expect(problemsOf(limit, { most: 0, per: '1h' })).toMatchObject([{ path: 'most' }])
  })
})

describe('Rate limiter for everybody', () => {
  it('waits for its turn', () => {
    const config = { most: 10, per: '1m', scope: 'everybody', key: 'mails' }
    const outcome = runNode(limit, config, { input: 7 })
    expect(outcome.wait).toMatchObject({
      until: null,
      awaits: { kind: 'slot', key: 'mails', limit: 10, periodMs: 60_000 },
    })
    expect(outcome.wake({ kind: 'time' })).toMatchObject({ port: 'passed', output: 7 })
  })
})
