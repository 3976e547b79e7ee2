import { describe, expect, it } from '@jest/globals'
import { compileWorkflow, startRun } from '@segue/workflow-engine'
import { coreNodes } from '../catalogue.js'
import { problemsOf, runNode, testContext } from '../testing/run-node.js'
import { throwError } from './throw.js'

const config = { message: 'No stock of {{ event.properties.sku }}', code: 'NO_STOCK' }

describe('Throw', () => {
  it('goes on at error when that is wired', () => {
    const { port, output } = runNode(throwError, config, { properties: { sku: 'lamp' } })
    expect(port).toBe('error')
    expect(output).toEqual({ code: 'NO_STOCK', message: 'No stock of lamp' })
  })

  it('fails the run when it is not', () => {
    const nodes = [
      { id: 'start', type: 'start' },
      { id: 'throw', type: 'throw', config },
    ]
    const compiled = compileWorkflow({ nodes, edges: [{ from: 'start', port: 'next', to: 'throw' }] }, coreNodes)
    if ('problems' in compiled) throw new Error(JSON.stringify(compiled.problems))
    const result = startRun(compiled.workflow, { input: null, depth: 0 }, testContext({ event: null }))
    expect(result.state).toBe('failed')
    expect(result.error).toMatchObject({ nodeId: 'throw', code: 'NO_STOCK', message: 'No stock of ' })
  })

  it('refuses a code that programs could not rely on', () => {
    expect(problemsOf(throwError, { message: 'x', code: 'no stock' })).toMatchObject([{ path: 'code' }])
  })
})
