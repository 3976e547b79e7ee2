// Graphs of branches, ways, waits and joins at random, woken in any order.
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  park,
  port,
  resumeRun,
  retryRun,
  startRun,
  type CompiledWorkflow,
  type Effect,
  type JsonObject,
  type MemoryProfile,
  type Run,
  type RunContext,
  type RunResult,
} from './index.js'
import { flow, path, stored, surroundings, type Edge, type TestNode } from './testing/flow.js'

interface Graph {
  kinds: ('plain' | 'if' | 'wait' | 'all' | 'any' | 'again')[]
  /** For each node but the start: one to three nodes before it, and the port they are left by. */
  before: { of: number; other: boolean }[][]
}

const graphs: fc.Arbitrary<Graph> = fc.integer({ min: 1, max: 12 }).chain((size) =>
  fc.record({
    kinds: fc.array(fc.constantFrom('plain', 'if', 'wait', 'all', 'any', 'again'), {
      minLength: size,
      maxLength: size,
    }),
    before: fc.array(
      fc.uniqueArray(fc.record({ of: fc.nat(), other: fc.boolean() }), {
        minLength: 1,
        maxLength: 3,
        selector: ({ of }) => of,
      }),
      { minLength: size, maxLength: size },
    ),
  }),
)
const choices = fc.array(fc.nat(), { minLength: 1, maxLength: 60 })

/** Each node counts its visits on the profile and emits one event. Edges lead forwards; `again` nodes wait twice. */
function build({ kinds, before }: Graph, fails: (nodeId: string) => boolean = () => false): CompiledWorkflow {
  const visit = (run: Run<unknown>) => {
    run.profile.increment(path(`counters.${run.nodeId}`), 1)
    run.emit('visited', { node: run.nodeId })
    if (fails(run.nodeId)) throw new Error('out of order')
  }
  const nodes: Record<string, TestNode> = { start: (run) => (visit(run), port('next', 'start')) }
  kinds.forEach((kind, index) => {
    const id = `n${index}`
    const leave = (text: string) => port(text, id)
    switch (kind) {
      case 'plain':
        nodes[id] = (run) => (visit(run), leave('next'))
        return
      case 'if':
        nodes[id] = (run) => (visit(run), leave(index % 2 === 0 ? 'next' : 'other'))
        return
      case 'wait':
      case 'again':
        nodes[id] = {
          waits: true,
          run: () => park({ until: 5, awaits: { kind: 'time' }, memo: 1 }),
          wake: (run) => {
            if (kind === 'again' && run.memo === 1) return park({ until: 9, awaits: { kind: 'time' }, memo: 2 })
            visit(run)
            return leave('next')
          },
        }
        return
      case 'all':
      case 'any':
        nodes[id] = { joins: () => kind, run: (run) => (visit(run), leave('next')) }
    }
  })
  const edges = before.flatMap((all, index) =>
    all.map(({ of, other }): Edge => {
      const from = of % (index + 1)
      const id = from === 0 ? 'start' : `n${from - 1}`
      return [id, other && kinds[from - 1] === 'if' ? 'other' : 'next', `n${index}`]
    }),
  )
  const unique = new Map(edges.map((edge) => [edge.join(' '), edge]))
  // In another order than that of the ways through them.
  return flow(Object.fromEntries(Object.entries(nodes).reverse()), [...unique.values()])
}

/** Everything that a run did until it ended, whichever way it was woken. */
interface Outcome {
  state: RunResult['state']
  executions: number
  steps: string[]
  effects: Effect[]
  output: JsonObject
  profile: JsonObject
  began: string[]
  ended: string[]
}

/** Wakes a run in the order of the choices until nothing waits. `through`: what becomes of its state between. */
function live(workflow: CompiledWorkflow, order: readonly number[], through: <T>(state: T) => T): Outcome {
  const { context, profile } = surroundings()
  const told: Outcome = {
    state: 'waiting',
    executions: 0,
    steps: [],
    effects: [],
    output: {},
    profile: {},
    began: [],
    ended: [],
  }
  const take = (result: RunResult) => {
    told.executions++
    told.steps.push(...result.steps.map(({ nodeId, port }) => `${nodeId} ${port}`))
    told.effects.push(...result.effects)
    told.began.push(...result.began.map(({ id }) => id))
    told.ended.push(...result.ended)
    told.state = result.state
    told.output = result.output
    return result
  }
  let result = take(startRun(workflow, { input: null, depth: 0 }, context))
  for (let turn = 0; result.state === 'waiting' && told.executions < 5_000; turn++) {
    const state = through(result.run)
    const wait = state.waits[(order[turn % order.length] ?? 0) % state.waits.length]
    if (!wait) throw new Error('waits for nothing')
    const next = resumeRun(workflow, state, wait.id, { kind: 'time' }, context)
    if (!next) throw new Error('went on waiting')
    result = take(next)
  }
  return { ...told, profile: profile.document }
}

