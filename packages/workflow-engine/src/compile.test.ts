import { describe, expect, it, test } from '@jest/globals'
import fc from 'fast-check'
import { z } from 'zod'
import { compileWorkflow, defineNode, park, port, type AnyNode, type JsonObject } from './index.js'

const described = { title: 'T', group: 'G', help: 'H' }
const nodes: AnyNode[] = [
  defineNode({
    ...described,
    type: 'start',
    config: z.strictObject({}),
    ports: ['next'],
    begins: true,
    run: () => port('next'),
  }),
  defineNode({
    ...described,
    type: 'step',
    config: z.strictObject({ n: z.number().optional() }),
    ports: ['done'],
    run: () => port('done'),
  }),
  defineNode({
    ...described,
    type: 'switch',
    config: z.object({ cases: z.array(z.string()) }),
    ports: ({ cases }) => cases,
    run: ({ config }) => port(config.cases[0] ?? ''),
  }),
  defineNode({
    ...described,
    type: 'wait',
    config: z.object({ event: z.string().optional() }),
    ports: ['done'],
    waits: true,
    remembers: true,
    contacts: () => 'email',
    awaitsEvents: ({ event }) => event ?? 'checkout',
    run: () => park({ until: 1, awaits: { kind: 'time' } }),
    wake: () => port('done'),
  }),
  defineNode({
    ...described,
    type: 'join',
    config: z.object({}),
    ports: ['done'],
    joins: () => 'all',
    run: () => port('done'),
  }),
]

const start = { id: 's', type: 'start' }
const step = (id: string) => ({ id, type: 'step' })
const edge = (from: string, to: string, port = 'done') => ({ from, port: from === 's' ? 'next' : port, to })

function problems(graphNodes: unknown[], edges: unknown[], settings?: unknown) {
  const result = compileWorkflow({ nodes: graphNodes, edges, settings }, nodes)
  return 'problems' in result ? result.problems : []
}

