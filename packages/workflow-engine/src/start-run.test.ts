import { describe, expect, it } from '@jest/globals'
import { nodeError, port, startRun, type JsonObject, type Run, type RunLimits, type Step } from './index.js'
import { end, flow, path, surroundings, type Edge, type TestNode } from './testing/flow.js'

function run(
  nodes: Record<string, TestNode>,
  edges: Edge[],
  { document = {}, limits }: { document?: JsonObject; limits?: Partial<RunLimits> } = {},
) {
  const { profile, context } = surroundings({ document })
  const result = startRun(flow(nodes, edges), { input: null, depth: 0 }, context, limits)
  return { result, profile }
}

const next = () => port('next')
const Refused = nodeError<{ what: string }>('REFUSED', '{what} was refused.')

describe('startRun', () => {
  it('follows branches in the order of their edges, each to its end before the next', () => {
    const { result } = run({ start: next, a: next, deep: next, b: next }, [
      ['start', 'next', 'a'],
      ['start', 'next', 'b'],
      ['a', 'next', 'deep'],
    ])
    expect(result.steps.map((step) => step.nodeId)).toEqual(['start', 'a', 'deep', 'b'])
    expect(result.state).toBe('completed')
  })

  it('runs a node for each branch that reaches it, with what that branch hands on', () => {
    const seen: unknown[] = []
    const { result } = run(
      {
        start: next,
        a: () => port('next', 'from a'),
        b: () => port('next', 'from b'),
        meet: ({ input }) => void seen.push(input),
      },
      [
        ['start', 'next', 'a'],
        ['start', 'next', 'b'],
        ['a', 'next', 'meet'],
        ['b', 'next', 'meet'],
      ],
    )
    expect(seen).toEqual(['from a', 'from b'])
    expect(result.steps.at(-1)).toEqual({ nodeId: 'meet', port: null, at: 1 })
  })

  it('lets reads, conditions and templates see the writes before them', () => {
    const { result, profile } = run(
      {
        start: ({ profile }) => {
          profile.increment(path('counters.orders'), 1)
          profile.append(path('traits.tags'), 'x')
          return port('next')
        },
        look: ({ profile, data, respond }) => {
          respond('read', profile.read(path('counters.orders')) ?? null)
          respond('document', data.profile)
          return undefined
        },
      },
      [['start', 'next', 'look']],
      { document: { id: 'p1', counters: { orders: 1 }, traits: {} } },
    )
    expect(result.response).toEqual({
      read: 2,
      document: { id: 'p1', counters: { orders: 2 }, traits: { tags: ['x'] } },
    })
    expect(profile.document).toEqual({ id: 'p1', counters: { orders: 2 }, traits: { tags: ['x'] } })
  })

  it('gives times of the profile as timestamps to conditions, as text to nodes', () => {
    const { result } = run(
      {
        start: ({ profile, data, respond }) => {
          respond('read', profile.read(path('createdAt')) ?? null)
          respond('isDate', (data.profile.createdAt as unknown) instanceof Date)
          return undefined
        },
      },
      [],
      { document: { createdAt: new Date(0) as never } },
    )
    expect(result.response).toEqual({ read: '1970-01-01T00:00:00.000Z', isDate: true })
  })

  it('applies nothing while it runs, then everything in order', () => {
    let appliedDuringRun = -1
    const { profile } = run(
      {
        start: ({ profile }) => {
          profile.set(path('traits.a'), 1)
          profile.delete(path('traits.a'))
          return port('next')
        },
        look: ({ profile: draft }) => {
          appliedDuringRun = draft.read(path('traits.a')) === undefined ? 0 : 1
          return undefined
        },
      },
      [['start', 'next', 'look']],
      { document: { traits: {} } },
    )
    expect(appliedDuringRun).toBe(0)
    expect(profile.operations.map((operation) => operation.op)).toEqual(['set', 'delete'])
  })

  it('leaves no trace when it fails, but says where and why', () => {
    const { result, profile } = run(
      {
        start: ({ profile, respond, show, log }) => {
          profile.set(path('traits.a'), 1)
          respond('answer', 1)
          show({ type: 'bar' })
          log('info', 'hello')
          return port('next')
        },
        broken: () => {
          throw Refused({ what: 'It' })
        },
      },
      [['start', 'next', 'broken']],
    )
    expect(profile.operations).toEqual([])
    expect(result).toMatchObject({
      state: 'failed',
      response: {},
      ux: [],
      steps: [{ nodeId: 'start', port: 'next', at: 1 }],
      log: [{ nodeId: 'start', level: 'info', message: 'hello' }],
      error: { nodeId: 'broken', code: 'REFUSED', message: 'It was refused.' },
    })
  })

  it('goes on behind the error port with code and message, without what the node wrote', () => {
    let input: unknown
    const { result, profile } = run(
      {
        start: ({ profile }) => {
          profile.set(path('traits.kept'), 1)
          return port('next')
        },
        half: ({ profile }) => {
          profile.set(path('traits.a'), 1)
          profile.append(path('traits.kept'), 2)
          return port('next')
        },
        rescue: (run) => void (input = run.input),
      },
      [
        ['start', 'next', 'half'],
        ['half', 'error', 'rescue'],
      ],
    )
    expect(result.state).toBe('completed')
    expect(input).toMatchObject({ code: 'NOT_A_LIST' })
    expect(profile.document).toEqual({ traits: { kept: 1 } })
  })

  it('treats a returned failure as a thrown one', () => {
    const { result } = run({ start: () => port('error', Refused({ what: 'That' })) }, [])
    expect(result.error).toMatchObject({ code: 'REFUSED', nodeId: 'start' })
  })

  it('tells people nothing of a node that breaks down, and the caller everything', () => {
    const cause = new TypeError('anna@example.com is not a function')
    const { result } = run(
      {
        start: () => {
          throw cause
        },
        rescue: next,
      },
      [['start', 'error', 'rescue']],
    )
    expect(result.error).toMatchObject({ code: 'NODE_CRASHED', cause })
    expect(result.error?.message).not.toContain('anna')
  })

  it('ends a run of too many steps, which branches that meet again can make of few nodes', () => {
    const names = Array.from({ length: 12 }, (_, index) => `n${index}`)
    const layers = names.flatMap((name, index): [string, string, string][] => {
      const following = names[index + 1]
      return following
        ? [
            [name, 'next', `${name}x`],
            [name, 'next', following],
            [`${name}x`, 'next', following],
          ]
        : []
    })
    const behaviours = Object.fromEntries(
      ['start', ...names, ...names.slice(0, -1).map((name) => `${name}x`)].map((name) => [name, next]),
    )
    const { result } = run(behaviours, [['start', 'next', 'n0'], ...layers])
    expect(result).toMatchObject({ state: 'failed', error: { code: 'STEP_LIMIT' } })
    expect(result.steps).toHaveLength(1_000)
  })

  it('ends a run that produces too much, whatever it does with it', () => {
    const big = 'x'.repeat(60)
    const list = Array.from({ length: 20 }, () => ({ a: 1 }))
    const limits = { bytes: 50 }
    const ways: ((run: Run<unknown>) => Step)[] = [
      ({ profile }) => (profile.set(path('traits.a'), big), port('next')),
      ({ respond }) => (respond('a', list), port('next')),
      ({ show }) => (show({ text: big }), port('next')),
      ({ log }) => (log('info', big), port('next')),
      () => port('next', { list }),
    ]
    for (const way of ways) {
      const { result, profile } = run({ start: way, after: next }, [['start', 'next', 'after']], { limits })
      expect(result.error?.code).toBe('PAYLOAD_TOO_LARGE')
      expect(profile.operations).toEqual([])
    }
  })

  it('lets no node catch a limit through its error port', () => {
    const { result } = run(
      { start: ({ log }) => (log('info', 'x'.repeat(100)), port('next')), rescue: next },
      [['start', 'error', 'rescue']],
      { limits: { bytes: 50 } },
    )
    expect(result.error?.code).toBe('PAYLOAD_TOO_LARGE')
  })

  it('ends a run that takes too long between pauses', () => {
    const names = Array.from({ length: 40 }, (_, index) => `n${index}`)
    const slow = () => {
      const until = performance.now() + 2
      while (performance.now() < until);
      return port('next')
    }
    const { result, profile } = run(
      {
        start: ({ profile }) => (profile.set(path('traits.a'), 1), port('next')),
        ...Object.fromEntries(names.map((name) => [name, slow])),
      },
      names.map((name, index): Edge => [names[index - 1] ?? 'start', 'next', name]),
      { limits: { milliseconds: 10 } },
    )
    expect(result).toMatchObject({ state: 'failed', error: { code: 'TIME_LIMIT' } })
    expect(profile.operations).toEqual([])
  })

  it('begins at all starts in their order, or at the one that is named', () => {
    const workflow = flow({ start: next, start2: next, a: end }, [['start', 'next', 'a']])
    const steps = (startNode?: string) =>
      startRun(workflow, { input: null, depth: 0, startNode: startNode ?? null }, surroundings().context)
    expect(steps().steps.map(({ nodeId }) => nodeId)).toEqual(['start', 'a', 'start2'])
    expect(steps('start2').steps.map(({ nodeId }) => nodeId)).toEqual(['start2'])
    expect(steps('start3')).toMatchObject({ state: 'failed', error: { nodeId: 'start3', code: 'NODE_GONE' } })
  })

  it('tells what its ends got', () => {
    const { result } = run({ start: () => port('next', { a: 1 }), left: end, right: end }, [
      ['start', 'next', 'left'],
      ['start', 'next', 'right'],
    ])
    expect(result.output).toEqual({ left: { a: 1 }, right: { a: 1 } })
  })

  it('gives nodes the time zone of the profile, else that of the workflow', () => {
    const zones: string[] = []
    const workflow = flow({ start: ({ timeZone }) => void zones.push(timeZone) }, [], { timeZone: 'Europe/Oslo' })
    for (const timeZone of [null, 'Asia/Tokyo']) {
      startRun(workflow, { input: null, depth: 0 }, surroundings({ timeZone }).context)
    }
    expect(zones).toEqual(['Europe/Oslo', 'Asia/Tokyo'])
  })
})
