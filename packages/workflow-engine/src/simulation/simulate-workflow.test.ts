import { describe, expect, it } from '@jest/globals'
import {
  KEEP_WAITING,
  park,
  port,
  scriptSchema,
  simulateWorkflow,
  type JsonObject,
  type Run,
  type SimulationInput,
  type Step,
} from '../index.js'
import { end, flow, pass, path, type Edge, type TestNode } from '../testing/flow.js'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 2, 10, 12, 30)

const waitDays = (days: number): TestNode => ({
  waits: true,
  run: ({ now }) => park({ until: now + days * DAY, awaits: { kind: 'time' } }),
  wake: ({ input }) => port('next', input),
})

/** Waits a week for an event of the same cart; next when it came, else other. */
const waitCart = (lookBackTo: number | null = null): TestNode => ({
  waits: true,
  run: ({ now, event }) =>
    park({
      until: now + 7 * DAY,
      awaits: { kind: 'event', eventType: 'checkout', lookBackTo },
      memo: event?.properties.cart ?? null,
    }),
  wake: ({ cause, memo }) => {
    if (cause.kind !== 'event') return port('other')
    return cause.event.properties.cart === memo ? port('next', cause.event.properties) : KEEP_WAITING
  },
})

const mail = (run: Run<unknown>): Step => {
  run.deliver({ transport: 'mail', resource: null, request: { subject: 'Hello' }, requiredConsents: [] })
  run.contacted('email')
  run.log('info', 'written')
  return port('next', run.input)
}

const call: TestNode = {
  waits: true,
  run: () =>
    park({
      until: null,
      awaits: { kind: 'delivery', delivery: { transport: 'http', resource: null, request: {}, requiredConsents: [] } },
    }),
  wake: ({ cause }) => {
    if (cause.kind !== 'answer') return undefined
    return cause.delivered ? port('next', cause.response) : port('other', cause.error)
  },
}

function simulate(
  nodes: Record<string, TestNode>,
  edges: Edge[],
  {
    settings,
    script,
    ...given
  }: Partial<Omit<SimulationInput, 'script'>> & { settings?: JsonObject; script?: unknown } = {},
) {
  return simulateWorkflow({
    workflow: flow(nodes, edges, settings),
    event: { type: 'added', properties: { cart: 7 } },
    profile: {},
    now: NOW,
    script: scriptSchema.parse(script ?? []),
    ...given,
  })
}

/** Steps as `node.port@days`. */
function told({ steps }: ReturnType<typeof simulate>): string[] {
  return steps.map(({ nodeId, port, waits, at }) => `${nodeId}.${waits ? 'waits' : port}@${(at - NOW) / DAY}`)
}

