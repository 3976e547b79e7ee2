import { describe, expect, it } from '@jest/globals'
import { problemsOf, runNode } from '../testing/run-node.js'
import { logMessage } from './log.js'

describe('Log', () => {
  it('writes the rendered message at its level', () => {
    const config = { message: 'Bought {{ event.properties.name }}', level: 'warning' }
    const { port, result } = runNode(logMessage, config, { properties: { name: 'Lamp' } })
    expect(port).toBe('done')
    expect(result.log).toEqual([{ nodeId: 'tested', level: 'warning', message: 'Bought Lamp' }])
  })

  it('informs when told no level', () => {
    expect(runNode(logMessage, { message: 'x' }).result.log[0]?.level).toBe('info')
  })

  it('refuses a broken template with its place', () => {
    expect(problemsOf(logMessage, { message: 'a\n{% if %}' })).toMatchObject([
      { path: 'message', message: expect.stringContaining('line:2') },
    ])
  })
})
