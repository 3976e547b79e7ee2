// How long an event takes from the collector's answer to a subscriber's message, with a hop to another subgraph; and what a thousand watchers cost the pipeline.
import { setTimeout as pause } from 'node:timers/promises'
import { toId } from '@segue/database'
import type { RowDataPacket } from 'mysql2/promise'
import { Pool } from 'undici'
import { watch, type Watcher } from './live/watcher.js'
import { deployWorkflow, feed, visitors } from './pipeline/feed.js'
import { printSettings } from './stand/database.js'
import { startEnvironment } from './stand/environment.js'
import { cpuSeconds, eventsProcessed } from './stand/processes.js'

const PER_SECOND = 1000
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 20)
const GOAL_P99_MS = 500
const WATCHERS = 1000
const SOCKETS = 50
const GOAL_COST = 0.05
/** Drains with and without watchers take turns, so that what else the machine does meets both. */
const ROUNDS = 3
const DRAINED = 20_000

const EVENTS = `subscription { eventReceived(filter: { types: ["page-view"] }) {
  events { id properties profile { id displayName lastSeenAt } } skipped } }`
const RUNS = `subscription ($id: ID!) { nodeActivity(workflowId: $id) { nodes { version nodeId entered failed } } }`

const environment = await startEnvironment({ bufferPoolMb: 1024, redoLogMb: 512 })
try {
  await run()
} finally {
  await environment.close()
}

async function run(): Promise<void> {
  await printSettings(
    environment.admin,
    `; ${PER_SECOND} events/s for ${SECONDS} s; ${WATCHERS} watchers on ${SOCKETS} sockets`,
  )
  await latencies(3)
  const { sorted, sent, skipped } = await latencies(SECONDS)
  const at = (part: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0)
  const latency = { p50: at(0.5), p99: at(0.99), max: at(1) }
  console.table([
    { what: 'collector’s answer → message with profile', ...latency, sent, delivered: sorted.length, skipped },
  ])

  const cost = await watchersCost()
  console.table(cost.rounds)
  console.log(
    `p99 ${latency.p99} ms (goal ${GOAL_P99_MS} ms); ${WATCHERS} watchers: ${cost.messagesPerSecond} messages/s, the pipeline's processor time ${percent(cost.ofProcessorTime)} more, ` +
      `its throughput ${percent(cost.ofThroughput)} less (goal ${percent(GOAL_COST)})`,
  )
  const ratio = Number((GOAL_P99_MS / Math.max(1, latency.p99)).toFixed(3))
  console.log(
    JSON.stringify({
      bench: 'live',
      ratio,
      goal: 1,
      figures: {
        p50Ms: latency.p50,
        p99Ms: latency.p99,
        maxMs: latency.max,
        goalP99Ms: GOAL_P99_MS,
        sent,
        delivered: sorted.length,
        skipped,
        watchers: WATCHERS,
        messagesPerSecond: cost.messagesPerSecond,
        processorTimeCost: cost.ofProcessorTime,
        throughputCost: cost.ofThroughput,
        goalCost: GOAL_COST,
      },
    }),
  )
}

/** Sends at a steady rate and watches; latencies in ms, sorted. */
async function latencies(seconds: number): Promise<{ sorted: number[]; sent: number; skipped: number }> {
  const accepted = new Map<number, number>()
  const found: number[] = []
  let skipped = 0
  const watcher = await watch(environment.gateway.url, await environment.token(), { query: EVENTS }, 1, (text) => {
    const now = performance.now()
    const { data } = (JSON.parse(text) as { payload: { data?: Received } }).payload
    skipped += data?.eventReceived?.skipped ?? 0
    for (const { properties, profile } of data?.eventReceived?.events ?? []) {
      const at = accepted.get(properties.n)
      if (at !== undefined && profile) found.push(now - at)
      accepted.delete(properties.n)
    }
  })
  const http = new Pool(environment.collector.url, { connections: 32 })
  const sending: Promise<void>[] = []
  const began = performance.now()
  for (let n = 0; n < PER_SECOND * seconds; n++) {
    const due = began + (n * 1000) / PER_SECOND
    if (due > performance.now()) await pause(due - performance.now())
    sending.push(
      send(http, n).then(() => {
        // A message may be quicker than the answer's way through this process.
        accepted.set(n, performance.now())
      }),
    )
  }
  await Promise.all(sending)
  for (const until = performance.now() + 5000; found.length + skipped < sending.length && performance.now() < until;)
    await pause(50)
  watcher.close()
  await http.close()
  return { sorted: found.toSorted((a, b) => a - b), sent: sending.length, skipped }
}