describe('A simulation', () => {
  const journey: [Record<string, TestNode>, Edge[]] = [
    {
      start: pass,
      first: mail,
      wait: waitDays(30),
      count: ({ profile }) => (profile.increment(path('counters.n'), 1), port('next')),
      second: mail,
      last: end,
    },
    [
      ['start', 'next', 'first'],
      ['first', 'next', 'wait'],
      ['wait', 'next', 'count'],
      ['count', 'next', 'second'],
      ['second', 'next', 'last'],
    ],
  ]

  it('goes through thirty days in no time, and tells each step with what it got and handed on', () => {
    const simulation = simulate(...journey, { input: 'in', profile: { counters: { n: 1 } } })
    expect(told(simulation)).toEqual([
      'start.next@0',
      'first.next@0',
      'wait.waits@0',
      'wait.next@30',
      'count.next@30',
      'second.next@30',
      'last.null@30',
    ])
    expect(simulation.steps[3]).toMatchObject({ workflowId: null, woken: 'time', input: 'in', output: 'in' })
    expect(simulation).toMatchObject({
      state: 'completed',
      startedAt: NOW,
      endedAt: NOW + 30 * DAY,
      profile: { counters: { n: 2 } },
      output: { last: null },
      log: [
        { nodeId: 'first', message: 'written', at: NOW },
        { nodeId: 'second', at: NOW + 30 * DAY },
      ],
      notes: [],
    })
    expect(simulation.effects.map(({ at, effect }) => [effect.kind, effect.nodeId, (at - NOW) / DAY])).toEqual([
      ['deliver', 'first', 0],
      ['contact', 'first', 0],
      ['deliver', 'second', 30],
      ['contact', 'second', 30],
    ])
  })

  it('is the same each time, and leaves what it was given as it was', () => {
    const profile = Object.freeze({ counters: Object.freeze({ n: 1 }) }) as unknown as JsonObject
    expect(simulate(...journey, { profile })).toEqual(simulate(...journey, { profile }))
  })

  it('takes a few milliseconds', () => {
    simulate(...journey)
    const began = performance.now()
    for (let time = 0; time < 20; time++) simulate(...journey)
    expect((performance.now() - began) / 20).toBeLessThan(20)
  })

  it('ends where it is told to', () => {
    const simulation = simulate(...journey, { until: '7d' })
    expect(simulation).toMatchObject({ state: 'waiting', waits: [{ nodeId: 'wait', until: NOW + 30 * DAY }] })
  })

  it('lets events of the script arrive, of which the node takes its own', () => {
    const nodes = { start: pass, wait: waitCart(), bought: end, forgot: end }
    const edges: Edge[] = [
      ['start', 'next', 'wait'],
      ['wait', 'next', 'bought'],
      ['wait', 'other', 'forgot'],
    ]
    const checkout = (at: string, cart: number) => ({ at, event: { type: 'checkout', properties: { cart } } })
    const bought = simulate(nodes, edges, { script: [checkout('1d', 8), checkout('2d', 7)] })
    expect(told(bought).slice(2)).toEqual(['wait.next@2', 'bought.null@2'])
    expect(bought.output).toEqual({ bought: { cart: 7 } })
    const forgot = simulate(nodes, edges, { script: [checkout('1d', 8), checkout('8d', 7)] })
    expect(told(forgot).slice(2)).toEqual(['wait.other@7', 'forgot.null@7'])
    const inTime = simulate(nodes, edges, { script: [checkout('2026-03-17T12:30:00Z', 7)] })
    expect(told(inTime).slice(2)).toEqual(['wait.next@7', 'bought.null@7'])
  })

  it('counts an event that came before the wait began when the node looks back', () => {
    const early = [{ at: '-1h', event: { type: 'checkout', properties: { cart: 7 } } }]
    const edges: Edge[] = [['start', 'next', 'wait']]
    expect(told(simulate({ start: pass, wait: waitCart(NOW - DAY) }, edges, { script: early })).at(-1)).toBe(
      'wait.next@0',
    )
    expect(told(simulate({ start: pass, wait: waitCart(NOW) }, edges, { script: early })).at(-1)).toBe('wait.other@7')
    expect(told(simulate({ start: pass, wait: waitCart() }, edges, { script: early })).at(-1)).toBe('wait.other@7')
  })

  it('lets emitted events arrive where they are waited for', () => {
    const emitting: TestNode = ({ emit }) => (emit('checkout', { cart: 7 }), undefined)
    const simulation = simulate({ start: pass, wait: waitCart(), later: waitDays(1), emitting }, [
      ['start', 'next', 'wait'],
      ['start', 'next', 'later'],
      ['later', 'next', 'emitting'],
    ])
    expect(told(simulation).at(-1)).toBe('wait.next@1')
  })

  it('answers deliveries as the script says, else as all of the node, else with 200', () => {
    const nodes = { start: pass, call, good: end, bad: end }
    const edges: Edge[] = [
      ['start', 'next', 'call'],
      ['call', 'next', 'good'],
      ['call', 'other', 'bad'],
    ]
    expect(simulate(nodes, edges).output).toEqual({ good: { status: 200 } })
    const deliveries = { call: { response: { status: 201 } } }
    expect(simulate(nodes, edges, { deliveries }).output).toEqual({ good: { status: 201 } })
    const error = { code: 'HTTP_500', message: 'Broken.' }
    const script = [{ at: '3h', deliver: { node: 'call', error } }]
    const simulation = simulate(nodes, edges, { deliveries, script })
    expect(simulation.output).toEqual({ bad: error })
    expect(simulation.endedAt).toBe(NOW + DAY / 8)
    expect(simulation.notes).toEqual([])
    expect(simulate({ start: pass }, [], { script }).notes).toEqual(['At 3h nothing waited for the delivery of call.'])
  })

  it('lets the profile enter segments, and change', () => {
    const inSegment: TestNode = {
      waits: true,
      run: ({ now }) => park({ until: now + 9 * DAY, awaits: { kind: 'segment', segmentId: 's1' } }),
      wake: ({ cause, profile }) =>
        port(cause.kind === 'segment' ? 'next' : 'other', profile.read(path('traits.plan')) ?? null),
    }
    const nodes = { start: pass, inSegment, after: end }
    const edges: Edge[] = [
      ['start', 'next', 'inSegment'],
      ['inSegment', 'next', 'after'],
    ]
    const script = [
      { at: '1d', profile: { 'traits.plan': 'pro' } },
      { at: '2d', enterSegment: 's1' },
    ]
    const simulation = simulate(nodes, edges, { script })
    expect(simulation).toMatchObject({ output: { after: 'pro' }, endedAt: NOW + 2 * DAY })
    expect(told(simulate(nodes, edges, { profile: { segments: ['s1'] } })).at(-1)).toBe('after.null@0')
  })

  it('lets the person leave by an exit, at an event or when the profile changed', () => {
    const settings = {
      exits: [
        { name: 'bought', condition: 'arrived.type == "checkout"', goal: true },
        { name: 'unsubscribed', condition: 'profile.consents.email == false' },
      ],
    }
    const bought = simulate(...journey, { settings, script: [{ at: '5d', event: { type: 'checkout' } }] })
    expect(bought).toMatchObject({
      state: 'exited',
      exit: { name: 'bought', goal: true },
      endedAt: NOW + 5 * DAY,
      waits: [],
    })
    const script = [{ at: '6d', profile: { 'consents.email': false } }]
    expect(simulate(...journey, { settings, script }).exit).toEqual({ name: 'unsubscribed', goal: false })
  })

  it('runs sub-workflows that it is given, and takes others for done', () => {
    const parent: TestNode = {
      waits: true,
      run: () => park({ until: null, awaits: { kind: 'run', workflowId: 'sub', input: { a: 1 } } }),
      wake: ({ cause }) => port('next', cause.kind === 'run' ? { state: cause.state, output: cause.output } : null),
    }
    const nodes = { start: pass, parent, after: end }
    const edges: Edge[] = [
      ['start', 'next', 'parent'],
      ['parent', 'next', 'after'],
    ]
    const sub = flow({ start: pass, wait: waitDays(3), done: end }, [
      ['start', 'next', 'wait'],
      ['wait', 'next', 'done'],
    ])
    const simulation = simulate(nodes, edges, { workflows: new Map([['sub', sub]]) })
    expect(simulation).toMatchObject({
      state: 'completed',
      output: { after: { state: 'completed', output: { done: { a: 1 } } } },
      endedAt: NOW + 3 * DAY,
    })
    expect(simulation.steps.filter(({ workflowId }) => workflowId === 'sub').map(({ nodeId }) => nodeId)).toEqual([
      'start',
      'wait',
      'wait',
      'done',
    ])
    expect(simulate(nodes, edges).output).toEqual({ after: { state: 'completed', output: {} } })
  })

  it('stops sub-workflows that begin themselves', () => {
    const again: TestNode = ({ start }) => (start('sub', null), undefined)
    const sub = flow({ start: again }, [])
    const simulation = simulate({ start: again }, [], { workflows: new Map([['sub', sub]]) })
    expect(simulation.steps).toHaveLength(10)
    expect(simulation.state).toBe('completed')
  })

  it('stops a workflow that goes round and round', () => {
    const circle: Edge[] = [
      ['start', 'next', 'wait'],
      ['wait', 'next', 'again'],
      ['again', 'next', 'wait'],
    ]
    const simulation = simulate({ start: pass, wait: waitDays(1), again: pass }, circle)
    expect(simulation.state).toBe('waiting')
    expect(simulation.notes).toEqual([expect.stringContaining('Stopped after 2001 executions')])
  })

  it('tells where a run fails', () => {
    const broken: TestNode = () => {
      throw new TypeError('broken')
    }
    const simulation = simulate({ start: pass, wait: waitDays(1), broken }, [
      ['start', 'next', 'wait'],
      ['wait', 'next', 'broken'],
    ])
    expect(simulation).toMatchObject({ state: 'failed', error: { nodeId: 'broken', code: 'NODE_CRASHED' } })
  })

  it('remembers what nodes keep, and whom they wrote to', () => {
    const node = ({ recall, remember, mayContact, deliver, contacted, now }: Run<unknown>) => {
      const times = recall('k')
      remember('k', [...times, now], null)
      const { allowed } = mayContact('email')
      deliver({ transport: 'mail', resource: null, request: {}, requiredConsents: [] })
      contacted('email')
      return port('next', [times.length, allowed])
    }
    const round: Edge[] = [
      ['start', 'next', 'node'],
      ['node', 'next', 'wait'],
      ['wait', 'next', 'node'],
    ]
    const caps = [{ most: 2, seconds: 36 * 3600 }]
    const simulation = simulate({ start: pass, node, wait: waitDays(1) }, round, {
      until: '3d',
      contactPolicies: [{ channel: 'email', quiet: null, timeZone: 'UTC', caps }],
    })
    expect(simulation.steps.filter(({ nodeId }) => nodeId === 'node').map(({ output }) => output)).toEqual([
      [0, true],
      [1, true],
      [2, true],
      [3, true],
    ])
    const strict = simulate({ start: pass, node, wait: waitDays(1) }, round, {
      until: '1d',
      contactPolicies: [{ channel: 'email', quiet: null, timeZone: 'UTC', caps: [{ most: 1, seconds: 36 * 3600 }] }],
    })
    expect(strict.steps.filter(({ nodeId }) => nodeId === 'node').map(({ output }) => output)).toEqual([
      [0, true],
      [1, false],
    ])
  })
})

describe('A script', () => {
  it.each([
    [{ at: 'soon', enterSegment: 's' }],
    [{ at: '1d' }],
    [{ at: '1d', profile: { id: 'x' } }],
    [{ at: '1d', event: { properties: {} } }],
    [{ at: '1d', event: { type: 'a' }, enterSegment: 's' }],
  ])('with %j is refused', (entry) => {
    expect(scriptSchema.safeParse([entry]).success).toBe(false)
  })
})
