// Every mutation of the supergraph, through the gateway: each success leaves the entries that it should, each mistake none.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { dataSource } from '@segue/database'
import type { RunningSubgraph } from '@segue/graphql'
import { randomBytes, randomUUID } from 'node:crypto'
import { buildSchema, getNamedType, isInputObjectType, type GraphQLSchema } from 'graphql'
import { readFile } from 'node:fs/promises'
import { SUPERGRAPH_FILE } from '../../gateway/compose.mjs'
import { addDeliveries, addWaitingRuns } from '../../subgraphs/workflow/src/testing/rows.js'
import { ADMIN, startEnvironment, type TestEnvironment } from './environment.js'

/** How a mutation is tried: `succeeds` with an input that is made ready before, `fails` with one that is a mistake. */
interface Example {
  succeeds: () => Promise<object>
  /** null: there is nothing to say that could be wrong. */
  fails: object | null
  /** Entries of a success; one unless said otherwise, and then why. */
  entries?: number
  /** With the session's cookie instead of an access token. */
  byCookie?: true
}

let environment: TestEnvironment
let database: RunningSubgraph['database']
let schema: GraphQLSchema
let token: string
let cookie = ''

beforeAll(async () => {
  environment = await startEnvironment('staging')
  database = await dataSource({ url: environment.databaseUrl, connections: 2 }).initialize()
  schema = buildSchema(await readFile(SUPERGRAPH_FILE, 'utf8'), { assumeValidSDL: true })
  await signIn()
})
afterAll(async () => {
  await database?.destroy()
  await environment?.close()
})

const USER_AGENT = 'audit-test/1.0'

// oxlint-disable-next-line no-explicit-any -- each mutation has its own payload; a test reads what its selection names
type Payload = any

async function mutate(name: string, input: object, selection = '', byCookie = false): Promise<Payload> {
  const type = schema.getMutationType()?.getFields()[name]?.args[0]?.type
  const response = await fetch(environment.gateway.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': USER_AGENT,
      ...(byCookie ? { cookie } : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({
      query: `mutation ($input: ${type}) { ${name}(input: $input) { userErrors { code message path } clientMutationId ${selection} } }`,
      variables: { input },
    }),
  })
  const set = response.headers.get('set-cookie')
  if (set) cookie = set.split(';')[0] ?? ''
  const { data, errors } = (await response.json()) as { data?: Payload; errors?: unknown }
  if (errors) throw new Error(`${name}: ${JSON.stringify(errors)}`)
  return data[name]
}

/** As `mutate`, and must succeed. */
async function done(name: string, input: object, selection: string): Promise<Payload> {
  const payload = await mutate(name, input, selection)
  if (payload.userErrors.length > 0) throw new Error(`${name}: ${JSON.stringify(payload.userErrors)}`)
  return payload
}

async function signIn(): Promise<void> {
  token = (await mutate('login', { email: ADMIN.email, password: ADMIN.password }, 'accessToken', true)).accessToken
}

async function count(): Promise<number> {
  const [row] = await database.query<{ number_of: string }[]>('SELECT COUNT(*) AS number_of FROM audit_entry')
  return Number(row?.number_of)
}

const unique = (): string => randomBytes(6).toString('hex')
const password = 'a long enough password'
const address = (): string => `${unique()}@example.com`
const gone = randomUUID()

const newSource = async (settings: object = {}): Promise<string> =>
  (await done('createEventSource', { name: 'S', channel: 'tracker', ...settings }, 'eventSource { id }')).eventSource.id
const newType = async (): Promise<string> =>
  (await done('createEventType', { id: unique(), name: 'T' }, 'eventType { id }')).eventType.id
const newWorkflow = async (): Promise<string> =>
  (await done('createWorkflow', { name: 'W', draft: RUNS }, 'workflow { id }')).workflow.id
