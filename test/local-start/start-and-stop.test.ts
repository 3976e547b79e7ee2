// `npm start` and `npm stop` as a user has them: real processes, a folder and ports of their own.
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { hasEnded, portIsFree } from '@segue/private-database'
import { askGraphql } from '../setup/graphql-client.js'

const project = join(import.meta.dirname, '../..')
const script = join(project, 'packages/local-start/dist/main.js')
/** A cold start makes a database, migrates and takes the sample in; six at a time share the cores of a busy machine. */
const COLD_MS = 180_000
jest.setTimeout(COLD_MS)

let folder: string
let environment: NodeJS.ProcessEnv
let base: number

beforeAll(async () => {
  await mkdir(join(project, '.segue/test'), { recursive: true })
  folder = await mkdtemp(join(project, '.segue/test/start-'))
  base = await freeBase()
  environment = { ...process.env, SEGUE_FOLDER: folder, SEGUE_PORT_BASE: String(base) }
  delete environment['SEGUE_MYSQL_URL']
})
// What a failed test leaves running, too.
afterEach(() => run('stop'))
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))

/** A start whose output is read. */
interface Started {
  process: ChildProcess
  output: string
  code: Promise<number | null>
}

function start(): Started {
  const child = spawn(process.execPath, [script, 'start'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  const code = once(child, 'exit').then(([exitCode]) => exitCode as number | null)
  const begun: Started = { process: child, output: '', code }
  const collect = (chunk: Buffer) => (begun.output += chunk.toString())
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  return begun
}

async function isUp(begun: Started): Promise<void> {
  const ended = begun.code.then((code) => {
    throw new Error(`it ended with ${code}:\n${begun.output}`)
  })
  await Promise.race([ended, until(() => begun.output.includes('together'), COLD_MS)])
}

async function run(command: string, ...options: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [script, command, ...options], { env: environment })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

async function until(condition: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> {
  for (const deadline = Date.now() + ms; !(await condition()); await delay(50)) {
    if (Date.now() > deadline) throw new Error('the condition did not come true in time')
  }
}

async function freeBase(): Promise<number> {
  for (;;) {
    const candidate = 18_000 + Math.floor(Math.random() * 13_000)
    const ports = [0, 101, 201].flatMap((offset) => Array.from({ length: 10 }, (_, n) => offset + n))
    const free = await Promise.all(ports.map((offset) => portIsFree(candidate + offset)))
    if (free.every(Boolean)) return candidate
  }
}

interface Running {
  starter: number
  processes: { name: string; pid: number }[]
}
const running = async () => JSON.parse(await readFile(join(folder, 'running.json'), 'utf8')) as Running
async function stillAlive(processes: Running['processes']): Promise<string[]> {
  const ended = await Promise.all(processes.map(({ pid }) => hasEnded(pid)))
  return processes.filter((_, n) => !ended[n]).map(({ name }) => name)
}

const passwordOf = (output: string, email: string) =>
  new RegExp(`${email} \\(\\w+\\), password (\\S+)`).exec(output)?.[1]

async function signIn(gatewayPort: number, email: string, password: string | undefined): Promise<string | undefined> {
  const { data } = await askGraphql(
    `http://127.0.0.1:${gatewayPort}/graphql`,
    'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }',
    { input: { email, password } },
  )
  return data?.login?.accessToken ?? undefined
}

test('a first start brings both environments up, with an admin and a sample of real data; stop ends it all', async () => {
  const first = start()
  await isUp(first)
  const admins = first.output.split('First administrators')[1] ?? ''
  for (const [name, gatewayPort] of Object.entries({ production: base + 2, staging: base + 3 })) {
    const token = await signIn(gatewayPort, 'admin@segue.local', passwordOf(admins, `${name}: admin@segue.local`))
    expect(token).toBeDefined()
    const url = `http://127.0.0.1:${gatewayPort}/graphql`
    await until(async () => {
      const { data } = await askGraphql(url, '{ profiles(first: 1) { edges { node { id } } } }', {}, token)
      return data?.profiles?.edges.length === 1
    })
  }
  const { processes } = await running()
  expect((await run('stop')).code).toBe(0)
  expect(await first.code).toBe(0)
  expect(await stillAlive(processes)).toEqual([])
})

test('a second start is refused while one runs; a start that was killed is cleaned up by the next one', async () => {
  const first = start()
  await isUp(first)
  expect(first.output).not.toContain('First administrators')
  const { starter, processes } = await running()
  const second = await run('start')
  expect(second).toEqual({ code: 1, output: expect.stringContaining(`already runs (process ${starter})`) })

  process.kill(starter, 'SIGKILL')
  const next = start()
  await isUp(next)
  expect(await stillAlive(processes)).toEqual([])
  const viewer = 'demo-viewer@segue.local'
  expect(await signIn(base + 2, viewer, passwordOf(next.output, viewer))).toBeDefined()

  const workers = (await running()).processes.find(({ name }) => name === 'production-workers')
  process.kill(workers?.pid ?? 0, 'SIGKILL')
  await until(() => next.output.includes('production-workers is back'))
  next.process.kill('SIGINT')
  expect(await next.code).toBe(0)
  expect((await run('start', '--status')).code).toBe(1)
})

test('taken ports are told all at once, each with the variable to change', async () => {
  const squatters = [base, base + 3].map((port) => createServer().listen(port, '127.0.0.1'))
  await Promise.all(squatters.map((server) => once(server, 'listening')))
  try {
    const { code, output } = await run('start')
    expect(code).toBe(1)
    expect(output).toContain(`port ${base} is taken`)
    expect(output).toContain(`port ${base + 3} is taken`)
    expect(output).toContain('SEGUE_PRODUCTION_COLLECTOR_PORT')
    expect(output).toContain('SEGUE_STAGING_GATEWAY_PORT')
  } finally {
    for (const server of squatters) server.close()
  }
})
