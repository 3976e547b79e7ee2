import { describe, expect, it } from '@jest/globals'
import { coreNodes, nodeCatalogue } from './index.js'

describe('nodeCatalogue', () => {
  it('describes every node with a form', () => {
    const catalogue = nodeCatalogue()
    expect(catalogue.map((entry) => entry.type)).toEqual(coreNodes.map((node) => node.type))
    for (const entry of catalogue) {
      expect(entry.configSchema).toMatchObject({ type: 'object', additionalProperties: false })
      expect(entry.help).toMatch(/\.$/)
    }
  })

  it('marks fields that have an editor of their own', () => {
    const increment = nodeCatalogue().find((entry) => entry.type === 'profile.increment')
    expect(increment).toMatchObject({
      ports: ['done', 'error'],
      configSchema: { properties: { field: { format: 'profile-field' }, amount: { default: 1 } }, required: ['field'] },
    })
  })

  it('says where runs begin and where they may wait', () => {
    const waiting = nodeCatalogue().filter(({ waits }) => waits)
    expect(waiting.map(({ type }) => type)).toEqual([
      'wait.duration',
      'wait.until',
      'wait.window',
      'wait.event',
      'wait.segment',
      'limit',
      'workflow.run',
      'http.call',
      'mail.send',
    ])
    expect(
      nodeCatalogue()
        .filter(({ begins }) => begins)
        .map(({ type }) => type),
    ).toEqual(['start'])
  })

  it('can wake every node that waits', () => {
    for (const { type, waits, wake } of coreNodes) expect([type, wake !== undefined]).toEqual([type, waits === true])
  })

  it('has no two nodes of one type', () => {
    expect(new Set(coreNodes.map((node) => node.type)).size).toBe(coreNodes.length)
  })

  it('can be sent as JSON', () => {
    expect(JSON.parse(JSON.stringify(nodeCatalogue()))).toEqual(nodeCatalogue())
  })
})