const newDeployed = async (): Promise<string> => {
  const id = await newWorkflow()
  await done('deployWorkflow', { id, revision: 1 }, 'version')
  return id
}
const newTrigger = async (): Promise<string> => {
  const input = { workflowId: await newWorkflow(), name: 'T', eventTypeId: 'order' }
  return (await done('createWorkflowTrigger', input, 'trigger { id }')).trigger.id
}
const newSegment = async (): Promise<string> =>
  (await done('createSegment', { name: unique() }, 'segment { id }')).segment.id
const newLetter = async (): Promise<string> => {
  const id = randomUUID()
  await database.query(
    `INSERT INTO dead_letter (id, source_id, event_type, received_at, failed_at, error_code, error_message, body)
     VALUES (UNHEX(?), 's', 't', NOW(3), NOW(3), 'X', 'X', '{}')`,
    [id.replaceAll('-', '')],
  )
  return id
}
const newInvitation = async (): Promise<Payload> =>
  await done('inviteAccount', { email: address(), name: 'I', role: 'viewer' }, 'invitation { id email } token')
const newAccount = async (): Promise<{ id: string; email: string }> => {
  const { token: link } = await newInvitation()
  const { email } = await done('acceptInvitation', { token: link, password }, 'email')
  const [row] = await database.query<{ id: string }[]>('SELECT LOWER(HEX(id)) AS id FROM account WHERE email = ?', [
    email,
  ])
  const hex = row?.id ?? ''
  return {
    id: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
    email,
  }
}
const newKey = async (): Promise<Payload> =>
  await done('createApiKey', { name: 'K', scopes: ['segments.read'] }, 'apiKey { id } key')

const newRun = async (state: 'waiting' | 'failed'): Promise<{ id: string; waits: string[] }> => {
  const [run] = await addWaitingRuns(database, { workflowId: await newWorkflow(), state })
  return run ?? { id: '', waits: [] }
}
const newDelivery = async (state: 'queued' | 'rejected'): Promise<string> =>
  (await addDeliveries(database, { workflowId: gone, state }))[0] ?? ''
const RESOURCE = { name: 'R', transport: 'http', settings: { hosts: ['example.com'], auth: { kind: 'none' } } }
const newResource = async (): Promise<string> =>
  (await done('createResource', { id: unique(), ...RESOURCE }, 'resource { id }')).resource.id
const newPolicy = async (): Promise<string> =>
  (await done('createContactPolicy', { channel: unique() }, 'contactPolicy { channel }')).contactPolicy.channel
const newReplayed = async (): Promise<string> => {
  const workflowId = await newDeployed()
  const [run] = await addWaitingRuns(database, { workflowId })
  return run?.id ?? ''
}

const RUNS = { nodes: [{ id: 'start', type: 'start', config: {} }], edges: [] }

/** Mutations that change what two people may have open at once. */
const SAVES = [
  'updateEventSource',
  'updateEventType',
  'updateWorkflow',
  'deployWorkflow',
  'updateWorkflowTrigger',
  'updateResource',
  'updateContactPolicy',
  'updateSegment',
  'updateAccount',
]
/** Mutations that choose a version, and change none. */
const CHOOSING = ['rollbackWorkflow', 'retryRun', 'testWorkflow', 'replayRun']
const STALE = 'errors: userErrors { code path stale { yourVersion currentVersion yours current } }'

