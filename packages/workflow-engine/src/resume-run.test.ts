import { describe, expect, it } from '@jest/globals'
import {
  KEEP_WAITING,
  nodeError,
  park,
  port,
  resumeRun,
  startRun,
  type Cause,
  type CompiledWorkflow,
  type NodeDefinition,
  type RunContext,
  type RunState,
  type Wake,
} from './index.js'
import { end, EVENT, flow, pass, path, stored, surroundings, type TestNode } from './testing/flow.js'

const TIME: Cause = { kind: 'time' }
const Refused = nodeError<Record<string, never>>('REFUSED', 'No.')

/** Waits until 1000, then hands on what it got. */
const wait: TestNode = {
  waits: true,
  run: () => park({ until: 1000, awaits: { kind: 'time' }, memo: 'kept' }),
  wake: ({ input }) => port('next', input),
}

function waiting(wake: NonNullable<NodeDefinition['wake']>): TestNode {
  return { ...wait, run: () => park({ until: 1000, awaits: { kind: 'time' }, memo: 'kept' }), wake }
}

function started(workflow: CompiledWorkflow, given: Partial<RunContext> = {}) {
  const world = surroundings(given)
  return { ...world, result: startRun(workflow, { input: 'in', depth: 0 }, world.context) }
}

/** Wakes the only wait of a run that comes out of the database. */
function woken(workflow: CompiledWorkflow, run: RunState, cause = TIME, given: Partial<RunContext> = {}) {
  const world = surroundings({ now: 1000, ...given })
  const id = run.waits[0]?.id ?? 'none'
  return { ...world, result: resumeRun(workflow, stored(run), id, cause, world.context) }
}

