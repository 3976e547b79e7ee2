import { describe, expect, it } from '@jest/globals'
import { moveRun, park, port, resumeRun, startRun, type JsonObject } from './index.js'
import { end, flow, pass, stored, surroundings, type TestNode } from './testing/flow.js'

const wait: TestNode = {
  waits: true,
  run: () => park({ until: 1000, awaits: { kind: 'time' } }),
  wake: ({ input }) => port('next', input),
}
const join: TestNode = { joins: () => 'all', run: pass as never }

const old = flow({ start: pass, wait, other: pass, join, after: end }, [
  ['start', 'next', 'wait'],
  ['start', 'next', 'other'],
  ['wait', 'next', 'join'],
  ['other', 'next', 'join'],
  ['join', 'next', 'after'],
])
const { run } = startRun(old, { input: 'in', depth: 0 }, surroundings().context)

function moved(nodes: Record<string, TestNode>, nodeMap: JsonObject = {}) {
  const ids = Object.keys(nodes).filter((id) => id !== 'start' && id !== 'after')
  const workflow = flow(
    { start: pass, ...nodes, after: end },
    [
      ...ids.map((id): [string, string, string] => ['start', 'next', id]),
      ...ids.map((id): [string, string, string] => [id, 'next', nodes[id] === join ? 'after' : 'meet']),
    ],
    { nodeMap },
  )
  const result = moveRun(workflow, stored(run))
  if ('gone' in result) return result
  const id = result.state.waits[0]?.id ?? ''
  return resumeRun(workflow, result.state, id, { kind: 'time' }, surroundings().context)
}

describe('moveRun', () => {
  it('goes on in nodes of the same names, and of others by the map, with what arrived at joins', () => {
    const live = { longer: wait, elsewhere: pass, meet: join }
    const nodeMap = { wait: 'longer', other: 'elsewhere', join: 'meet' }
    expect(moved(live, nodeMap)).toMatchObject({
      state: 'completed',
      output: { after: { longer: 'in', elsewhere: 'in' } },
    })
  })

  it('says which node is gone', () => {
    expect(moved({ longer: wait, meet: join }, { join: 'meet' })).toEqual({ gone: 'wait' })
    expect(moved({ wait, meet: join })).toEqual({ gone: 'join' })
  })

  it('says that a join is gone whose place a node takes that joins nothing', () => {
    expect(moved({ wait, meet: join, plain: pass }, { join: 'plain' })).toEqual({ gone: 'join' })
  })

  it('runs the node that took the place of a wait when it waits no longer', () => {
    const result = moved({ now: pass, meet: join }, { wait: 'now', join: 'meet' })
    expect(result).toMatchObject({ state: 'completed', output: { after: { now: 'in', other: 'in' } } })
  })
})
