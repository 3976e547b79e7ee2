// How near durable answers of the collector come to a bare HTTP server that only parses the same bodies.
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createAccounts, migrate } from '@segue/database'
import { profileIds } from '@segue/event-model'
import type { PrivateDatabase } from '@segue/private-database'
import { createConnection } from 'mysql2/promise'
import type { LoadResult } from './collector/load.js'
import { trackBodies } from './collector/bodies.js'
import { printSettings, root, startBenchDatabase } from './stand/database.js'
import { ended, startProcess, type BenchProcess } from './stand/processes.js'

const CONNECTIONS = 64
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 6)
const ROUNDS = 3
const GOAL = 0.6
const GOAL_P99_MS = 10
/** As the reference of the collector recommends; the bare server gets it too. */
const FLAGS = ['--max-semi-space-size=32']

const key = randomBytes(32)
const database = await startBenchDatabase({ bufferPoolMb: 256, redoLogMb: 256 })
const processes: BenchProcess[] = []
try {
  await run()
} finally {
  for (const each of processes) each.child.kill('SIGTERM')
  await Promise.all(processes.map(({ child }) => ended(child)))
  await database.close()
}

async function run(): Promise<void> {
  const admin = await createConnection(database.adminUrl)
  await admin.query('CREATE DATABASE bench')
  await migrate(`${database.adminUrl}/bench`)
  const password = randomBytes(12).toString('hex')
  const users = await createAccounts({
    adminUrl: database.adminUrl,
    database: 'bench',
    passwords: { collector: password },
  })
  await admin.query('USE bench')
  const source = randomUUID()
  await admin.query(
    `INSERT INTO event_source (id, name, channel, origins, events_per_second, created_at, updated_at)
     VALUES (?, 'Bench', 'tracker', '[]', 10000000, NOW(3), NOW(3))`,
    [source],
  )
  await printSettings(admin, ` ${FLAGS.join(' ')}`)

  const bare = await startProcess(join(import.meta.dirname, 'collector/bare-server.js'), {}, FLAGS)
  processes.push(bare)
  const collector = await startProcess(
    join(root, 'collector/dist/main.js'),
    {
      SEGUE_ENVIRONMENT: 'production',
      SEGUE_MYSQL_URL: collectorUrl(database, users.collector ?? '', password),
      SEGUE_COLLECTOR_PORT: '0',
      SEGUE_HEALTH_PORT: '0',
      SEGUE_PROFILE_ID_KEY: key.toString('hex'),
    },
    FLAGS,
  )
  processes.push(collector)

  const ids = profileIds(key)
  const bodies = trackBodies({ source, profileIds: Array.from({ length: 500 }, () => ids.mint()) })
  console.log(
    `\n${CONNECTIONS} connections, bodies of ${Math.round(bodies.reduce((sum, body) => sum + body.length, 0) / bodies.length)} bytes, ${ROUNDS} rounds of ${SECONDS} s each, medians:\n`,
  )
  const results: { bare: LoadResult[]; collector: LoadResult[] } = { bare: [], collector: [] }
  await load(bare.url, bodies, 2)
  await load(collector.url, bodies, 2)
  for (let round = 0; round < ROUNDS; round++) {
    results.bare.push(await load(bare.url, bodies, SECONDS))
    results.collector.push(await load(collector.url, bodies, SECONDS))
    await admin.query('TRUNCATE TABLE inbox')
  }
  await admin.end()
  report(results.bare, results.collector)
}

function report(bare: LoadResult[], collector: LoadResult[]): void {
  const table = (name: string, runs: LoadResult[]): Record<string, string | number> => ({
    server: name,
    'requests/s': Math.round(median(runs, 'perSecond')),
    'p50 ms': round(median(runs, 'p50'), 2),
    'p99 ms': round(median(runs, 'p99'), 2),
    'max ms': round(median(runs, 'max'), 1),
    'not 200': runs.reduce((sum, { failed }) => sum + failed, 0),
  })
  console.table([
    table('bare node:http, parses the body', bare),
    table('collector, answers after the commit', collector),
  ])
  const ratio = round(median(collector, 'perSecond') / median(bare, 'perSecond'), 3)
  const p99 = round(median(collector, 'p99'), 2)
  console.log(`ratio ${ratio} (goal ${GOAL}), p99 ${p99} ms (goal ${GOAL_P99_MS} ms)`)
  console.log(
    JSON.stringify({
      bench: 'collector',
      ratio,
      goal: GOAL,
      figures: {
        p99Ms: p99,
        goalP99Ms: GOAL_P99_MS,
        requestsPerSecond: Math.round(median(collector, 'perSecond')),
        bareRequestsPerSecond: Math.round(median(bare, 'perSecond')),
        connections: CONNECTIONS,
        failed: collector.reduce((sum, { failed }) => sum + failed, 0),
      },
    }),
  )
}

/** Runs the load generator in a process of its own, so that it does not share a thread with what it measures. */
async function load(url: string, bodies: readonly string[], seconds: number): Promise<LoadResult> {
  const generator = await startProcess(join(import.meta.dirname, 'collector/load.js'), {})
  const result = once(generator.child, 'message') as Promise<[LoadResult]>
  generator.child.send({ url, path: '/track', bodies, connections: CONNECTIONS, seconds })
  const [found] = await result
  await ended(generator.child)
  return found
}

function collectorUrl(server: PrivateDatabase, user: string, password: string): string {
  const url = new URL(`${server.adminUrl}/bench`)
  url.username = user
  url.password = password
  url.searchParams.set('socketPath', server.socketPath)
  return url.href
}

function median(runs: LoadResult[], figure: 'perSecond' | 'p50' | 'p99' | 'max'): number {
  const sorted = runs.map((run) => run[figure]).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