interface Received {
  eventReceived: { events: { properties: { n: number }; profile: object | null }[]; skipped: number } | null
}

async function send(http: Pool, n: number): Promise<void> {
  const { statusCode, body } = await http.request({
    method: 'POST',
    path: '/track',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ source: { id: 'website' }, events: [{ type: 'page-view', properties: { n } }] }),
  })
  await body.dump()
  if (statusCode !== 200) throw new Error(`The collector answered ${statusCode}.`)
}

interface Cost {
  rounds: { watchers: number; 'events/s': number; 'cpu µs/event': number }[]
  ofProcessorTime: number
  ofThroughput: number
  messagesPerSecond: number
}

/** What a busy workflow's watchers take from the pipeline: processor time of worker and database for an event, and events a second. */
async function watchersCost(): Promise<Cost> {
  await deployWorkflow(environment.pool)
  // The worker reads its configuration anew every few seconds.
  await pause(6000)
  const [rows] = await environment.pool.query<RowDataPacket[]>('SELECT id FROM workflow')
  const asked = { query: RUNS, variables: { id: toId(rows[0]?.['id'] as Buffer) } }
  const people = visitors(5000)
  await drain(people)
  const results: Record<'alone' | 'watched', Drained[]> = { alone: [], watched: [] }
  let messages = 0
  let watchedSeconds = 0
  for (let round = 0; round < ROUNDS; round++) {
    results.alone.push(await drain(people))
    const watchers: Watcher[] = []
    for (let i = 0; i < SOCKETS; i++)
      watchers.push(await watch(environment.gateway.url, await environment.token(), asked, WATCHERS / SOCKETS))
    const before = watchers.reduce((sum, each) => sum + each.messages, 0)
    const drained = await drain(people)
    results.watched.push(drained)
    messages += watchers.reduce((sum, each) => sum + each.messages, 0) - before
    watchedSeconds += drained.seconds
    for (const watcher of watchers) watcher.close()
  }
  const mean = (list: Drained[], of: 'perSecond' | 'cpu'): number =>
    list.reduce((sum, each) => sum + each[of], 0) / list.length
  return {
    rounds: (['alone', 'watched'] as const).map((name) => ({
      watchers: name === 'alone' ? 0 : WATCHERS,
      'events/s': Math.round(mean(results[name], 'perSecond')),
      'cpu µs/event': Math.round(mean(results[name], 'cpu')),
    })),
    ofProcessorTime: Number((mean(results.watched, 'cpu') / mean(results.alone, 'cpu') - 1).toFixed(3)),
    ofThroughput: Number((1 - mean(results.watched, 'perSecond') / mean(results.alone, 'perSecond')).toFixed(3)),
    messagesPerSecond: Math.round(messages / watchedSeconds),
  }
}

interface Drained {
  perSecond: number
  /** Microseconds of worker and database for an event. */
  cpu: number
  seconds: number
}

/** A backlog put into the inbox, until all of it is processed. */
async function drain(people: ReturnType<typeof visitors>): Promise<Drained> {
  const cpu = (): number => cpuSeconds(environment.worker.child.pid ?? 0) + cpuSeconds(environment.database.pid)
  const done = await processed()
  const began = performance.now()
  const cpuBefore = cpu()
  await feed(environment.pool, people, DRAINED)
  while ((await processed()) < done + DRAINED) await pause(100)
  const seconds = (performance.now() - began) / 1000
  return { perSecond: DRAINED / seconds, cpu: ((cpu() - cpuBefore) * 1e6) / DRAINED, seconds }
}

function processed(): Promise<number> {
  return eventsProcessed(environment.worker.url)
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`
}
