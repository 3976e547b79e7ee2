// One environment as processes: database, collector, event worker, subgraphs, gateway, and a token of an admin.
import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { connect } from '@segue/database'
import { createTokenSigner, generateTokenKeys } from '@segue/graphql'
import { prepareDatabase } from '@segue/migration-worker'
import { createConnection, type Connection, type Pool } from 'mysql2/promise'
import { root, startBenchDatabase } from './database.js'
import { ended, startProcess, type BenchProcess } from './processes.js'

const SUBGRAPHS = ['profile', 'event', 'workflow', 'segment', 'platform'] as const

export interface BenchEnvironment {
  admin: Connection
  pool: Pool
  database: { pid: number }
  collector: BenchProcess
  worker: BenchProcess
  gateway: BenchProcess
  subgraphs: Record<(typeof SUBGRAPHS)[number], BenchProcess>
  /** A new access token of a new account. */
  token(): Promise<string>
  close(): Promise<void>
}

/** Starts everything over an empty database with the source `website`. */
export async function startEnvironment(size: { bufferPoolMb: number; redoLogMb: number }): Promise<BenchEnvironment> {
  const database = await startBenchDatabase(size)
  const processes: BenchProcess[] = []
  const stop = async (): Promise<void> => {
    for (const { child } of processes) child.kill('SIGTERM')
    await Promise.all(processes.map(({ child }) => ended(child)))
  }
  try {
    const admin = await createConnection(database.adminUrl)
    await admin.query('CREATE DATABASE bench CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci')
    const url = `${database.adminUrl}/bench?socketPath=${encodeURIComponent(database.socketPath)}`
    await prepareDatabase(url)
    const pool = connect({ url, connections: 4 })
    await pool.query(
      `INSERT INTO event_source (id, name, channel, origins, events_per_second, created_at, updated_at)
       VALUES ('website', 'Website', 'tracker', '[]', 1000000, NOW(3), NOW(3))`,
    )
    const { privateJwk, publicJwks } = await generateTokenKeys()
    const variables = {
      SEGUE_ENVIRONMENT: 'production',
      SEGUE_MYSQL_URL: url,
      SEGUE_HEALTH_PORT: '0',
      SEGUE_COLLECTOR_PORT: '0',
      SEGUE_GATEWAY_PORT: '0',
      SEGUE_PROFILE_ID_KEY: randomBytes(32).toString('hex'),
      SEGUE_GATEWAY_KEY: randomBytes(32).toString('hex'),
      SEGUE_TOKEN_PUBLIC_KEYS: JSON.stringify(publicJwks),
      SEGUE_TOKEN_PRIVATE_KEY: JSON.stringify(privateJwk),
      ...Object.fromEntries(SUBGRAPHS.map((name) => [`SEGUE_SUBGRAPH_${name.toUpperCase()}_PORT`, '0'])),
    }
    const run = async (folder: string, more: Record<string, string> = {}): Promise<BenchProcess> => {
      const started = await startProcess(join(root, folder, 'dist/main.js'), { ...variables, ...more })
      processes.push(started)
      return started
    }
    const subgraphs = Object.fromEntries(
      await Promise.all(SUBGRAPHS.map(async (name) => [name, await run(`subgraphs/${name}`)] as const)),
    ) as BenchEnvironment['subgraphs']
    const gateway = await run(
      'gateway',
      Object.fromEntries(
        SUBGRAPHS.map((name) => [`SEGUE_SUBGRAPH_${name.toUpperCase()}_URL`, `${subgraphs[name].url}/graphql`]),
      ),
    )
    const worker = await run('workers/event-worker')
    const collector = await run('collector')
    const sign = await createTokenSigner(privateJwk, 'production')
    return {
      admin,
      pool,
      database: { pid: database.pid },
      collector,
      worker,
      gateway,
      subgraphs,
      token: () => sign({ id: randomUUID(), role: 'admin', sessionId: randomUUID(), personalData: true }),
      async close() {
        await stop()
        await pool.end()
        await admin.end()
        await database.close()
      },
    }
  } catch (error) {
    await stop()
    await database.close()
    throw error
  }
}