const EXAMPLES: Record<string, Example> = {
  createEventSource: {
    succeeds: async () => ({ name: 'S', channel: 'segment' }),
    fails: { id: '@own', name: 'S', channel: 'tracker' },
  },
  updateEventSource: {
    succeeds: async () => ({ id: await newSource(), version: 1, name: 'New' }),
    fails: { id: 'gone', version: 1 },
  },
  rotateWriteKey: { succeeds: async () => ({ id: await newSource() }), fails: { id: 'gone' } },
  deleteEventSource: { succeeds: async () => ({ id: await newSource() }), fails: { id: 'gone' } },
  createEventType: { succeeds: async () => ({ id: unique(), name: 'T' }), fails: { id: ' ', name: 'T' } },
  updateEventType: {
    succeeds: async () => ({ id: await newType(), version: 1, tags: ['a'] }),
    fails: { id: 'gone', version: 1 },
  },
  deleteEventType: { succeeds: async () => ({ id: await newType() }), fails: { id: 'gone' } },
  setEventSchema: {
    succeeds: async () => ({ eventTypeId: await newType(), schema: { type: 'object' } }),
    fails: { eventTypeId: 'gone', schema: {} },
  },
  removeEventSchema: {
    async succeeds() {
      const eventTypeId = await newType()
      await done('setEventSchema', { eventTypeId, schema: {} }, 'eventType { id }')
      return { eventTypeId }
    },
    fails: { eventTypeId: 'gone' },
  },
  replayDeadLetters: { succeeds: async () => ({ ids: [await newLetter(), gone] }), fails: { ids: ['x'] } },
  discardDeadLetters: { succeeds: async () => ({ ids: [await newLetter()] }), fails: { ids: ['x'] } },
  createWorkflow: { succeeds: async () => ({ name: 'W' }), fails: { name: 'W', draft: {} } },
  updateWorkflow: {
    succeeds: async () => ({ id: await newWorkflow(), revision: 1, name: 'New' }),
    fails: { id: gone, revision: 1 },
  },
  enableWorkflow: { succeeds: async () => ({ id: await newWorkflow() }), fails: { id: gone } },
  disableWorkflow: { succeeds: async () => ({ id: await newWorkflow() }), fails: { id: gone } },
  deleteWorkflow: { succeeds: async () => ({ id: await newWorkflow() }), fails: { id: gone } },
  deployWorkflow: {
    succeeds: async () => ({ id: await newWorkflow(), revision: 1 }),
    fails: { id: gone, revision: 1 },
  },
  rollbackWorkflow: {
    succeeds: async () => ({ id: await newDeployed(), version: 1 }),
    fails: { id: gone, version: 1 },
  },
  createWorkflowTrigger: {
    succeeds: async () => ({ workflowId: await newWorkflow(), name: 'T', eventTypeId: 'order' }),
    fails: { workflowId: gone, name: 'T', eventTypeId: 'order' },
  },
  updateWorkflowTrigger: {
    succeeds: async () => ({ id: await newTrigger(), version: 1, condition: 'true' }),
    fails: { id: gone, version: 1 },
  },
  deleteWorkflowTrigger: { succeeds: async () => ({ id: await newTrigger() }), fails: { id: gone } },
  cancelRuns: { succeeds: async () => ({ ids: [(await newRun('waiting')).id, gone] }), fails: {} },
  retryRun: { succeeds: async () => ({ id: (await newRun('failed')).id }), fails: { id: gone } },
  runDelayedEventsNow: {
    succeeds: async () => ({ ids: (await newRun('waiting')).waits }),
    fails: { ids: [], filter: {} },
  },
  replayDelayedEvents: { succeeds: async () => ({ filter: { dead: true } }), fails: { ids: ['x'] } },
  replayDeliveries: { succeeds: async () => ({ ids: [await newDelivery('rejected'), gone] }), fails: {} },
  cancelDeliveries: { succeeds: async () => ({ ids: [await newDelivery('queued')] }), fails: { ids: ['x'] } },
  // These change nothing.
  testWorkflow: { succeeds: async () => ({ id: await newWorkflow() }), fails: { id: gone }, entries: 0 },
  replayRun: { succeeds: async () => ({ id: await newReplayed(), version: 1 }), fails: { id: gone }, entries: 0 },
  createResource: {
    succeeds: async () => ({
      id: unique(),
      ...RESOURCE,
      settings: { ...RESOURCE.settings, auth: { kind: 'bearer' } },
      secret: { token: password },
    }),
    fails: { id: 'A b', ...RESOURCE },
  },
  updateResource: {
    succeeds: async () => ({ id: await newResource(), version: 1, name: 'New' }),
    fails: { id: 'gone', version: 1 },
  },
  deleteResource: { succeeds: async () => ({ id: await newResource() }), fails: { id: 'gone' } },
  createContactPolicy: { succeeds: async () => ({ channel: unique() }), fails: { channel: 'x', quietFrom: '22:00' } },
  updateContactPolicy: {
    succeeds: async () => ({ channel: await newPolicy(), version: 1, timeZone: 'Europe/Oslo' }),
    fails: { channel: 'gone', version: 1 },
  },
  deleteContactPolicy: { succeeds: async () => ({ channel: await newPolicy() }), fails: { channel: 'gone' } },
  createSegment: { succeeds: async () => ({ name: unique() }), fails: { name: '' } },
  updateSegment: {
    succeeds: async () => ({ id: await newSegment(), version: 1, description: 'D' }),
    fails: { id: gone, version: 1 },
  },
  deleteSegment: { succeeds: async () => ({ id: await newSegment() }), fails: { id: gone } },
  addProfilesToSegment: {
    succeeds: async () => ({ segmentId: await newSegment(), profileIds: [randomUUID()] }),
    fails: { segmentId: gone, profileIds: [] },
  },
  removeProfilesFromSegment: {
    succeeds: async () => ({ segmentId: await newSegment(), profileIds: [randomUUID()] }),
    fails: { segmentId: gone, profileIds: [] },
  },
  markPersonalField: { succeeds: async () => ({ path: `traits.${unique()}` }), fails: { path: '' } },
  unmarkPersonalField: {
    async succeeds() {
      const path = `traits.${unique()}`
      await done('markPersonalField', { path }, '')
      return { path }
    },
    fails: { path: '' },
  },
  updateAccount: {
    succeeds: async () => ({ id: (await newAccount()).id, version: 1, name: 'New' }),
    fails: { id: gone, version: 1 },
  },
  inviteAccount: {
    succeeds: async () => ({ email: address(), name: 'I', role: 'viewer' }),
    fails: { email: ADMIN.email, name: 'I', role: 'viewer' },
  },
  acceptInvitation: {
    succeeds: async () => ({ token: (await newInvitation()).token, password }),
    fails: { token: 'no', password },
  },
  revokeInvitation: { succeeds: async () => ({ id: (await newInvitation()).invitation.id }), fails: { id: gone } },
  changePassword: {
    succeeds: async () => ({ currentPassword: ADMIN.password, newPassword: ADMIN.password }),
    fails: { currentPassword: 'not this one', newPassword: password },
  },
  createPasswordReset: { succeeds: async () => ({ accountId: (await newAccount()).id }), fails: { accountId: gone } },
  resetPassword: {
    succeeds: async () => ({
      token: (await done('createPasswordReset', { accountId: (await newAccount()).id }, 'token')).token,
      newPassword: password,
    }),
    fails: { token: 'no', newPassword: password },
  },
  createApiKey: {
    succeeds: async () => ({ name: 'K', scopes: ['segments.read'] }),
    fails: { name: 'K', scopes: ['no.such'] },
  },
  revokeApiKey: { succeeds: async () => ({ id: (await newKey()).apiKey.id }), fails: { id: gone } },
  // Taken by every request of a machine: `ApiKey.lastUsedAt` says when, and what it does is told by itself.
  exchangeApiKey: { succeeds: async () => ({ key: (await newKey()).key }), fails: { key: 'no' }, entries: 0 },
  revokeSession: {
    async succeeds() {
      await signIn()
      const [row] = await database.query<{ id: string }[]>(
        `SELECT LOWER(INSERT(INSERT(INSERT(INSERT(HEX(id), 21, 0, '-'), 17, 0, '-'), 13, 0, '-'), 9, 0, '-')) AS id
           FROM account_session ORDER BY created_at LIMIT 1`,
      )
      return { id: row?.id }
    },
    fails: { id: gone },
  },
  revokeSessions: { succeeds: async () => ({ accountId: (await newAccount()).id }), fails: { accountId: gone } },
  login: { succeeds: async () => ADMIN, fails: { email: ADMIN.email, password: 'no' }, byCookie: true },
  // Every quarter of an hour, as long as a session lasts: its start is told, and its end.
  refreshSession: {
    async succeeds() {
      await signIn()
      return {}
    },
    fails: null,
    entries: 0,
    byCookie: true,
  },
  logout: {
    async succeeds() {
      await signIn()
      return {}
    },
    fails: null,
    byCookie: true,
  },
}