describe('A run of any graph, woken in any order', () => {
  it('ends, having passed each join once at most, and done nothing twice', () => {
    fc.assert(
      fc.property(graphs, choices, (graph, order) => {
        const told = live(build(graph), order, stored)
        expect(told.state).toBe('completed')
        expect(new Set(told.began).size).toBe(told.began.length)
        expect([...told.ended].sort()).toEqual([...told.began].sort())
        const left = told.steps.filter((step) => !step.endsWith(' null')).map((step) => step.split(' ')[0])
        graph.kinds.forEach((kind, index) => {
          const visits = left.filter((id) => id === `n${index}`).length
          if (kind === 'all' || kind === 'any') expect(visits).toBeLessThanOrEqual(1)
        })
        // One event and one count for each step that was left through a port.
        expect(told.effects.map((effect) => effect.nodeId).sort()).toEqual([...left].sort())
        const counted = Object.values((told.profile.counters ?? {}) as Record<string, number>)
        expect(counted.reduce((sum, count) => sum + count, 0)).toBe(left.length)
      }),
      { numRuns: 150 },
    )
  })

  it('passes a join for all that something reached', () => {
    fc.assert(
      fc.property(graphs, choices, (graph, order) => {
        const told = live(build(graph), order, stored)
        const left = new Set(told.steps.filter((step) => !step.endsWith(' null')).map((step) => step.split(' ')[0]))
        graph.kinds.forEach((kind, index) => {
          if (kind !== 'all' && kind !== 'any') return
          const reached = (graph.before[index] ?? []).some(({ of, other }) => {
            const from = of % (index + 1)
            if (from === 0) return true
            const leaves = graph.kinds[from - 1] === 'if' && (from - 1) % 2 !== 0 ? 'other' : 'next'
            const by = other && graph.kinds[from - 1] === 'if' ? 'other' : 'next'
            return left.has(`n${from - 1}`) && leaves === by
          })
          expect(left.has(`n${index}`)).toBe(reached)
        })
      }),
      { numRuns: 150 },
    )
  })

  it('is the same when its state was JSON in between', () => {
    fc.assert(
      fc.property(graphs, choices, (graph, order) => {
        const workflow = build(graph)
        expect(live(workflow, order, stored)).toEqual(live(workflow, order, (state) => state))
      }),
      { numRuns: 100 },
    )
  })

  it('does nothing in an execution that fails, and all of it once it is tried again', () => {
    fc.assert(
      fc.property(graphs, choices, fc.nat(), (graph, order, place) => {
        const sound = live(build(graph), order, stored)
        const broken = `n${place % graph.kinds.length}`
        let breaks = true
        const workflow = build(graph, (nodeId) => nodeId === broken && breaks)
        const { context, profile } = surroundings()
        const told = follow(workflow, order, context, profile, () => (breaks = false))
        // A node that failed when it was woken is run again, so it may wait again: another number of executions.
        expect(told.effects.map(({ nodeId }) => nodeId).sort()).toEqual(
          sound.effects.map(({ nodeId }) => nodeId).sort(),
        )
        expect(profile.document).toEqual(sound.profile)
      }),
      { numRuns: 100 },
    )
  })
})

/** As `live`; what fails is tried again after `mend`. */
function follow(
  workflow: CompiledWorkflow,
  order: readonly number[],
  context: RunContext,
  profile: MemoryProfile,
  mend: () => void,
): { effects: Effect[] } {
  const effects: Effect[] = []
  let result = startRun(workflow, { input: null, depth: 0 }, context)
  for (let turn = 0; result.state !== 'completed'; turn++) {
    effects.push(...result.effects)
    const state = stored(result.run)
    const before = profile.operations.length
    if (result.state === 'failed') {
      expect(result).toMatchObject({ effects: [], began: [], response: {}, ux: [] })
      mend()
      result = retryRun(workflow, state, context)
    } else {
      const wait = state.waits[(order[turn % order.length] ?? 0) % state.waits.length]
      const next = wait && resumeRun(workflow, state, wait.id, { kind: 'time' }, context)
      if (!next) throw new Error('went on')
      result = next
      if (next.state === 'failed') expect(profile.operations).toHaveLength(before)
    }
  }
  effects.push(...result.effects)
  return { effects }
}
