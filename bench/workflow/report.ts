// The report of the workflow bench: a table for people, the last line for scripts.
import type { Load, Measured } from './measure.js'

const GOAL = 1

/** Of one system, by what is measured: `single`: an event a request; `list`: several; `waiting`: few callers who wait for the last node. */
export type Loads = Partial<Record<'single' | 'list' | 'waiting', Load>>

/** `events` were in a request of the lists; `connections` sent them, `fewConnections` waited for answers. */
export function report(
  systems: Record<'segue' | 'nodeRed' | 'n8n', Loads>,
  results: ReadonlyMap<Load, Measured[]>,
  { events, connections, fewConnections }: { events: number; connections: number; fewConnections: number },
): void {
  const runsOf = (load: Load | undefined): Measured[] => (load && results.get(load)) ?? []
  const of = (load: Load | undefined, figure: Exclude<keyof Measured, 'cpu'>): number | null =>
    median(runsOf(load).map((run) => run[figure]))
  const row = (what: string, load: Load | undefined, answer: string): Record<string, string | number | null>[] =>
    load && results.has(load)
      ? [
          {
            what,
            'finished/s': rounded(of(load, 'perSecond')),
            'cpu µs': rounded(median(runsOf(load).map(({ cpu }) => sum(cpu)))),
            answer,
            'p50 ms': of(load, 'p50')?.toFixed(1) ?? '',
            'p99 ms': of(load, 'p99')?.toFixed(1) ?? '',
            'not 200': of(load, 'failed'),
          },
        ]
      : []
  const { segue, nodeRed, n8n } = systems
  const last = 'after the last node'
  console.table([
    ...row('Segue, an event a request (webhook)', segue.single, 'when the event is durable'),
    ...row(`Segue, ${events} events a request (tracker)`, segue.list, 'when the events are durable'),
    ...row('Node-RED, an event a request', nodeRed.single, last),
    ...row(`Node-RED, ${events} events a request`, nodeRed.list, 'at once'),
    ...row('n8n, an event a request', n8n.single, last),
    ...row(`Segue, waiting, ${fewConnections} connections`, segue.waiting, `${last}, all of it durable`),
    ...row(`Node-RED, waiting, ${fewConnections} connections`, nodeRed.waiting, last),
    ...row(`n8n, waiting, ${fewConnections} connections`, n8n.waiting, last),
  ])
  const parts = Object.keys(segue.single?.processes ?? {}).map(
    (name) =>
      `${name} ${[segue.single, segue.list].map((load) => rounded(median(runsOf(load).map(({ cpu }) => cpu[name] ?? 0))) ?? '').join(' / ')}`,
  )
  if (parts.length > 0)
    console.log(`Segue's processor time of an execution, an event a request / ${events}, µs: ${parts.join(', ')}`)
  const rate = (load: Load | undefined): number => of(load, 'perSecond') ?? Number.NaN
  const ratio = ratioOf(rate(segue.single), rate(nodeRed.single))
  const ratioBatched = ratioOf(rate(segue.list), rate(nodeRed.list))
  console.log(
    `ratio ${ratio} (goal ${GOAL}): an event a request on both sides; with ${events} on both sides ${ratioBatched}; ` +
      `Segue with ${events} over Node-RED with one ${ratioOf(rate(segue.list), rate(nodeRed.single))}`,
  )
  console.log(
    JSON.stringify({
      bench: 'workflow',
      ratio,
      goal: GOAL,
      figures: {
        segueWebhooksPerSecond: rounded(of(segue.single, 'perSecond')),
        segueBatchedPerSecond: rounded(of(segue.list, 'perSecond')),
        eventsPerBatchedRequest: events,
        nodeRedPerSecond: rounded(of(nodeRed.single, 'perSecond')),
        nodeRedBatchedPerSecond: rounded(of(nodeRed.list, 'perSecond')),
        n8nPerSecond: rounded(of(n8n.single, 'perSecond')),
        ratioBatched,
        ratioBatchedOverSingle: ratioOf(rate(segue.list), rate(nodeRed.single)),
        segueCpuMicroseconds: rounded(median(runsOf(segue.single).map(({ cpu }) => sum(cpu)))),
        segueBatchedCpuMicroseconds: rounded(median(runsOf(segue.list).map(({ cpu }) => sum(cpu)))),
        nodeRedCpuMicroseconds: rounded(median(runsOf(nodeRed.single).map(({ cpu }) => sum(cpu)))),
        connections,
        waitingConnections: fewConnections,
        ...waitingFigures('segue', (figure) => of(segue.waiting, figure)),
        ...waitingFigures('nodeRed', (figure) => of(nodeRed.waiting, figure)),
        ...waitingFigures('n8n', (figure) => of(n8n.waiting, figure)),
      },
    }),
  )
}

function median(values: number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? null
}

function sum(values: Record<string, number>): number {
  return Object.values(values).reduce((total, value) => total + value, 0)
}

function waitingFigures(name: string, of: (figure: 'p50' | 'p99') => number | null): Record<string, number | null> {
  return { [`${name}WaitingP50Ms`]: rounded(of('p50'), 1), [`${name}WaitingP99Ms`]: rounded(of('p99'), 1) }
}

/** NaN, when one of them was not measured, is null in JSON. */
function ratioOf(ours: number, theirs: number): number {
  return Number((ours / theirs).toFixed(3))
}

function rounded(value: number | null, digits = 0): number | null {
  return value === null ? null : Number(value.toFixed(digits))
}