test('there is an example of every mutation', () => {
  expect(Object.keys(EXAMPLES).sort()).toEqual(Object.keys(schema.getMutationType()?.getFields() ?? {}).sort())
})

describe('a mutation that succeeds leaves its entries, one that is refused none:', () => {
  test.each(Object.keys(EXAMPLES))('%s', async (name) => {
    const { succeeds, fails, entries = 1, byCookie = false } = EXAMPLES[name] as Example
    await signIn()
    if (fails) {
      const before = await count()
      const refused = await mutate(name, fails, '', byCookie)
      expect(refused.userErrors).toEqual([
        { code: expect.stringMatching(/^[A-Z_]+$/), message: expect.stringMatching(/\w\.$/), path: expect.any(Array) },
      ])
      expect(await count()).toBe(before)
    }
    const input = await succeeds()
    const before = await count()
    const payload = await mutate(name, { ...input, clientMutationId: name }, '', byCookie)
    expect(payload).toEqual({ userErrors: [], clientMutationId: name })
    expect((await count()) - before).toBe(entries)
    if (entries === 0) return
    const [entry] = await database.query<Record<string, unknown>[]>(
      'SELECT * FROM audit_entry ORDER BY id DESC LIMIT 1',
    )
    expect(entry).toMatchObject({
      account_email: name === 'acceptInvitation' || name === 'resetPassword' ? expect.any(String) : ADMIN.email,
      api_key_id: null,
      action: expect.stringMatching(/^[a-z-]+\.[a-z-]+$/),
      subject_type: expect.stringMatching(/^[A-Z]\w+$/),
      subject_id: expect.stringMatching(/./),
      address: expect.stringMatching(/127\.0\.0\.1|::1/),
      user_agent: USER_AGENT,
      request_id: expect.stringMatching(/^[\w-]{8,}$/),
    })
    // A secret that was given or answered is in no entry, whoever told it what.
    const text = JSON.stringify(entry)
    for (const secret of [password, ADMIN.password, 'argon2']) expect(text).not.toContain(secret)
  })
})

