import { describe, expect, it } from '@jest/globals'
import { moveRun, nodeError, park, port, resumeRun, retryRun, startRun } from './index.js'
import { end, flow, pass, path, stored, surroundings, type Edge, type TestNode } from './testing/flow.js'

const Away = nodeError<Record<string, never>>('AWAY', 'Nobody answers.')
const wait: TestNode = {
  waits: true,
  run: () => park({ until: 1000, awaits: { kind: 'time' } }),
  wake: ({ input }) => port('next', input),
}

describe('retryRun', () => {
  /** `count` and `tell` have done their work when `shaky` fails; `last` was still to run. */
  function shaky() {
    let isAway = true
    let counted = 0
    const nodes: Record<string, TestNode> = {
      start: pass,
      count: ({ profile }) => {
        counted++
        profile.increment(path('counters.orders'), 1)
        return port('next', 'counted')
      },
      tell: ({ emit, remember }) => {
        emit('told', { a: 1 })
        remember('k', [1], null)
        return port('next')
      },
      shaky: ({ profile, emit, input }) => {
        profile.increment(path('counters.tries'), 1)
        emit('tried', {})
        if (isAway) throw Away({})
        return port('next', input)
      },
      after: ({ profile, recall }) =>
        void profile.set(path('traits.seen'), [profile.read(path('counters.orders')) ?? 0, ...recall('k')]),
      next: pass,
      last: end,
    }
    const edges: Edge[] = [
      ['start', 'next', 'count'],
      ['start', 'next', 'next'],
      ['start', 'next', 'last'],
      ['count', 'next', 'tell'],
      ['tell', 'next', 'shaky'],
      ['shaky', 'next', 'after'],
    ]
    return { workflow: flow(nodes, edges), mend: () => void (isAway = false), times: () => counted }
  }

  it('repeats what was done, runs the failed node again, and goes on', () => {
    const { workflow, mend, times } = shaky()
    const failed = startRun(workflow, { input: 'in', depth: 0 }, surroundings().context)
    expect(failed).toMatchObject({
      state: 'failed',
      effects: [],
      error: { nodeId: 'shaky', code: 'AWAY' },
      run: {
        failed: { nodeId: 'shaky', pending: [{ nodeId: 'next', from: 'start', input: 'in' }, { nodeId: 'last' }] },
      },
    })
    mend()
    const { context, profile } = surroundings({ document: { counters: { orders: 4 } }, now: 50 })
    const result = retryRun(workflow, stored(failed.run), context)
    expect(result.state).toBe('completed')
    expect(profile.document).toEqual({ counters: { orders: 5, tries: 1 }, traits: { seen: [5] } })
    expect(result.effects.map(({ kind, nodeId }) => [kind, nodeId])).toEqual([
      ['emit', 'tell'],
      ['remember', 'tell'],
      ['emit', 'shaky'],
    ])
    expect(times()).toBe(1)
    expect(result.steps.map(({ nodeId }) => nodeId)).toEqual(['shaky', 'after', 'next', 'last'])
    expect(result.run.failed).toBeUndefined()
    expect(result.output).toEqual({ last: 'in' })
  })

  it('can be tried again and again', () => {
    const { workflow, mend } = shaky()
    const failed = startRun(workflow, { input: 'in', depth: 0 }, surroundings().context)
    const again = retryRun(workflow, stored(failed.run), surroundings().context)
    expect(again.run.failed).toEqual(failed.run.failed)
    expect(again).toMatchObject({ state: 'failed', effects: [], began: [], ended: [] })
    mend()
    expect(retryRun(workflow, stored(again.run), surroundings().context).state).toBe('completed')
  })

  it('fails again, with the reason, when the profile holds no longer what fits', () => {
    const { workflow } = shaky()
    const failed = startRun(workflow, { input: 'in', depth: 0 }, surroundings().context)
    const { context, profile } = surroundings({ document: { counters: { orders: 'many' } } })
    expect(retryRun(workflow, stored(failed.run), context)).toMatchObject({
      state: 'failed',
      error: { nodeId: 'shaky', code: 'NOT_A_NUMBER' },
      run: { failed: failed.run.failed },
    })
    expect(profile.operations).toEqual([])
  })

  it('waits again for what the run waited for', () => {
    let isAway = true
    const nodes: Record<string, TestNode> = {
      start: pass,
      first: wait,
      second: wait,
      shaky: () => {
        if (isAway) throw Away({})
        return port('next')
      },
      third: wait,
    }
    const workflow = flow(nodes, [
      ['start', 'next', 'first'],
      ['start', 'next', 'second'],
      ['first', 'next', 'third'],
      ['first', 'next', 'shaky'],
    ])
    const { run } = startRun(workflow, { input: null, depth: 0 }, surroundings().context)
    const ids = { newId: () => 'id3' }
    const failed = resumeRun(workflow, stored(run), 'id1', { kind: 'time' }, surroundings(ids).context)
    expect(failed).toMatchObject({ state: 'failed', ended: ['id1', 'id2'], began: [] })
    if (!failed) return
    isAway = false
    const result = retryRun(workflow, stored(failed.run), surroundings().context)
    expect(result).toMatchObject({ state: 'waiting', ended: [] })
    expect(result.began.map(({ id, nodeId }) => [id, nodeId])).toEqual([
      ['id2', 'second'],
      ['id3', 'third'],
    ])
    expect(result.run.waits).toEqual(result.began)
  })

  it('runs a join that failed with what had arrived', () => {
    let isAway = true
    const join: TestNode = {
      joins: () => 'all',
      run: ({ input }) => {
        if (isAway) throw Away({})
        return port('next', input)
      },
    }
    const workflow = flow({ start: pass, a: pass, b: pass, join, after: end }, [
      ['start', 'next', 'a'],
      ['start', 'next', 'b'],
      ['a', 'next', 'join'],
      ['b', 'next', 'join'],
      ['join', 'next', 'after'],
    ])
    const failed = startRun(workflow, { input: 'in', depth: 0 }, surroundings().context)
    isAway = false
    const result = retryRun(workflow, stored(failed.run), surroundings().context)
    expect(result.output).toEqual({ after: { a: 'in', b: 'in' } })
  })

  it('goes on in a newer version, by its map of nodes', () => {
    const { workflow } = shaky()
    const failed = startRun(workflow, { input: 'in', depth: 0 }, surroundings().context)
    const mended = flow(
      { start: pass, sound: pass, next: pass, last: end },
      [
        ['start', 'next', 'sound'],
        ['sound', 'next', 'next'],
        ['start', 'next', 'last'],
      ],
      { nodeMap: { shaky: 'sound' } },
    )
    const moved = moveRun(mended, stored(failed.run))
    if ('gone' in moved) throw new Error(moved.gone)
    const { context, profile } = surroundings()
    expect(retryRun(mended, moved.state, context).steps.map(({ nodeId }) => nodeId)).toEqual([
      'sound',
      'next',
      'next',
      'last',
    ])
    expect(profile.document).toEqual({ counters: { orders: 1 } })
  })
})
