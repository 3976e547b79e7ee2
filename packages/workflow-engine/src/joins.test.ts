import { describe, expect, it } from '@jest/globals'
import { park, port, resumeRun, startRun, type JsonObject, type RunResult } from './index.js'
import { end, flow, pass, stored, surroundings, type Edge, type TestNode } from './testing/flow.js'

const wait: TestNode = {
  waits: true,
  run: () => park({ until: 1000, awaits: { kind: 'time' } }),
  wake: ({ nodeId }) => port('next', `from ${nodeId}`),
}
const all: TestNode = { run: pass as never, joins: () => 'all' }
const any: TestNode = { run: pass as never, joins: () => 'any' }

function start(nodes: Record<string, TestNode>, edges: Edge[], startNode: string | null = null) {
  const workflow = flow(nodes, edges)
  const result = startRun(workflow, { input: 'in', depth: 0, startNode }, surroundings().context)
  /** Wakes the wait in a node. */
  const wake = (before: RunResult, nodeId: string) => {
    const id = before.run.waits.find((one) => one.nodeId === nodeId)?.id ?? 'none'
    const after = resumeRun(workflow, stored(before.run), id, { kind: 'time' }, surroundings().context)
    if (!after) throw new Error('woken')
    return after
  }
  return { result, wake }
}

describe('A join for all branches', () => {
  const edges: Edge[] = [
    ['start', 'next', 'a'],
    ['start', 'next', 'b'],
    ['a', 'next', 'join'],
    ['b', 'next', 'join'],
    ['join', 'next', 'after'],
  ]

  it('passes once, with what each branch handed on', () => {
    const nodes = { start: pass, a: () => port('next', 'A'), b: () => port('next', 'B'), join: all, after: end }
    const { result } = start(nodes, edges)
    expect(result.steps.map(({ nodeId }) => nodeId)).toEqual(['start', 'a', 'b', 'join', 'after'])
    expect(result.output).toEqual({ after: { a: 'A', b: 'B' } })
  })

  it('waits for a branch that waits, across executions', () => {
    const { result, wake } = start({ start: pass, a: wait, b: wait, join: all, after: end }, edges)
    const first = wake(result, 'b')
    expect(first).toMatchObject({ state: 'waiting', run: { joins: { join: { b: 'from b' } }, passed: [] } })
    const last = wake(first, 'a')
    expect(last).toMatchObject({ state: 'completed', output: { after: { a: 'from a', b: 'from b' } } })
    expect(last.run).toMatchObject({ joins: {}, passed: ['join'] })
  })

  it('does not wait for a branch that went another way', () => {
    const nodes = { start: pass, a: () => port('other'), b: () => port('next', 'B'), join: all, after: end }
    expect(start(nodes, edges).result.output).toEqual({ after: { b: 'B' } })
  })

  it('passes when the last branch that could reach it ended elsewhere, after days', () => {
    const leaving: TestNode = { ...(wait as object), run: (wait as { run: never }).run, wake: () => port('other') }
    const { result, wake } = start({ start: pass, a: leaving, b: pass, join: all, after: end }, edges)
    expect(result).toMatchObject({ state: 'waiting', run: { joins: { join: { b: 'in' } } } })
    expect(wake(result, 'a')).toMatchObject({ state: 'completed', output: { after: { b: 'in' } } })
  })

  it('does not pass when nothing reached it', () => {
    const nodes = { start: pass, a: () => port('other'), b: () => undefined, join: all, after: end }
    expect(start(nodes, edges).result.steps.map(({ nodeId }) => nodeId)).toEqual(['start', 'a', 'b'])
  })

  it('does not wait for a start at which the run did not begin', () => {
    const nodes = { start: pass, start2: pass, join: all, after: end }
    const two: Edge[] = [
      ['start', 'next', 'join'],
      ['start2', 'next', 'join'],
      ['join', 'next', 'after'],
    ]
    expect(start(nodes, two).result.output).toEqual({ after: { start: 'in', start2: 'in' } })
    expect(start(nodes, two, 'start2').result.output).toEqual({ after: { start2: 'in' } })
  })

  it('waits for one that lies before it', () => {
    // Not in the order of their edges.
    const nodes = { start: pass, a: () => port('other'), b: pass, second: all, first: all, after: end }
    const nested: Edge[] = [
      ['start', 'next', 'a'],
      ['start', 'next', 'b'],
      ['start', 'next', 'second'],
      ['a', 'next', 'first'],
      ['b', 'next', 'first'],
      ['first', 'next', 'second'],
      ['second', 'next', 'after'],
    ]
    const { result } = start(nodes, nested)
    expect(result.output).toEqual({ after: { start: 'in', first: { b: 'in' } } })
  })

  it('swallows what reaches it after it has passed', () => {
    // `a` is reached twice, and the join has heard of it by then.
    const nodes = { start: pass, x: pass, y: wait, a: pass, join: all, after: end }
    const { result, wake } = start(nodes, [
      ['start', 'next', 'x'],
      ['start', 'next', 'y'],
      ['x', 'next', 'a'],
      ['y', 'next', 'a'],
      ['a', 'next', 'join'],
      ['join', 'next', 'after'],
    ])
    expect(result.output).toEqual({ after: { a: 'in' } })
    const last = wake(result, 'y')
    expect(last.steps.map(({ nodeId }) => nodeId)).toEqual(['y', 'a'])
    expect(last.state).toBe('completed')
  })
})

describe('A join for any branch', () => {
  const edges: Edge[] = [
    ['start', 'next', 'a'],
    ['start', 'next', 'b'],
    ['a', 'next', 'join'],
    ['b', 'next', 'join'],
    ['join', 'next', 'after'],
  ]

  it('lets the first one pass and ends the others', () => {
    const { result, wake } = start({ start: pass, a: wait, b: wait, join: any, after: end }, edges)
    const first = wake(result, 'b')
    expect(first).toMatchObject({ state: 'waiting', output: { after: { b: 'from b' } }, run: { passed: ['join'] } })
    const last = wake(first, 'a')
    expect(last.steps.map(({ nodeId }) => nodeId)).toEqual(['a'])
    expect(last).toMatchObject({ state: 'completed', output: { after: { b: 'from b' } satisfies JsonObject } })
  })
})
