// The peer n8n: the workflow of five nodes, its executions kept in SQLite as it does by itself.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '@segue/private-database'
import { root } from '../stand/database.js'
import { ended } from '../stand/processes.js'
import { installPeer } from './install.js'
import { untilServes } from './serves.js'

/** The last line of versions that run on Node 20. */
const VERSION = '1.123.81'

export interface N8n {
  child: ChildProcess
  url: string
  path: string
  about: string
  close(): Promise<void>
}

/** Throws when it cannot be installed or does not run here. */
export async function startN8n(): Promise<N8n> {
  const program = installPeer({
    folder: 'n8n',
    package: 'n8n',
    version: VERSION,
    // Newer ones of the reader of spreadsheets are not on npm; newer ones of the other ask for what n8n does not bring along.
    overrides: { xlsx: '0.18.5', '@langchain/langgraph-checkpoint': '1.0.0' },
    native: ['sqlite3'],
  })
  const script = join(program, 'node_modules/n8n/bin/n8n')
  const scratch = join(root, '.segue/test')
  mkdirSync(scratch, { recursive: true })
  const home = mkdtempSync(join(scratch, 'bench-n8n-'))
  cpSync(await preparedHome(program, script), home, { recursive: true })
  const port = await freePort()
  const child = spawn(process.execPath, [script, 'start'], {
    cwd: home,
    env: { ...settings(home), N8N_PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  const close = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended(child)
    rmSync(home, { recursive: true, force: true })
  }
  try {
    await untilServes(child, `${url}/healthz/readiness`, 'n8n')
    await untilServes(child, `${url}/webhook/up`, 'Webhooks of n8n')
  } catch (error) {
    await close()
    throw error
  }
  return {
    child,
    url,
    path: '/webhook/order',
    about: `n8n ${VERSION}, one process, production, regular mode, SQLite with a write-ahead log (DB_SQLITE_POOL_SIZE=2), executions saved as by default, expressions and code in the process (N8N_EXPRESSION_ENGINE=legacy, no task runner)`,
    close,
  }
}

/** Once: a folder with the database's schema and the workflows in it. Each bench starts from a copy. */
async function preparedHome(program: string, script: string): Promise<string> {
  const home = join(program, `home-${VERSION}`)
  if (existsSync(home)) return home
  const draft = join(program, 'home-in-the-making')
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft)
  const file = join(draft, 'workflows.json')
  writeFileSync(file, JSON.stringify([orders(), up()]))
  const n8n = (...args: string[]): Promise<unknown> =>
    promisify(execFile)(process.execPath, [script, ...args], { cwd: draft, env: settings(draft) })
  await n8n('import:workflow', `--input=${file}`)
  await n8n('update:workflow', '--all', '--active=true')
  renameSync(draft, home)
  return home
}

/** It asks nobody outside and shows no page; what it stores and how is left as it is by default. */
function settings(home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    NODE_ENV: 'production',
    N8N_USER_FOLDER: home,
    N8N_LISTEN_ADDRESS: '127.0.0.1',
    N8N_DIAGNOSTICS_ENABLED: 'false',
    N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
    N8N_TEMPLATES_ENABLED: 'false',
    N8N_DISABLE_UI: 'true',
    // Expressions and code run in the process: the quicker setting, and the isolated one needs Node 22.
    N8N_EXPRESSION_ENGINE: 'legacy',
    N8N_RUNNERS_ENABLED: 'false',
    N8N_LOG_LEVEL: 'error',
    // A pool of readers, and with it a write-ahead log: what n8n recommends for SQLite.
    DB_SQLITE_POOL_SIZE: '2',
  }
}

function orders(): object {
  return workflow('orders', 'Orders', [
    webhook('order', 'POST', 'responseNode'),
    node('Worth', 'if', 2.2, {
      conditions: {
        options: { caseSensitive: true, typeValidation: 'strict', version: 2 },
        combinator: 'and',
        conditions: [
          {
            id: 'c',
            leftValue: '={{ $json.body.value }}',
            rightValue: 10,
            operator: { type: 'number', operation: 'gt' },
          },
        ],
      },
    }),
    node('Note', 'set', 3.4, {
      includeOtherFields: true,
      assignments: {
        assignments: [{ id: 'a', name: 'message', type: 'string', value: '={{ $json.body.order }}' }],
      },
    }),
    node('Total', 'code', 2, {
      mode: 'runOnceForAllItems',
      jsCode:
        'return $input.all().map(({ json: { body } }) => ({ json: { order: body.order, total: body.price * body.quantity } }))',
    }),
    node('Answer', 'respondToWebhook', 1.1, { respondWith: 'firstIncomingItem' }),
  ])
}

/** Tells that webhooks are served, without an execution of the workflow that is measured. */
function up(): object {
  return workflow('up', 'Up', [webhook('up', 'GET', 'onReceived')])
}

function workflow(id: string, name: string, nodes: { name: string }[]): object {
  const connections = Object.fromEntries(
    nodes
      .slice(1)
      .map((next, index) => [nodes[index]?.name, { main: [[{ node: next.name, type: 'main', index: 0 }]] }]),
  )
  return { id, name, active: false, settings: { executionOrder: 'v1' }, nodes, connections }
}

function webhook(path: string, httpMethod: string, responseMode: string): { name: string } {
  return { ...node('Webhook', 'webhook', 2, { path, httpMethod, responseMode, options: {} }), webhookId: path } as {
    name: string
  }
}

function node(name: string, type: string, typeVersion: number, parameters: object): { name: string } {
  const whole = { id: name, name, type: `n8n-nodes-base.${type}`, typeVersion, position: [0, 0], parameters }
  return whole
}
