// How many requests a second the gateway answers with sign-in, rights and limits on, beside @graphql-hive/gateway in front of the same subgraphs.
import { createTokenSigner, generateTokenKeys } from '@segue/graphql'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { LoadResult } from './collector/load.js'
import { HIVE_SETTINGS, startHive, type HiveSetting } from './gateway/hive.js'
import { root } from './stand/database.js'
import { ended, startProcess, type BenchProcess } from './stand/processes.js'

const CONNECTIONS = 32
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 6)
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3)
const GOAL = 2
const WARM_REQUESTS = 3000
const SUBGRAPHS = ['profile', 'event', 'workflow', 'segment', 'platform']

const HOP = `query EventWithProfile($id: ID!) {
  event(id: $id) { id type occurredAt receivedAt valid sourceId profile { id displayName identified lastSeenAt } }
}`
const LIST = `query EventsWithProfiles($first: Int!, $after: String) {
  events(first: $first, after: $after) {
    edges { cursor node { id type occurredAt valid sourceId profile { id displayName identified lastSeenAt } } }
    pageInfo { hasNextPage endCursor }
  }
}`
/** Each body asks for other ids: equal questions under way are asked once by both gateways, which is not what is measured here. */
const BODIES = {
  hop: Array.from({ length: 1000 }, (_, i) => {
    const id = `0190a1b2-0002-7000-8000-${i.toString(16).padStart(12, '0')}`
    return JSON.stringify({ query: HOP, variables: { id }, operationName: 'EventWithProfile' })
  }),
  list: Array.from({ length: 1000 }, (_, i) =>
    JSON.stringify({
      query: LIST,
      variables: { first: 20, after: String(i * 20) },
      operationName: 'EventsWithProfiles',
    }),
  ),
}
type Shape = keyof typeof BODIES

/** What a load met, with the processor time that the gateway took for each request: that hardly changes when the machine is shared. */
type Measured = LoadResult & { cpuMs: number }

const processes: BenchProcess['child'][] = []
// Whoever stops the bench stops what it measures too.
process.once('exit', () => processes.forEach((child) => child.kill('SIGKILL')))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
try {
  await run()
} finally {
  for (const child of processes) child.kill('SIGTERM')
  await Promise.all(processes.map(ended))
}

async function run(): Promise<void> {
  const subgraphs = await startProcess(join(import.meta.dirname, 'gateway/light-subgraphs.js'), {})
  processes.push(subgraphs.child)
  const subgraphUrl = `${subgraphs.url}/graphql`
  const { privateJwk, publicJwks } = await generateTokenKeys()
  const ours = await startProcess(join(root, 'gateway/dist/main.js'), {
    NODE_ENV: 'production',
    SEGUE_ENVIRONMENT: 'production',
    SEGUE_LOG_LEVEL: 'info',
    SEGUE_GATEWAY_PORT: '0',
    SEGUE_GATEWAY_KEY: randomBytes(32).toString('hex'),
    SEGUE_TOKEN_PUBLIC_KEYS: JSON.stringify(publicJwks),
    ...Object.fromEntries(SUBGRAPHS.map((name) => [`SEGUE_SUBGRAPH_${name.toUpperCase()}_URL`, subgraphUrl])),
  })
  processes.push(ours.child)
  const supergraph = readFileSync(join(root, 'gateway/supergraph.graphql'), 'utf8').replace(
    /url: "[^"]*subgraph\.invalid[^"]*"/g,
    `url: "${subgraphUrl}"`,
  )
  const setting = (process.env['BENCH_HIVE'] ?? 'router-runtime') as HiveSetting
  if (!(setting in HIVE_SETTINGS)) throw new Error(`BENCH_HIVE is one of ${Object.keys(HIVE_SETTINGS).join(', ')}.`)
  const hive = await startHive(supergraph, setting)
  processes.push(hive.child)

  const sign = await createTokenSigner(privateJwk, 'production')
  const token = await sign({ id: randomUUID(), role: 'viewer', sessionId: randomUUID(), personalData: false })
  const gateways = { ours, hive }
  const headers = { authorization: `Bearer ${token}` }
  await compareAnswers(gateways, headers)

  console.log(`machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`)
  console.log('ours: one process, production, sign-in, rights, limits, signature and metrics on')
  console.log(`peer: ${hive.about}; it checks no sign-in, rights or limits`)
  console.log(
    `subgraphs: one process, in memory. ${CONNECTIONS} connections, ${ROUNDS} rounds of ${SECONDS} s each, medians\n`,
  )

  const results: Record<keyof typeof gateways, Record<Shape, Measured[]>> = {
    ours: { hop: [], list: [] },
    hive: { hop: [], list: [] },
  }
  for (const { url } of Object.values(gateways)) {
    for (const bodies of Object.values(BODIES)) await warm(url, bodies, headers)
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const shape of ['hop', 'list'] as const) {
      for (const name of ['ours', 'hive'] as const) {
        const { url, child } = gateways[name]
        const before = cpuMs(child.pid)
        const result = await load(url, BODIES[shape], headers, SECONDS)
        results[name][shape].push({ ...result, cpuMs: (cpuMs(child.pid) - before) / (result.perSecond * SECONDS) })
      }
    }
  }
  report(results)
}

