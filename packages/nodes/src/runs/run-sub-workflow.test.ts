import { describe, expect, it } from '@jest/globals'
import { NOW, problemsOf, runNode } from '../testing/run-node.js'
import { runSubWorkflow } from './run-sub-workflow.js'

const workflowId = '0199a000-0000-7000-8000-0000000000bb'
const config = { workflowId, input: { price: { expr: 'event.properties.price' } }, timeout: '1h' }

describe('Run workflow', () => {
  it('waits until it ends, and hands on what its ends gave', () => {
    const outcome = runNode(runSubWorkflow, config, { properties: { price: 4 } })
    expect(outcome.wait).toMatchObject({ until: NOW + 3_600_000, awaits: { kind: 'run', workflowId } })
    expect(outcome.result.effects).toEqual([
      { kind: 'start', nodeId: 'tested', workflowId, input: { price: 4 }, waitId: outcome.wait?.id },
    ])
    const output = { end: { a: 1 } }
    expect(outcome.wake({ kind: 'run', state: 'completed', output })).toMatchObject({ port: 'done', output })
  })

  it('tells when it failed, was cancelled, or took too long', () => {
    const outcome = runNode(runSubWorkflow, config)
    for (const state of ['failed', 'cancelled'] as const) {
      expect(outcome.wake({ kind: 'run', state, output: null })).toMatchObject({ port: 'failed', output: { state } })
    }
    expect(outcome.wake({ kind: 'time' })?.port).toBe('timeout')
    expect(runNode(runSubWorkflow, { workflowId }).wake({ kind: 'time' })?.port).toBe('failed')
  })

  it('goes on at once when told so', () => {
    const { port, output, result } = runNode(runSubWorkflow, { workflowId, wait: false }, { input: 7 })
    expect([port, output]).toEqual(['done', 7])
    expect(result.effects).toEqual([{ kind: 'start', nodeId: 'tested', workflowId, input: {}, waitId: null }])
  })

  it('refuses what is no workflow', () => {
    expect(problemsOf(runSubWorkflow, { workflowId: '../x' })).toMatchObject([{ path: 'workflowId' }])
  })
})
