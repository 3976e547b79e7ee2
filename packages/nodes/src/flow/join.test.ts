import { describe, expect, it } from '@jest/globals'
import { compileWorkflow, startRun } from '@segue/workflow-engine'
import { coreNodes } from '../catalogue.js'
import { NOW, testContext } from '../testing/run-node.js'

function runTwoBranches(joins: 'all' | 'any') {
  const nodes = [
    { id: 'start', type: 'start' },
    { id: 'one', type: 'log', config: { message: 'one' } },
    { id: 'two', type: 'log', config: { message: 'two' } },
    { id: 'join', type: 'join', config: { joins } },
    { id: 'end', type: 'end' },
  ]
  const edges = [
    { from: 'start', port: 'next', to: 'one' },
    { from: 'start', port: 'next', to: 'two' },
    { from: 'one', port: 'done', to: 'join' },
    { from: 'two', port: 'done', to: 'join' },
    { from: 'join', port: 'next', to: 'end' },
  ]
  const compiled = compileWorkflow({ nodes, edges }, coreNodes)
  if ('problems' in compiled) throw new Error(JSON.stringify(compiled.problems))
  return startRun(compiled.workflow, { input: { a: 1 }, depth: 0 }, testContext({ event: null, now: NOW }))
}

describe('Join', () => {
  it('hands on what all branches gave, once', () => {
    const { output, steps } = runTwoBranches('all')
    expect(output).toEqual({ end: { one: { a: 1 }, two: { a: 1 } } })
    expect(steps.filter(({ nodeId }) => nodeId === 'end')).toHaveLength(1)
  })

  it('hands on what the first branch gave, and lets no second one pass', () => {
    const { output, steps } = runTwoBranches('any')
    expect(output).toEqual({ end: { one: { a: 1 } } })
    expect(steps.filter(({ nodeId }) => nodeId === 'end')).toHaveLength(1)
  })
})