describe('A run that waits', () => {
  const workflow = flow({ start: pass, wait, after: end }, [
    ['start', 'next', 'wait'],
    ['wait', 'next', 'after'],
  ])

  it('is stored with its wait and with what its steps got and handed on', () => {
    const { result } = started(workflow)
    const begun = {
      id: 'id1',
      nodeId: 'wait',
      input: 'in',
      since: 1,
      until: 1000,
      awaits: { kind: 'time' },
      memo: 'kept',
    }
    expect(result).toMatchObject({ state: 'waiting', began: [begun], ended: [], output: {} })
    expect(result.run).toEqual({
      v: 1,
      startedAt: 1,
      event: { ...EVENT, occurredAt: '1970-01-01T00:00:00.000Z' },
      input: 'in',
      depth: 0,
      steps: [
        { nodeId: 'start', port: 'next', at: 1, input: 'in', output: 'in' },
        { nodeId: 'wait', port: null, at: 1, waits: true, input: 'in' },
      ],
      stepCount: 2,
      waits: [begun],
      joins: {},
      passed: [],
    })
    expect(stored(result.run)).toEqual(result.run)
  })

  it('goes on where it stopped, and tells what its ends got', () => {
    const { run } = started(workflow).result
    const before = stored(run)
    const { result } = woken(workflow, run)
    expect(result).toMatchObject({ state: 'completed', began: [], ended: ['id1'], output: { after: 'in' } })
    expect(result?.steps).toEqual([
      { nodeId: 'wait', port: 'next', at: 1000, woken: 'time' },
      { nodeId: 'after', port: null, at: 1000 },
    ])
    // Without data, which is kept of those that wait.
    expect(result?.run.steps.map(({ nodeId, input }) => [nodeId, input])).toEqual([
      ['start', undefined],
      ['wait', undefined],
      ['wait', undefined],
      ['after', undefined],
    ])
    expect(run).toEqual(before)
  })

  it('keeps the data of its steps when the workflow says so', () => {
    const kept = flow({ start: pass, wait }, [['start', 'next', 'wait']], { keepData: true })
    const { result } = woken(kept, started(kept).result.run)
    expect(result?.run.steps.map(({ output }) => output)).toEqual(['in', undefined, 'in'])
  })

  it('gives the node what it remembered, why it is woken, and the event that woke it', () => {
    let seen: Partial<Wake<unknown>> = {}
    const listening = flow(
      {
        start: pass,
        wait: waiting((wake) => {
          const { cause, memo, since, until, startedAt, now, event } = wake
          seen = { cause, memo, since, until, startedAt, now, event, data: wake.data }
          return undefined
        }),
      },
      [['start', 'next', 'wait']],
    )
    const { run } = started(listening).result
    const arrived = { id: 'e2', type: 'checkout', properties: { cartId: 7 }, occurredAt: new Date(900) }
    // As who ends a wait writes it down.
    woken(listening, run, stored({ kind: 'event', event: arrived }) as unknown as Cause)
    expect(seen).toMatchObject({
      cause: { kind: 'event', event: arrived },
      memo: 'kept',
      since: 1,
      until: 1000,
      startedAt: 1,
      now: 1000,
      event: EVENT,
      data: { arrived, event: EVENT, input: 'in' },
    })
  })

  it('changes nothing when the node says that this was not what it waits for', () => {
    const picky = flow(
      { start: pass, wait: waiting(({ profile }) => (profile.set(path('traits.a'), 1), KEEP_WAITING)) },
      [['start', 'next', 'wait']],
    )
    const { run } = started(picky).result
    const { result, profile } = woken(picky, run, { kind: 'event', event: EVENT })
    expect(result).toBeNull()
    expect(profile.operations).toEqual([])
  })

  it('fails when a node goes on waiting although its time has come, which would never end', () => {
    const stubborn = flow({ start: pass, wait: waiting(() => KEEP_WAITING) }, [['start', 'next', 'wait']])
    const { result } = woken(stubborn, started(stubborn).result.run)
    expect(result).toMatchObject({ state: 'failed', error: { nodeId: 'wait', code: 'NODE_CRASHED' } })
  })

  it('may wait again, under another id', () => {
    const twice = flow({ start: pass, wait: waiting(() => park({ until: 5000, awaits: { kind: 'time' } })) }, [
      ['start', 'next', 'wait'],
    ])
    const { run } = started(twice).result
    const { result } = woken(twice, run, TIME, { newId: () => 'second' })
    expect(result).toMatchObject({
      state: 'waiting',
      ended: ['id1'],
      began: [{ id: 'second', input: 'in', since: 1000, until: 5000 }],
      run: { waits: [{ id: 'second' }] },
    })
  })

  it('takes a failing wake to the error port, without what it wrote', () => {
    const failing = flow(
      {
        start: pass,
        wait: waiting(({ profile }) => {
          profile.set(path('traits.a'), 1)
          throw Refused({})
        }),
        rescue: end,
      },
      [
        ['start', 'next', 'wait'],
        ['wait', 'error', 'rescue'],
      ],
    )
    const { result, profile } = woken(failing, started(failing).result.run)
    expect(result).toMatchObject({ state: 'completed', output: { rescue: { code: 'REFUSED', message: 'No.' } } })
    expect(profile.operations).toEqual([])
  })

  it('lets its other branches go on, and waits until the last of them has ended', () => {
    const two = flow({ start: pass, wait, after: end, other: wait }, [
      ['start', 'next', 'wait'],
      ['start', 'next', 'other'],
      ['wait', 'next', 'after'],
    ])
    const { run, began } = started(two).result
    expect(began.map(({ nodeId }) => nodeId)).toEqual(['wait', 'other'])
    const first = woken(two, run).result
    expect(first).toMatchObject({ state: 'waiting', ended: ['id1'], began: [], output: { after: 'in' } })
    const last = first && woken(two, first.run).result
    expect(last).toMatchObject({ state: 'completed', ended: ['id2'], output: { after: 'in' } })
  })

  it('ends all of its waits when one of its branches fails', () => {
    const two = flow({ start: pass, wait, other: wait, broken: () => port('error', Refused({})) }, [
      ['start', 'next', 'wait'],
      ['start', 'next', 'other'],
      ['wait', 'next', 'broken'],
    ])
    const { result } = woken(two, started(two).result.run)
    expect(result).toMatchObject({
      state: 'failed',
      ended: ['id1', 'id2'],
      began: [],
      effects: [],
      error: { nodeId: 'broken', code: 'REFUSED', input: 'in' },
      // For another try.
      run: { waits: [{ id: 'id2' }], failed: { nodeId: 'broken', input: 'in', pending: [] } },
    })
  })

  it('hands what it delivers to the delivery worker together with the wait for its answer', () => {
    const delivery = { transport: 'http', resource: null, request: { url: 'x' }, requiredConsents: ['marketing'] }
    const calling = flow(
      {
        start: pass,
        call: {
          waits: true,
          run: ({ deliver, contacted }) => {
            deliver({ ...delivery, request: { url: 'y' } })
            contacted('email')
            return park({ until: null, awaits: { kind: 'delivery', delivery } })
          },
          wake: ({ cause }) => port('next', cause.kind === 'answer' && cause.delivered ? cause.response : null),
        },
        after: end,
      },
      [
        ['start', 'next', 'call'],
        ['call', 'next', 'after'],
      ],
    )
    const { result } = started(calling)
    expect(result.began).toMatchObject([{ id: 'id2', until: null, awaits: { kind: 'delivery', deliveryId: 'id3' } }])
    expect(result.effects).toEqual([
      {
        kind: 'deliver',
        nodeId: 'call',
        delivery: { ...delivery, request: { url: 'y' }, id: 'id1', waitId: null },
      },
      { kind: 'deliver', nodeId: 'call', delivery: { ...delivery, id: 'id3', waitId: 'id2' } },
      { kind: 'contact', nodeId: 'call', channel: 'email', deliveryId: 'id3' },
    ])
    const answer: Cause = { kind: 'answer', delivered: true, response: { status: 201 } }
    expect(woken(calling, result.run, answer).result?.output).toEqual({ after: { status: 201 } })
  })

  it('begins a sub-workflow that its wait names', () => {
    const parent = flow(
      {
        start: {
          waits: true,
          run: () => park({ until: null, awaits: { kind: 'run', workflowId: 'w2', input: { a: 1 } } }),
          wake: () => undefined,
        },
      },
      [],
    )
    const { result } = started(parent)
    expect(result.began).toMatchObject([{ id: 'id1', awaits: { kind: 'run', workflowId: 'w2' } }])
    expect(result.effects).toEqual([
      { kind: 'start', nodeId: 'start', workflowId: 'w2', input: { a: 1 }, waitId: 'id1' },
    ])
  })

  it('keeps who its end wakes, and how deep it lies', () => {
    const parent = { runId: 'r1', waitId: 'w1' }
    const { context } = surroundings({ event: null })
    const { run } = startRun(workflow, { input: null, depth: 3, parent }, context)
    expect(woken(workflow, run).result?.run).toMatchObject({ parent, depth: 3, event: null })
  })

  it('has only so many waits', () => {
    const edges = Array.from({ length: 51 }, (_, index): [string, string, string] => ['start', 'next', `w${index}`])
    const waits = Object.fromEntries(edges.map(([, , id]) => [id, wait]))
    const { result } = started(flow({ start: pass, ...waits }, edges))
    expect(result).toMatchObject({ state: 'failed', error: { nodeId: 'w50', code: 'WAIT_LIMIT' }, began: [] })
  })

  it('goes round a circle through a wait until it took too many steps in all', () => {
    const circle = flow({ start: pass, wait, again: pass }, [
      ['start', 'next', 'wait'],
      ['wait', 'next', 'again'],
      ['again', 'next', 'wait'],
    ])
    let { result } = started(circle)
    for (let round = 0; round < 100 && result.state === 'waiting'; round++) {
      const { context } = surroundings({ newId: () => `round${round}` })
      const id = result.run.waits[0]?.id ?? ''
      result = resumeRun(circle, stored(result.run), id, TIME, context, { runSteps: 250 }) ?? result
    }
    expect(result).toMatchObject({ state: 'failed', error: { code: 'RUN_STEP_LIMIT' }, run: { stepCount: 250 } })
    // The last ones of them.
    expect(result.run.steps).toHaveLength(200)
  })

  it('refuses a node that waits and is not declared so, a fault of ours', () => {
    const { result } = started(flow({ start: () => park({ until: 1, awaits: { kind: 'time' } }) }, []))
    expect(result.error).toMatchObject({ code: 'NODE_CRASHED', cause: expect.any(Error) })
  })

  it('stores times as text, whatever a node hands on', () => {
    const handing = flow({ start: () => port('next', { at: new Date(0) } as never), wait }, [['start', 'next', 'wait']])
    const { run } = started(handing).result
    expect(run.waits[0]?.input).toEqual({ at: '1970-01-01T00:00:00.000Z' })
    expect(stored(run)).toEqual(run)
  })

  it('fails rather than stores what is nested too deeply to be written', () => {
    let deep: unknown = null
    for (let level = 0; level < 20_000; level++) deep = [deep]
    const handing = flow({ start: () => port('next', deep as never), wait }, [['start', 'next', 'wait']])
    const { result } = started(handing)
    expect(result).toMatchObject({ state: 'failed', error: { nodeId: 'wait', code: 'NESTED_TOO_DEEP' } })
    expect(() => JSON.stringify(result)).not.toThrow()
  })

  it('cuts large values of its steps with a note', () => {
    const large = 'ö'.repeat(5000)
    const handing = flow({ start: () => port('next', large), wait }, [['start', 'next', 'wait']])
    const { run } = started(handing).result
    expect(run.steps[0]?.output).toEqual({ cut: true, bytes: 10_000, start: 'ö'.repeat(1000) })
    // What it goes on with is whole.
    expect(run.waits[0]?.input).toBe(large)
  })
})
