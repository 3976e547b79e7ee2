// The peer: @graphql-hive/gateway, installed beside the workspace when a bench first asks for it, started with its fastest documented settings.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { root } from '../stand/database.js'

const VERSION = '2.15.1'
const FOLDER = join(root, 'bench/peers/hive')

/** How it may be set: its own query planner and executor in JavaScript, the same with compiled documents, and the Hive router's runtime. */
export const HIVE_SETTINGS = { default: [], jit: ['--jit'], 'router-runtime': ['--hive-router-runtime'] } as const

export type HiveSetting = keyof typeof HIVE_SETTINGS

const CONFIG = `export const gatewayConfig = {
  logging: false, landingPage: false, graphiql: false, healthCheckEndpoint: '/healthcheck',
}
`

export interface Hive {
  child: ChildProcess
  url: string
  /** What it runs with, for the report. */
  about: string
}

/** Starts it in front of the subgraphs that `supergraph` names. */
export async function startHive(supergraph: string, setting: HiveSetting): Promise<Hive> {
  install()
  const file = join(FOLDER, 'supergraph.graphql')
  const config = join(FOLDER, 'gateway.config.mjs')
  writeFileSync(file, supergraph)
  writeFileSync(config, CONFIG)
  const port = await freePort()
  const flags = ['--host', '127.0.0.1', '--port', String(port), '--fork', '1', '--config-path', config]
  const child = spawn(
    process.execPath,
    [
      join(FOLDER, 'node_modules/.bin/hive-gateway'),
      'supergraph',
      file,
      ...flags,
      '--disable-websockets',
      '--polling',
      '1h',
      ...HIVE_SETTINGS[setting],
    ],
    {
      cwd: FOLDER,
      env: { PATH: process.env['PATH'], NODE_ENV: 'production' },
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
  const url = `http://127.0.0.1:${port}`
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(`Hive ended with ${child.exitCode}.`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return { child, url, about: `@graphql-hive/gateway ${VERSION}, production, one process, no logging, ${setting}` }
}

function install(): void {
  const installed = join(FOLDER, 'node_modules/@graphql-hive/gateway/package.json')
  if (existsSync(installed) && JSON.parse(readFileSync(installed, 'utf8')).version === VERSION) return
  mkdirSync(FOLDER, { recursive: true })
  const dependencies = { '@graphql-hive/gateway': VERSION }
  writeFileSync(join(FOLDER, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  execFileSync('npm', ['install', '--workspaces=false', '--no-audit', '--no-fund'], { cwd: FOLDER, stdio: 'inherit' })
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ __typename }"}',
    })
    await response.text()
    return response.ok
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address ? address.port : 0
}
