import { describe, expect, it } from '@jest/globals'
import { problemsOf, runNode } from '../testing/run-node.js'
import { emitEvent } from './emit.js'

describe('Emit event', () => {
  it('makes an event out of its values', () => {
    const config = { eventType: 'big-order', properties: { price: { expr: 'event.properties.price * 2' }, from: 'us' } }
    const { port, output, result } = runNode(emitEvent, config, { properties: { price: 4 }, input: 7 })
    expect([port, output]).toEqual(['done', 7])
    expect(result.effects).toEqual([
      { kind: 'emit', nodeId: 'tested', event: { type: 'big-order', properties: { price: 8, from: 'us' } } },
    ])
  })

  it('makes none when a value fails', () => {
    const endless = '{% for a in (1..900) %}{% for b in (1..900) %}x{% endfor %}{% endfor %}'
    const { port, result } = runNode(emitEvent, { eventType: 'x', properties: { a: { template: endless } } })
    expect(port).toBe('error')
    expect(result.effects).toEqual([])
  })

  it('refuses properties that reach into objects', () => {
    expect(problemsOf(emitEvent, { eventType: 'x', properties: { constructor: 1 } })).toMatchObject([
      { code: 'BAD_CONFIG' },
    ])
    expect(problemsOf(emitEvent, { eventType: ' ' })).toMatchObject([{ path: 'eventType' }])
  })
})
