// What nodes do beside writing fields: events, runs, deliveries, memory, consents, contacts.
import { describe, expect, it } from '@jest/globals'
import { nodeError, port, startRun, type JsonObject, type Run, type RunContext } from './index.js'
import { end, flow, pass, surroundings } from './testing/flow.js'

const Refused = nodeError<Record<string, never>>('REFUSED', 'No.')

/** Runs one node; what it throws leads to `rescue`. */
function run(
  behaviour: (run: Run<unknown>) => unknown,
  given: Partial<RunContext> & { document?: JsonObject } = {},
  depth = 0,
) {
  const node = (run: Run<unknown>) => {
    behaviour(run)
    return port('next')
  }
  const workflow = flow({ start: pass, node, rescue: end }, [
    ['start', 'next', 'node'],
    ['node', 'error', 'rescue'],
  ])
  return startRun(workflow, { input: null, depth }, surroundings(given).context)
}

describe('Effects of a node', () => {
  it('are told with the node that wants them, in their order', () => {
    const { effects } = run(({ emit, start, remember }) => {
      emit('told', { at: new Date(0) } as never)
      start('w2', { a: 1 })
      remember('k', [1, 2], 3)
    })
    expect(effects).toEqual([
      { kind: 'emit', nodeId: 'node', event: { type: 'told', properties: { at: '1970-01-01T00:00:00.000Z' } } },
      { kind: 'start', nodeId: 'node', workflowId: 'w2', input: { a: 1 }, waitId: null },
      { kind: 'remember', nodeId: 'node', key: 'k', times: [1, 2], expiresAt: 3 },
    ])
  })

  it('are forgotten when it fails', () => {
    const { state, effects, output } = run(({ emit }) => {
      emit('told', {})
      throw Refused({})
    })
    expect(state).toBe('completed')
    expect(effects).toEqual([])
    expect(output).toMatchObject({ rescue: { code: 'REFUSED' } })
  })

  it('are refused below ten runs that began one another', () => {
    const emits = ({ emit }: Run<unknown>) => emit('told', {})
    const starts = ({ start }: Run<unknown>) => start('w2', null)
    for (const behaviour of [emits, starts]) {
      expect(run(behaviour, {}, 9).effects).toHaveLength(1)
      expect(run(behaviour, {}, 10)).toMatchObject({ effects: [], output: { rescue: { code: 'TOO_DEEP' } } })
    }
  })

  it('count against what a run may produce', () => {
    const { state, error, effects } = run(({ emit }) => {
      for (;;) emit('told', { text: 'x'.repeat(1000) })
    })
    expect({ state, code: error?.code, effects }).toEqual({ state: 'failed', code: 'PAYLOAD_TOO_LARGE', effects: [] })
  })
})

describe('What a node keeps for the profile', () => {
  it('is what was stored, until it keeps something else', () => {
    const recalled: (readonly number[])[] = []
    run(
      ({ recall, remember }) => {
        recalled.push(recall('a'), recall('b'))
        remember('a', [9], null)
        recalled.push(recall('a'), recall('b'))
      },
      { recall: (nodeId, key) => (nodeId === 'node' && key === 'a' ? [1, 2] : []) },
    )
    expect(recalled).toEqual([[1, 2], [], [9], []])
  })

  it('belongs to the node', () => {
    let recalled: readonly number[] = []
    const workflow = flow(
      {
        start: ({ remember }) => (remember('a', [9], null), port('next')),
        node: ({ recall }) => void (recalled = recall('a')),
      },
      [['start', 'next', 'node']],
    )
    startRun(workflow, { input: null, depth: 0 }, surroundings().context)
    expect(recalled).toEqual([])
  })
})

describe('Consents and contacts', () => {
  const now = Date.UTC(2026, 2, 10)
  const asked = (document: JsonObject, consents: string[]) => {
    let answer: boolean | undefined
    const { steps } = run(({ hasConsents }) => (answer = hasConsents(consents)), { document, now })
    return { answer, decision: steps.find(({ nodeId }) => nodeId === 'node')?.decision }
  }

  it('are given when they are there, not refused and not past their end', () => {
    const consents = {
      yes: true,
      no: false,
      unknown: null,
      over: { revoke: '2026-03-09T00:00:00Z' },
      running: { revoke: '2026-03-11T00:00:00Z' },
    }
    expect(asked({ consents }, ['yes', 'running']).answer).toBe(true)
    for (const name of ['no', 'unknown', 'over', 'never']) expect(asked({ consents }, ['yes', name]).answer).toBe(false)
  })

  it('keep the decision with the step', () => {
    expect(asked({}, ['email']).decision).toEqual({
      allowed: false,
      code: 'CONSENT_MISSING',
      message: 'Not given: email.',
    })
    expect(asked({ consents: { email: true } }, ['email']).decision).toMatchObject({ allowed: true })
    expect(asked({}, [])).toEqual({ answer: true, decision: undefined })
  })

  it('keep why nobody may be written to now, and until when', () => {
    const decision = { allowed: false, code: 'QUIET_HOURS', message: 'It is night.', until: 5 }
    const { steps } = run(({ mayContact }) => mayContact('email'), {
      mayContact: () => ({ allowed: false, decision, until: 5 }),
    })
    expect(steps.at(-1)).toMatchObject({ nodeId: 'node', decision })
  })

  it('count the contacts that the same run makes', () => {
    const asked: number[] = []
    const node = ({ mayContact, deliver, contacted }: Run<unknown>) => {
      mayContact('email')
      deliver({ transport: 'mail', resource: null, request: {}, requiredConsents: [] })
      contacted('email')
      return port('next')
    }
    const workflow = flow({ start: node, second: node }, [['start', 'next', 'second']])
    const { context } = surroundings({ mayContact: (_channel, already) => (asked.push(already), { allowed: true }) })
    const { effects } = startRun(workflow, { input: null, depth: 0 }, context)
    expect(asked).toEqual([0, 1])
    expect(effects.filter(({ kind }) => kind === 'contact')).toMatchObject([
      { nodeId: 'start', deliveryId: 'id1' },
      { nodeId: 'second', deliveryId: 'id2' },
    ])
  })

  it('are a fault of the node that tells of a contact and delivers nothing', () => {
    const { error } = run(({ contacted }) => contacted('email'))
    expect(error).toMatchObject({ nodeId: 'node', code: 'NODE_CRASHED' })
  })
})
