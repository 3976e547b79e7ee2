// What the gateway counts: operations by name, plans made and found, and its questions to each subgraph.
import { Counter, Histogram, type Registry } from '@segue/service'

/** A name is the client's to choose: beyond so many different ones they are `other`, or the metrics would grow without end. */
const NAMED_OPERATIONS = 200
/** Seconds. */
const BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

export type Outcome = 'answered' | 'partial' | 'failed' | 'refused'

export interface GatewayMetrics {
  /** By `result`: `hit` or `miss`. Hits of both is the hit rate. */
  plans: Counter<'result'>
  /** Counts an operation that took `seconds`. */
  operation(name: string, kind: string, outcome: Outcome, seconds: number): void
  subgraph(name: string): SubgraphMetrics
}

export interface SubgraphMetrics {
  /** A question is under way; call what it gives when it has ended. */
  begin(): (outcome: 'answered' | 'slow' | 'away') => void
  /** It shared an answer with one under way. */
  shared(): void
  /** It was sent again. */
  repeated(): void
}

export function createGatewayMetrics(registry: Registry): GatewayMetrics {
  const registers = [registry]
  const operations = new Counter({
    name: 'segue_gateway_operations_total',
    help: 'Operations by name (the first 200, then "other"), kind and outcome',
    labelNames: ['operation', 'kind', 'outcome'],
    registers,
  })
  const durations = new Histogram({
    name: 'segue_gateway_operation_seconds',
    help: 'From a whole request to its whole answer',
    labelNames: ['operation', 'kind'],
    buckets: BUCKETS,
    registers,
  })
  const plans = new Counter({
    name: 'segue_gateway_plans_total',
    help: 'Operations whose plan was there (hit) or had to be made (miss)',
    labelNames: ['result'],
    registers,
  })
  const fetches = new Histogram({
    name: 'segue_gateway_subgraph_seconds',
    help: 'From a question to a subgraph to its answer, by outcome: answered, slow, away',
    labelNames: ['subgraph', 'outcome'],
    buckets: BUCKETS,
    registers,
  })
  const savings = new Counter({
    name: 'segue_gateway_subgraph_questions_total',
    help: 'Questions that shared the answer of the same one under way (shared), or were sent again after a lost connection (repeated)',
    labelNames: ['subgraph', 'how'],
    registers,
  })
  const names = new Set<string>()
  const bounded = (name: string): string => {
    if (!names.has(name) && names.size >= NAMED_OPERATIONS) return 'other'
    names.add(name)
    return name
  }
  return {
    plans,
    operation(name, kind, outcome, seconds) {
      const operation = name === '' ? 'unnamed' : bounded(name)
      operations.inc({ operation, kind, outcome })
      durations.observe({ operation, kind }, seconds)
    },
    subgraph(subgraph) {
      return {
        begin() {
          const began = performance.now()
          return (outcome) => fetches.observe({ subgraph, outcome }, (performance.now() - began) / 1000)
        },
        shared: () => savings.inc({ subgraph, how: 'shared' }),
        repeated: () => savings.inc({ subgraph, how: 'repeated' }),
      }
    },
  }
}
