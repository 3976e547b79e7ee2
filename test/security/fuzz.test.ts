// Five thousand operations that almost make sense, by people of every role, changes included: whatever they ask, they get an answer of GraphQL and no failure of ours.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Agent, request } from 'node:http'
import { buildASTSchema, parse, type GraphQLSchema } from 'graphql'
import { readFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { ADMIN, type TestEnvironment } from '../gateway/environment.js'
import { putCanaries } from '../rights/canaries.js'
import { handedOut, login, startEnvironments, type Environments } from './environments.js'
import { randomOperations, type RandomOperation } from './random-documents.js'

const OPERATIONS = 5000
/** So many at once. */
const BATCH = 25
/** Seconds of processor, of all services and of making the operations up: it takes less than 60, more where other programs have most of the caches. */
const PROCESSOR_SECONDS = 90
/** Other programs may have most of the machine. */
const LONGEST_MS = 600_000

let environments: Environments
let production: TestEnvironment
let schema: GraphQLSchema
let ids: string[]
/** Whose an operation is by turns; `real` is the admin of `signIn`, undefined nobody. */
let tokens: (string | undefined)[]
/** Of an admin with an account and a session; some operations end it. */
let real = ''
const agent = new Agent({ keepAlive: true, maxSockets: BATCH })

beforeAll(async () => {
  environments = await startEnvironments()
  ;({ production } = environments)
  const places = await putCanaries(production, async (query, variables) => {
    const { data, errors } = await production.ask(query, variables)
    if (errors) throw new Error(JSON.stringify(errors))
    return data
  })
  ids = [...Object.values(places), 'shop', 'page-view', 'of-a-mapped-type', 'X'.repeat(200), randomUUID()]
  const sdl = await readFile(new URL('../../gateway/supergraph.graphql', import.meta.url), 'utf8')
  schema = buildASTSchema(parse(sdl), { assumeValid: true })
  const { admin, developer, marketer, viewer, viewerWithPersonalData } = production.signIn.tokens
  await signIn()
  tokens = [admin, admin, 'real', 'real', developer, developer, marketer, viewer, viewerWithPersonalData, undefined]
  tokens.push(`${viewer}x`)
})
afterAll(async () => {
  agent.destroy()
  await environments?.close()
})

async function signIn(): Promise<void> {
  // Somebody may have changed the password.
  real = (await login(production, ADMIN.email)).token || real
}

interface Answered {
  status: number
  text: string
}

async function send(body: string, token: string | undefined): Promise<Answered> {
  const { hostname, port } = new URL(production.gateway.url)
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  return await new Promise((resolve, reject) => {
    const sent = request({ agent, hostname, port, path: '/graphql', method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: String(Buffer.concat(chunks)) }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** How often there was which code; `ok` is data and no error. */
const seen = new Map<string, number>()
/** Root fields that were answered with data. */
const answered = new Set<string>()
const INSIDE = /node_modules|\n\s+at |\.[jt]s:\d+|\bSELECT .* FROM\b|\bER_[A-Z]|mysql:|segue_test_|QueryFailed/

/** What is wrong with an answer; undefined: nothing. */
function problemOf({ status, text }: Answered): string | undefined {
  let parsed: {
    data?: Record<string, unknown> | null
    errors?: { message?: unknown; extensions?: { code?: unknown } }[]
  }
  try {
    parsed = JSON.parse(text) as typeof parsed
  } catch {
    return 'no JSON'
  }
  const { data, errors = [] } = parsed
  if (status >= 500) return `status ${status}`
  if (data === undefined && errors.length === 0) return 'neither data nor errors'
  if (status >= 400 && data !== undefined) return 'data with a status of refusal'
  if (INSIDE.test(text)) return 'tells of our inside'
  for (const { message, extensions } of errors) {
    const code = extensions?.code
    if (typeof message !== 'string' || typeof code !== 'string') return 'an error without message or code'
    if (/^(INTERNAL|SUBGRAPH_)/.test(code)) return code
    count(code)
  }
  if (errors.length === 0) count('ok')
  for (const [field, value] of Object.entries(data ?? {})) if (value !== null) answered.add(field)
  return undefined
}

function count(code: string): void {
  seen.set(code, (seen.get(code) ?? 0) + 1)
}

test(
  'whatever is asked is answered, and nothing fails on our side',
  async () => {
    const before = process.cpuUsage()
    const one = fc.record({ operation: randomOperations(schema, ids), token: fc.nat({ max: tokens.length - 1 }) })
    const hold = async ({ operation, token }: { operation: RandomOperation; token: number }): Promise<void> => {
      const given = tokens[token] === 'real' ? real : tokens[token]
      const answer = await send(JSON.stringify(operation), given)
      const problem = problemOf(answer)
      if (problem !== undefined) {
        throw new Error(`${problem}\n${JSON.stringify({ operation, token })}\n${answer.text.slice(0, 1000)}`)
      }
      if (given === real && answer.status === 401) await signIn()
    }
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: BATCH, maxLength: BATCH, size: 'max' }), async (batch) => {
        await Promise.all(batch.map(hold))
      }),
      { numRuns: OPERATIONS / BATCH, endOnFailure: true },
    )
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1e6).toBeLessThan(PROCESSOR_SECONDS)
    // It was about something: many were run to their end, for all kinds of mistakes there were some, and hardly a field was left out.
    expect(seen.get('ok')).toBeGreaterThan(OPERATIONS / 20)
    expect(seen.size).toBeGreaterThan(12)
    const roots = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
      Object.keys(type?.getFields() ?? {}),
    )
    expect(roots.filter((name) => answered.has(name)).length).toBeGreaterThan(roots.length * 0.8)
  },
  LONGEST_MS,
)

test('every service still answers, and no log has a failure or a token', async () => {
  const { data, errors } = await production.ask(
    '{ profiles { edges { node { id } } } eventSources { edges { node { id } } } workflows { edges { node { id } } } segments { edges { node { id } } } accounts { edges { node { id } } } }',
  )
  expect(errors).toBeUndefined()
  expect(Object.values(data as object)).not.toContain(null)
  environments.log.expectClean(...handedOut)
  expect(environments.log.lines().filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([])
})