/** Both must give the same data, or their figures are not of the same work. */
async function compareAnswers(
  gateways: Record<string, { url: string }>,
  headers: Record<string, string>,
): Promise<void> {
  for (const [body = ''] of Object.values(BODIES)) {
    const answers = await Promise.all(
      Object.values(gateways).map(async ({ url }) => {
        const response = await fetch(`${url}/graphql`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body,
        })
        return (await response.json()) as { data?: object; errors?: unknown }
      }),
    )
    const [first, second] = answers
    if (!first?.data || first.errors || !isDeepStrictEqual(first.data, second?.data)) {
      throw new Error(`The answers differ: ${JSON.stringify(answers).slice(0, 2000)}`)
    }
  }
}

function report(results: Record<'ours' | 'hive', Record<Shape, Measured[]>>): void {
  const row = (name: string, runs: Measured[]): Record<string, string | number> => ({
    gateway: name,
    'requests/s': Math.round(median(runs, 'perSecond')),
    'p50 ms': round(median(runs, 'p50')),
    'p99 ms': round(median(runs, 'p99')),
    'cpu ms/request': round(median(runs, 'cpuMs')),
    'not 200': runs.reduce((sum, { failed }) => sum + failed, 0),
  })
  console.table([
    row('ours, one entity hop', results.ours.hop),
    row('Hive, one entity hop', results.hive.hop),
    row('ours, list of 20 entities', results.ours.list),
    row('Hive, list of 20 entities', results.hive.list),
  ])
  const ratioOf = (shape: Shape): number =>
    round(median(results.ours[shape], 'perSecond') / median(results.hive[shape], 'perSecond'))
  const cpuRatioOf = (shape: Shape): number =>
    round(median(results.hive[shape], 'cpuMs') / median(results.ours[shape], 'cpuMs'))
  const ratios = { hop: ratioOf('hop'), list: ratioOf('list') }
  const ratio = Math.min(ratios.hop, ratios.list)
  console.log(
    `ratio ${ratio} (goal ${GOAL}): hop ${ratios.hop}, list ${ratios.list}; by processor time: hop ${cpuRatioOf('hop')}, list ${cpuRatioOf('list')}`,
  )
  console.log(
    JSON.stringify({
      bench: 'gateway',
      ratio,
      goal: GOAL,
      figures: {
        hopRatio: ratios.hop,
        listRatio: ratios.list,
        hopRequestsPerSecond: Math.round(median(results.ours.hop, 'perSecond')),
        listRequestsPerSecond: Math.round(median(results.ours.list, 'perSecond')),
        hopCpuRatio: cpuRatioOf('hop'),
        listCpuRatio: cpuRatioOf('list'),
        hopP50Ms: round(median(results.ours.hop, 'p50')),
        listP50Ms: round(median(results.ours.list, 'p50')),
        hiveHopRequestsPerSecond: Math.round(median(results.hive.hop, 'perSecond')),
        hiveListRequestsPerSecond: Math.round(median(results.hive.list, 'perSecond')),
      },
    }),
  )
}

/** As many requests as it takes until the compiler has done its work; on a busy machine a number of seconds says little. */
async function warm(url: string, bodies: readonly string[], headers: Record<string, string>): Promise<void> {
  for (let sent = 0; sent < WARM_REQUESTS;) sent += 2 * (await load(url, bodies, headers, 2)).perSecond
}

/** Runs the load generator in a process of its own, so that it does not share a thread with what it measures. */
async function load(
  url: string,
  bodies: readonly string[],
  headers: Record<string, string>,
  seconds: number,
): Promise<LoadResult> {
  const generator = await startProcess(join(import.meta.dirname, 'collector/load.js'), {})
  const result = once(generator.child, 'message') as Promise<[LoadResult]>
  generator.child.send({ url, path: '/graphql', bodies, connections: CONNECTIONS, seconds, headers })
  const [found] = await result
  await ended(generator.child)
  return found
}

/** Milliseconds of processor that a process has had, all its threads together. */
function cpuMs(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  // utime and stime, in hundredths of a second.
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function median(runs: Measured[], figure: 'perSecond' | 'p50' | 'p99' | 'cpuMs'): number {
  const sorted = runs.map((run) => run[figure]).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

function round(value: number): number {
  return Number(value.toFixed(2))
}