describe('a save over an older version is refused with both versions, by', () => {
  const FIELDS = ['version', 'revision'] as const

  test('every mutation that says which version it changes', () => {
    const saving = Object.values(schema.getMutationType()?.getFields() ?? {}).filter(({ name, args }) => {
      const input = args[0] && getNamedType(args[0].type)
      return isInputObjectType(input) && FIELDS.some((field) => field in input.getFields()) && !CHOOSING.includes(name)
    })
    expect(saving.map(({ name }) => name).sort()).toEqual(SAVES.toSorted())
  })

  test.each(SAVES)('%s', async (name) => {
    await signIn()
    const input = await EXAMPLES[name]?.succeeds()
    const field = FIELDS.find((candidate) => candidate in (input ?? {})) ?? 'version'
    const payload = await mutate(name, { ...input, [field]: 99 }, STALE)
    const { stale, ...error } = payload.errors[0]
    expect(error).toEqual({ code: expect.stringMatching(/^STALE_[A-Z]+$/), path: ['input', field] })
    expect(stale).toMatchObject({ yourVersion: 99, currentVersion: 1 })
    expect(Object.keys(stale.current)).toEqual(Object.keys(stale.yours))
    if (name !== 'deployWorkflow') expect(stale.yours).not.toEqual(stale.current)
  })
})
