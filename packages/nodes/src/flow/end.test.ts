import { describe, expect, it } from '@jest/globals'
import { problemsOf, runNode } from '../testing/run-node.js'
import { end } from './end.js'

describe('Start and End', () => {
  it('begin a run and end its branch', () => {
    const { result } = runNode(end, {})
    expect(result.state).toBe('completed')
    expect(result.steps).toMatchObject([
      { nodeId: 'start', port: 'next' },
      { nodeId: 'tested', port: null },
    ])
  })

  it('hand through what the run was started with', () => {
    expect(runNode(end, { name: 'All well' }, { input: { a: 1 } }).result.output).toEqual({ tested: { a: 1 } })
    expect(problemsOf(end, { name: '' })).toMatchObject([{ path: 'name' }])
  })
})
