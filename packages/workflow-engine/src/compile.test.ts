import { describe, expect, it, test } from '@jest/globals'
import fc from 'fast-check'
import { z } from 'zod'
import { compileWorkflow, defineNode, port, type AnyNode } from './index.js'

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
]

const start = { id: 's', type: 'start' }
const step = (id: string) => ({ id, type: 'step' })
const edge = (from: string, to: string, port = 'done') => ({ from, port: from === 's' ? 'next' : port, to })

function problems(graphNodes: unknown[], edges: unknown[]) {
  const result = compileWorkflow({ nodes: graphNodes, edges }, nodes)
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
    ['SEVERAL_STARTS', [start, { ...start, id: 't' }], [], { nodeId: 't' }],
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
