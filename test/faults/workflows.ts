// The workflows that run in the fault tests, as an operator would have deployed them.
import type { JsonValue } from '@segue/event-model'
import type { ScenarioEvent } from './scenario.js'

/** A deployed workflow with its one trigger. */
export interface DeployedWorkflow {
  id: string
  triggerId: string
  name: string
  eventType: string
  graph: { nodes: { id: string; type: string; config?: { [key: string]: JsonValue } }[]; edges: Edge[] }
  /** How a run on this event must end. */
  stateOn(event: ScenarioEvent): 'completed' | 'failed'
}

interface Edge {
  from: string
  port: string
  to: string
}

/** Edges along a chain of `node:port`, ending in a node. */
export function chain(...steps: string[]): Edge[] {
  return steps.slice(0, -1).map((step, i) => {
    const [from = '', port = 'done'] = step.split(':')
    return { from, port, to: (steps[i + 1] ?? '').split(':')[0] ?? '' }
  })
}

const VALUE = { expr: 'event.properties.value' }

export const WORKFLOWS: readonly DeployedWorkflow[] = [
  {
    id: '018d0000-0000-7000-8000-000000000001',
    triggerId: '018d0000-0000-7000-8000-0000000000a1',
    name: 'Revenue of each customer',
    eventType: 'product-purchase',
    graph: {
      nodes: [
        { id: 'start', type: 'start' },
        { id: 'bought', type: 'if', config: { condition: 'event.properties.value > 0.0' } },
        { id: 'revenue', type: 'profile.increment', config: { field: 'counters.revenue', amount: VALUE } },
        { id: 'purchases', type: 'profile.increment', config: { field: 'counters.purchases' } },
        { id: 'returned', type: 'profile.increment', config: { field: 'counters.returned', amount: VALUE } },
        { id: 'end', type: 'end' },
      ],
      edges: [
        ...chain('start:next', 'bought:true', 'revenue', 'purchases', 'end'),
        ...chain('bought:false', 'returned', 'end'),
      ],
    },
    stateOn: () => 'completed',
  },
  {
    id: '018d0000-0000-7000-8000-000000000002',
    triggerId: '018d0000-0000-7000-8000-0000000000a2',
    name: 'Pages somebody saw',
    eventType: 'page-view',
    graph: {
      nodes: [
        { id: 'start', type: 'start' },
        {
          id: 'pages',
          type: 'profile.append',
          config: { field: 'traits.pages', value: { expr: 'event.properties.page' } },
        },
        {
          id: 'ends',
          type: 'profile.set',
          config: {
            fields: [
              { field: 'traits.last_page', value: { expr: 'event.properties.page' } },
              { field: 'traits.first_page', value: { expr: 'event.properties.page' }, once: true },
            ],
          },
        },
      ],
      edges: chain('start:next', 'pages', 'ends'),
    },
    stateOn: () => 'completed',
  },
  {
    // Writes first and fails then: a failed run must leave nothing behind.
    id: '018d0000-0000-7000-8000-000000000003',
    triggerId: '018d0000-0000-7000-8000-0000000000a3',
    name: 'Fails on large orders',
    eventType: 'order-placed',
    graph: {
      nodes: [
        { id: 'start', type: 'start' },
        { id: 'large', type: 'if', config: { condition: 'event.properties.value > 500' } },
        { id: 'count', type: 'profile.increment', config: { field: 'counters.large_orders' } },
        {
          id: 'fails',
          type: 'profile.increment',
          config: { field: 'counters.nothing', amount: { expr: 'event.properties.nothing' } },
        },
      ],
      edges: chain('start:next', 'large:true', 'count', 'fails'),
    },
    stateOn: ({ properties }) => (Number(properties['value']) > 500 ? 'failed' : 'completed'),
  },
]
