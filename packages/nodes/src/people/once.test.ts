import { describe, expect, it } from '@jest/globals'
import { NOW, runNode } from '../testing/run-node.js'
import { once } from './once.js'

const DAY = 86_400_000

describe('Once per profile', () => {
  it('goes on at first once', () => {
    const first = runNode(once, {}, { input: 7 })
    expect(first).toMatchObject({ port: 'first', output: 7 })
    expect(first.result.effects).toEqual([
      { kind: 'remember', nodeId: 'tested', key: '', times: [NOW], expiresAt: null },
    ])
    expect(runNode(once, {}, { kept: { '': [NOW - 900 * DAY] }, input: 7 })).toMatchObject({ port: 'again', output: 7 })
  })

  it('goes on at first again after the period', () => {
    const config = { period: '30d' }
    expect(runNode(once, config, { kept: { '': [NOW - 30 * DAY + 1] } }).port).toBe('again')
    const after = runNode(once, config, { kept: { '': [NOW - 30 * DAY] } })
    expect(after.port).toBe('first')
    expect(after.result.effects).toMatchObject([{ times: [NOW], expiresAt: NOW + 30 * DAY }])
  })

  it('goes on at first once for each key', () => {
    const config = { key: { template: '{{ event.properties.product }}' } }
    const kept = { lamp: [NOW - 1] }
    expect(runNode(once, config, { kept, properties: { product: 'lamp' } }).port).toBe('again')
    expect(runNode(once, config, { kept, properties: { product: 'chair' } }).port).toBe('first')
  })
})
