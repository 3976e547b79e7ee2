// How many executions of a workflow of five nodes, started by webhook, Segue finishes and makes durable a second, beside Node-RED and n8n; and how long a caller that
// waits for the last node waits.
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { printSettings } from './stand/database.js'
import { AHEAD, measured, type Load, type Measured } from './workflow/measure.js'
import { startN8n } from './workflow/n8n.js'
import { startNodeRed } from './workflow/node-red.js'
import { answerTo, newOrder } from './workflow/orders.js'
import { report, type Loads } from './workflow/report.js'
import { FLAGS, startSegue, type Segue } from './workflow/segue.js'

const CONNECTIONS = 64
/** For the waiting answers. */
const FEW_CONNECTIONS = 32
/** Of each load before it is measured. */
const WARM_SECONDS = 3
/** It does so little a second that its code is long in being compiled. */
const WARM_SECONDS_N8N = 15

const { values: options } = parseArgs({
  args: process.argv.slice(3).filter((argument) => argument !== '--'),
  options: {
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    people: { type: 'string', default: '2000' },
    workers: { type: 'string', default: '1' },
    /** Events a request where several come in one. */
    events: { type: 'string', default: '20' },
    /** Comma-separated: segue, node-red, n8n. */
    systems: { type: 'string', default: 'segue,node-red,n8n' },
  },
})
const SECONDS = Number(options.seconds)
const ROUNDS = Number(options.rounds)
const PEOPLE = Number(options.people)
const EVENTS = Number(options.events)

const closers: (() => unknown)[] = []
// Whoever stops the bench stops what it measures too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop().then(() => process.exit(1)))
try {
  await run(options.systems.split(','))
} finally {
  await stop()
}

async function stop(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
}

async function run(systems: string[]): Promise<void> {
  const segue = systems.includes('segue') ? await segueAtWork() : undefined
  const nodeRed = systems.includes('node-red') ? await nodeRedLoads() : {}
  console.log(
    `${CONNECTIONS} connections, ${FEW_CONNECTIONS} for waiting answers; ${ROUNDS} rounds of ${SECONDS} s each, medians`,
  )
  const rounds = { segue: segue?.loads ?? {}, nodeRed }
  const results = new Map<Load, Measured[]>()
  const inTurn = (['single', 'list', 'waiting'] as const).flatMap((what) =>
    [rounds.nodeRed[what], rounds.segue[what]].flatMap((load) => load ?? []),
  )
  for (const load of inTurn) await measured(load, WARM_SECONDS)
  for (let round = 0; round < ROUNDS; round++)
    for (const load of inTurn) results.set(load, [...(results.get(load) ?? []), await measured(load, SECONDS)])
  if (segue) await compareWithStored(segue)
  await stop()

  // By itself: it is large, and what it does at rest would disturb the others.
  const n8n = systems.includes('n8n') ? await measureN8n(results) : {}
  report({ ...rounds, n8n }, results, { events: EVENTS, connections: CONNECTIONS, fewConnections: FEW_CONNECTIONS })
}

interface SegueAtWork {
  segue: Segue
  loads: Loads
  /** What it has accepted so far. */
  tally: { executions: number }
}

async function segueAtWork(): Promise<SegueAtWork> {
  const workers = Number(options.workers)
  const segue = await startSegue({ people: PEOPLE, workers, eventsPerRequest: EVENTS })
  closers.push(() => segue.close())
  await printSettings(segue.admin, '')
  console.log(
    `Segue: one collector (${FLAGS.collector.join(' ')}), ${workers} event worker(s) (${FLAGS.worker.join(' ')}), events of ${PEOPLE} known people; ` +
      `an event, a run, its log and the person's counter are committed; at most ${AHEAD} events unfinished`,
  )
  const { url } = segue
  const finished = (): Promise<number> => segue.finished()
  const tally = { executions: 0 }
  const shared = { url, processes: segue.processes, tally }
  const loads = {
    single: { ...shared, ...segue.webhooks, connections: CONNECTIONS, executions: 1, finished },
    list: { ...shared, ...segue.trackers, connections: CONNECTIONS, executions: EVENTS, finished },
    waiting: { ...shared, ...segue.waitingWebhooks, connections: FEW_CONNECTIONS, executions: 1 },
  }
  await compareAnswer('Segue', loads.waiting, (body) => (body as { response: unknown }).response)
  tally.executions += 1
  return { segue, loads, tally }
}

async function nodeRedLoads(): Promise<Loads> {
  const nodeRed = await startNodeRed()
  closers.push(() => nodeRed.close())
  console.log(nodeRed.about)
  const shared = { url: nodeRed.url, processes: { 'Node-RED': nodeRed.child.pid ?? 0 } }
  const bodies = Array.from({ length: PEOPLE }, () => JSON.stringify(newOrder()))
  const lists = Array.from({ length: PEOPLE }, () => JSON.stringify(Array.from({ length: EVENTS }, () => newOrder())))
  const one = { ...shared, path: nodeRed.waitingPath, bodies, executions: 1 }
  await compareAnswer('Node-RED', one)
  return {
    single: { ...one, connections: CONNECTIONS },
    list: {
      ...shared,
      path: nodeRed.listPath,
      bodies: lists,
      connections: CONNECTIONS,
      executions: EVENTS,
      finished: () => nodeRed.finished(),
    },
    waiting: { ...one, connections: FEW_CONNECTIONS },
  }
}

/** Nothing when it cannot be installed or run on this machine; then the reason is printed. */
async function measureN8n(results: Map<Load, Measured[]>): Promise<Loads> {
  try {
    const n8n = await startN8n()
    closers.push(() => n8n.close())
    console.log(n8n.about)
    const bodies = Array.from({ length: PEOPLE }, () => JSON.stringify(newOrder()))
    const one = { url: n8n.url, path: n8n.path, bodies, executions: 1, processes: { n8n: n8n.child.pid ?? 0 } }
    await compareAnswer('n8n', one)
    const loads = { single: { ...one, connections: CONNECTIONS }, waiting: { ...one, connections: FEW_CONNECTIONS } }
    await measured(loads.waiting, WARM_SECONDS_N8N)
    for (const load of Object.values(loads)) results.set(load, [await measured(load, SECONDS)])
    return loads
  } catch (error) {
    console.log(`n8n could not be measured on this machine: ${error instanceof Error ? error.message : String(error)}`)
    return {}
  }
}

/** All must give the same answer, or their figures are not of the same work. */
async function compareAnswer(
  name: string,
  { url, path, bodies }: Pick<Load, 'url' | 'path' | 'bodies'>,
  answerIn: (body: unknown) => unknown = (body) => body,
): Promise<void> {
  const [body = '{}'] = bodies
  const response = await fetch(`${url}${typeof path === 'string' ? path : path[0]}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  const text = await response.text()
  if (!response.ok || !isDeepStrictEqual(answerIn(JSON.parse(text)), answerTo(JSON.parse(body))))
    throw new Error(`${name} answers ${response.status} ${text.slice(0, 500)} to ${body}`)
}

/** Each accepted event must have become one run, and each run must have counted once. */
async function compareWithStored({ segue, tally }: SegueAtWork): Promise<void> {
  const { runs, counted } = await segue.stored()
  if (runs !== tally.executions || counted !== tally.executions)
    throw new Error(`${tally.executions} events were accepted, but ${runs} runs are stored, which counted ${counted}.`)
  console.log(`${runs} events were accepted: as many runs are stored and counted on people's profiles`)
}
