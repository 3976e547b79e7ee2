// The peer Node-RED: the workflow of five nodes as a flow, without editor and projects, in a folder of its own. It keeps nothing of what it did.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@segue/private-database'
import { root } from '../stand/database.js'
import { ended } from '../stand/processes.js'
import { installPeer } from './install.js'
import { untilServes } from './serves.js'

const VERSION = '4.1.8'

export interface NodeRed {
  child: ChildProcess
  url: string
  /** Answers when the last node has run. */
  waitingPath: string
  /** Takes a list of orders, answers at once, and runs the flow for each. */
  listPath: string
  /** Runs of the list's flow that reached their last node. */
  finished(): Promise<number>
  about: string
  close(): Promise<void>
}

export async function startNodeRed(): Promise<NodeRed> {
  const program = installPeer({ folder: 'node-red', package: 'node-red', version: VERSION })
  const scratch = join(root, '.segue/test')
  mkdirSync(scratch, { recursive: true })
  const folder = mkdtempSync(join(scratch, 'bench-node-red-'))
  const port = await freePort()
  writeFileSync(join(folder, 'flows.json'), JSON.stringify(flows()))
  writeFileSync(join(folder, 'settings.cjs'), `module.exports = ${JSON.stringify(settings(port))}\n`)
  const script = join(program, 'node_modules/node-red/red.js')
  const child = spawn(process.execPath, [script, '--userDir', folder, '--settings', join(folder, 'settings.cjs')], {
    cwd: folder,
    env: { PATH: process.env['PATH'], NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  await untilServes(child, `${url}/finished`, 'Node-RED')
  return {
    child,
    url,
    waitingPath: '/order',
    listPath: '/orders',
    async finished() {
      return Number(await (await fetch(`${url}/finished`)).text())
    },
    about: `Node-RED ${VERSION}, one process, production, no editor, no projects, context in memory, logging errors only; nothing is stored`,
    async close() {
      child.kill('SIGKILL')
      await ended(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function settings(port: number): object {
  return {
    uiPort: port,
    uiHost: '127.0.0.1',
    flowFile: 'flows.json',
    credentialSecret: false,
    // Neither editor nor admin API.
    httpAdminRoot: false,
    editorTheme: { projects: { enabled: false } },
    telemetry: { enabled: false, updateNotification: false },
    diagnostics: { enabled: false, ui: false },
    runtimeState: { enabled: false, ui: false },
    logging: { console: { level: 'error', metrics: false, audit: false } },
  }
}

/** Two chains of the same nodes, one that answers at its end and one for lists, and the count of the latter. */
function flows(): object[] {
  const total = 'msg.payload = { order: msg.payload.order, total: msg.payload.price * msg.payload.quantity };'
  const count = "global.set('finished', (global.get('finished') || 0) + 1);"
  return [
    { id: 'tab', type: 'tab', label: 'Orders' },
    ...[httpIn('in', 'post', '/order', ['worth']), ...middle('', `${total} return msg`, ['out']), httpOut('out')],
    ...[
      httpIn('in-list', 'post', '/orders', ['taken', 'split-list']),
      node('taken', 'change', { rules: [{ t: 'set', p: 'payload', pt: 'msg', to: '{}', tot: 'json' }] }, ['out-list']),
      httpOut('out-list'),
      node('split-list', 'split', { splt: '\\n', spltType: 'str', arraySplt: 1, arraySpltType: 'len' }, ['worth-list']),
      ...middle('-list', `${total} ${count}`, []),
    ],
    ...[
      httpIn('in-finished', 'get', '/finished', ['finished']),
      functionNode('finished', "msg.payload = String(global.get('finished') || 0); return msg", ['out-finished']),
      httpOut('out-finished'),
    ],
  ]
}

/** Switch, change and function. */
function middle(suffix: string, code: string, next: string[]): object[] {
  const rules = [{ t: 'gt', v: '10', vt: 'num' }]
  // Copying a property: JSONata, which could put a text together, would take most of the flow's time.
  const message = { t: 'set', p: 'message', pt: 'msg', to: 'payload.order', tot: 'msg' }
  return [
    node(`worth${suffix}`, 'switch', { property: 'payload.value', propertyType: 'msg', rules, outputs: 1 }, [
      `note${suffix}`,
    ]),
    node(`note${suffix}`, 'change', { rules: [message] }, [`total${suffix}`]),
    functionNode(`total${suffix}`, code, next),
  ]
}

function functionNode(id: string, func: string, next: string[]): object {
  return node(id, 'function', { func, outputs: next.length, initialize: '', finalize: '', libs: [], timeout: 0 }, next)
}

function httpIn(id: string, method: string, url: string, next: string[]): object {
  return node(id, 'http in', { url, method, upload: false, swaggerDoc: '' }, next)
}

function httpOut(id: string): object {
  return node(id, 'http response', { statusCode: '200', headers: {} }, [])
}

function node(id: string, type: string, rest: object, next: string[]): object {
  return { id, type, z: 'tab', name: '', ...rest, wires: next.length > 0 ? [next] : [] }
}