describe('compileWorkflow', () => {
  it('accepts a sound graph, also one whose branches meet again', () => {
    const edges = [edge('s', 'a'), edge('s', 'b'), edge('a', 'c'), edge('b', 'c')]
    expect(compileWorkflow({ nodes: [start, step('a'), step('b'), step('c')], edges }, nodes)).toHaveProperty(
      'workflow',
    )
  })

  it('takes the ports of a node from its configuration', () => {
    const node = { id: 'w', type: 'switch', config: { cases: ['red', 'blue'] } }
    expect(problems([start, node, step('a')], [edge('s', 'w'), edge('w', 'a', 'blue')])).toEqual([])
    expect(problems([start, node, step('a')], [edge('s', 'w'), edge('w', 'a', 'green')])).toMatchObject([
      { code: 'UNKNOWN_PORT', nodeId: 'w', port: 'green', message: 'w has no port green. It has red, blue.' },
    ])
  })

  test.each([
    ['BAD_GRAPH', [{ id: 's' }], [], { path: 'nodes.0.type' }],
    ['DUPLICATE_NODE', [start, step('a'), step('a')], [edge('s', 'a')], { nodeId: 'a' }],
    ['UNKNOWN_NODE_TYPE', [start, { id: 'x', type: 'teleport' }], [edge('s', 'x')], { nodeId: 'x' }],
    ['BAD_CONFIG', [start, { ...step('a'), config: { n: 'one' } }], [edge('s', 'a')], { nodeId: 'a', path: 'n' }],
    ['BAD_CONFIG', [start, { ...step('a'), config: { m: 1 } }], [edge('s', 'a')], { nodeId: 'a' }],
    ['START_MISSING', [step('a')], [], {}],
    ['MISSING_NODE', [start], [edge('s', 'ghost')], { nodeId: 's', port: 'next' }],
    ['MISSING_NODE', [start], [edge('ghost', 's')], {}],
    ['UNKNOWN_PORT', [start, step('a')], [edge('s', 'a'), edge('a', 'a', 'oops')], { nodeId: 'a', port: 'oops' }],
    ['DUPLICATE_EDGE', [start, step('a')], [edge('s', 'a'), edge('s', 'a')], { nodeId: 's' }],
    ['CYCLE', [start, step('a'), step('b')], [edge('s', 'a'), edge('a', 'b'), edge('b', 'a')], { nodeId: 'b' }],
    ['CYCLE', [start, step('a')], [edge('s', 'a'), edge('a', 's')], { nodeId: 'a' }],
    ['UNREACHABLE_NODE', [start, step('a'), step('b')], [edge('s', 'a')], { nodeId: 'b' }],
  ])('reports %s', (code, graphNodes, edges, where) => {
    expect(problems(graphNodes, edges)).toMatchObject([{ code, ...where }])
  })

  it('accepts several starts, and names what each of them reaches', () => {
    expect(problems([start, { ...start, id: 't' }, step('a')], [edge('s', 'a')])).toEqual([])
    const lost = [edge('s', 'a')]
    expect(problems([start, step('a'), step('b')], lost)).toMatchObject([{ code: 'UNREACHABLE_NODE', nodeId: 'b' }])
  })

  it('accepts a circle in which a node waits, and refuses one beside it in which none does', () => {
    const wait = { id: 'w', type: 'wait' }
    const circle = [edge('s', 'a'), edge('a', 'w'), edge('w', 'a')]
    expect(problems([start, step('a'), wait], circle)).toEqual([])
    const both = [...circle, edge('a', 'b'), edge('b', 'a')]
    expect(problems([start, step('a'), wait, step('b')], both)).toMatchObject([{ code: 'CYCLE', nodeId: 'b' }])
  })

  it('refuses a join in a circle, also one with a wait', () => {
    const wait = { id: 'w', type: 'wait' }
    const join = { id: 'j', type: 'join' }
    const edges = [edge('s', 'j'), edge('j', 'w'), edge('w', 'j')]
    expect(problems([start, join, wait], edges)).toMatchObject([{ code: 'JOIN_IN_CYCLE', nodeId: 'j' }])
  })

  it('tells what a workflow needs: memory, channels, types of events', () => {
    const wait = (id: string, config: JsonObject = {}) => ({ id, type: 'wait', config })
    const edges = [edge('s', 'v'), edge('s', 'w')]
    const result = compileWorkflow({ nodes: [start, wait('v'), wait('w', { event: 'refund' })], edges }, nodes)
    if ('problems' in result) throw new Error('compiles')
    expect(result.workflow).toMatchObject({
      remembers: true,
      contacts: new Set(['email']),
      waitsForEvents: new Set(['checkout', 'refund']),
    })
    const plain = compileWorkflow({ nodes: [start], edges: [] }, nodes)
    expect(plain).toMatchObject({ workflow: { remembers: false, contacts: new Set(), waitsForEvents: new Set() } })
  })

  it('gives settings that are left out their defaults', () => {
    const result = compileWorkflow({ nodes: [start], edges: [] }, nodes)
    expect('workflow' in result && result.workflow.settings).toEqual({
      reentry: { rule: 'always' },
      exits: [],
      versions: 'stay',
      nodeMap: {},
      merge: 'both',
      maxInFlight: 100,
      timeZone: 'UTC',
      keepData: false,
    })
  })

  test.each<[string, JsonObject, string, string]>([
    ['an unknown setting', { colour: 'red' }, 'BAD_SETTINGS', 'settings'],
    ['an unknown rule', { reentry: { rule: 'sometimes' } }, 'BAD_SETTINGS', 'settings.reentry.rule'],
    ['no such time zone', { timeZone: 'Mars/Olympus' }, 'BAD_SETTINGS', 'settings.timeZone'],
    [
      'a key that is no CEL',
      { reentry: { rule: 'once-per-key', key: 'event.' } },
      'BAD_SETTINGS',
      'settings.reentry.key',
    ],
    ['a map to nowhere', { nodeMap: { old: 'ghost' } }, 'BAD_NODE_MAP', 'settings.nodeMap.old'],
    [
      'two exits of one name',
      {
        exits: [
          { name: 'a', condition: 'true' },
          { name: 'a', condition: 'false' },
        ],
      },
      'BAD_SETTINGS',
      'settings.exits.1.name',
    ],
  ])('refuses %s', (_what, settings, code, path) => {
    expect(problems([start], [], settings)).toMatchObject([{ code, path }])
  })

  it('refuses the condition of an exit with its place and a hint', () => {
    const exits = [{ name: 'bought', condition: 'arrived.type == "a" && porfile.x == 1', goal: true }]
    expect(problems([start], [], { exits })).toMatchObject([
      {
        code: 'BAD_SETTINGS',
        path: 'settings.exits.0.condition',
        message: expect.stringMatching(/Line 1, column 24: .*Did you mean profile\?/),
      },
    ])
  })

  it('reports the problems of all nodes at once', () => {
    const broken = [start, { id: 'x', type: 'teleport' }, { ...step('a'), config: { n: 'one' } }]
    const codes = problems(broken, [edge('s', 'x'), edge('s', 'a')]).map((problem) => problem.code)
    expect(codes).toEqual(['UNKNOWN_NODE_TYPE', 'BAD_CONFIG'])
  })

  it('throws nothing, whatever the graph', () => {
    const id = fc.constantFrom('s', 'a', 'b', '__proto__')
    const graph = fc.record({
      nodes: fc.array(
        fc.record({
          id,
          type: fc.constantFrom('start', 'step', 'switch'),
          config: fc.constantFrom({}, { cases: ['a'] }),
        }),
      ),
      edges: fc.array(fc.record({ from: id, port: fc.constantFrom('next', 'done', 'a', '__proto__'), to: id })),
    })
    fc.assert(
      fc.property(fc.oneof(fc.anything(), graph), (candidate) => {
        const result = compileWorkflow(candidate, nodes)
        if ('problems' in result) expect(result.problems.length).toBeGreaterThan(0)
      }),
    )
  })
})
