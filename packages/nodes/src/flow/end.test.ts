import { describe, expect, it } from '@jest/globals'
import { runNode } from '../testing/run-node.js'
import { end } from './end.js'

describe('Start and End', () => {
  it('begin a run and end its branch', () => {
    const { result } = runNode(end, {})
    expect(result.state).toBe('completed')
    expect(result.steps).toEqual([
      { nodeId: 'start', port: 'next' },
      { nodeId: 'tested', port: null },
    ])
  })
})
