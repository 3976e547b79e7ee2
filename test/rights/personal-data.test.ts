import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createTokenSigner, RIGHTS, type RightName } from '@segue/graphql'
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { startEnvironment, type TestEnvironment } from '../gateway/environment.js'
import { askGraphql, type Answer } from '../setup/graphql-client.js'
import { CANARIES, putCanaries, RESOURCE_SECRET, type Places } from './canaries.js'
import { composedSchema, readings, type Reading } from './operations.js'

let staging: TestEnvironment
let places: Places
beforeAll(async () => {
  staging = await startEnvironment('staging')
  places = await putCanaries(staging, admin)
  all = await readAll()
  const sign = await createTokenSigner(JSON.parse(staging.signIn.privateKey), 'staging')
  const scopes = Object.keys(RIGHTS).filter((right) => right !== 'personal.read') as RightName[]
  const account = { id: places.accountId, role: 'admin', sessionId: randomUUID(), personalData: true } as const
  everything = await sign(account)
  allButPersonal = await sign({ ...account, scopes })
}, 60_000)
afterAll(() => staging?.close())

const schema = await composedSchema()
let all: Reading[]
/** Of a key that may do everything else. */
let allButPersonal: string
/** Of an admin. */
let everything: string | undefined

// oxlint-disable-next-line no-explicit-any -- a test reads the fields that its own query names
async function admin(query: string, variables: object = {}): Promise<any> {
  const { data, errors } = await staging.ask(query, variables, everything)
  if (errors) throw new Error(JSON.stringify(errors))
  return data
}

const asViewer = (query: string): Promise<Answer> => staging.ask(query, {}, staging.signIn.tokens.viewer)

/** Names of the canaries in a text, which may write them in capitals, in addresses or in base64. */
function canariesIn(text: string): string[] {
  const decoded = text.replace(
    /"[\w-]{16,}"/g,
    (word) => word + Buffer.from(word.slice(1, -1), 'base64url').toString('latin1'),
  )
  const lower = decoded.toLowerCase()
  return Object.entries(CANARIES).flatMap(([name, canary]) =>
    [canary, encodeURIComponent(canary), canary.replace(/^\+44/, '+44 ')].some((form) =>
      lower.includes(form.toLowerCase()),
    )
      ? [name]
      : [],
  )
}

/** Queries for each type that queries lead to, reading all of its fields. */
async function readAll(): Promise<Reading[]> {
  const given: Record<string, string | null> = {
    'Query.profile': `id: "${places.profileId}"`,
    // Looks for somebody by personal data: tried below.
    'Query.profileByIdentity': null,
    'Query.session': `id: "${places.sessionId}"`,
    'Query.event': `id: "${places.eventId}"`,
    'Query.deadLetter': `id: "${places.deadLetterId}"`,
    'Query.eventSource': 'id: "shop"',
    'Query.eventType': 'id: "of-a-mapped-type"',
    'Query.workflow': `id: "${places.workflowId}"`,
    'Query.workflowRun': `id: "${places.runId}"`,
    'Query.workflowTrigger': `id: "${places.triggerId}"`,
    'Query.previewDeployment': `id: "${places.workflowId}"`,
    'Query.delivery': `id: "${places.deliveryId}"`,
    'Query.resource': 'id: "crm"',
    'Query.contactPolicy': 'channel: "mail"',
    'Workflow.activity': 'from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z"',
    'Query.job': `id: "${places.jobId}"`,
    'Query.segment': `id: "${places.segmentId}"`,
    'Query.account': `id: "${places.accountId}"`,
    'Query.checkCondition': 'source: "1 ="',
    'Query.accountSessions': `accountId: "${places.accountId}"`,
    'Query.invitation': null,
    // Not of the API: gateways ask the subgraph for it.
    'Query.endedSessions': null,
  }
  const one = readings(schema, (type, field) => given[`${type}.${field}`])
  // The same by the lists, which hold all that there is.
  const many = readings(schema, (type, field) => (given[`${type}.${field}`] === undefined ? undefined : null))
  return [...one, ...many]
}

describe('without the right personal.read', () => {
  test('no field of any type shows personal data, and nothing fails over it', async () => {
    const leaks: string[] = []
    for (const { type, query } of all) {
      const text = JSON.stringify(await staging.ask(query, {}, allButPersonal))
      if (text.includes('"errors"')) leaks.push(`${type} fails: ${text.slice(0, 400)}`)
      for (const canary of canariesIn(text)) leaks.push(`${type} shows ${canary}: ${query}`)
    }
    expect(leaks).toEqual([])
  })

  test('masks keep the shape: the same keys, the same types, what is no person’s as it is', async () => {
    const query = `{ profile(id: "${places.profileId}") { displayName email phone identities { kind value } traits
        data { raw contact { email { main business } } preferences { colors } loyalty { card { name } } } }
      event(id: "${places.eventId}") { properties context tags } }`
    const masked = (await asViewer(query)).data
    const whole = await admin(query)
    expect(shapeOf(masked)).toEqual(shapeOf(whole))
    expect(masked.profile).toMatchObject({
      displayName: '•••',
      email: '•••',
      phone: '•••',
      traits: { plan: 'pro', song: '•••', email: '•••' },
      data: {
        contact: { email: { main: '•••', business: null } },
        preferences: { colors: ['blue'] },
        loyalty: { card: { name: 'Club' } },
      },
    })
    expect(masked.profile.identities).toContainEqual({ kind: 'email', value: '•••' })
    expect(masked.event).toMatchObject({
      properties: { product: 'Lantern', price: 9.5, answer: '•••', note: expect.stringContaining('wants a call at') },
      context: { ip: '•••', device: { id: '•••', type: 'phone' } },
      tags: ['from:•••', 'event:behavioral'],
    })
  })

  test('nobody is found by it: neither by a search nor by an identity, and the refusal says nothing', async () => {
    for (const [found, missing] of [
      [
        `profiles(search: "${CANARIES.firstname}") { edges { node { id } } }`,
        'profiles(search: "Nobody") { edges { cursor } }',
      ],
      [`profiles(search: "zeph") { edges { cursor } }`, 'profiles(search: "zzzz") { pageInfo { hasNextPage } }'],
      [
        `profileByIdentity(kind: "email", value: "${CANARIES.email}") { id }`,
        'profileByIdentity(kind: "email", value: "nobody@example.org") { id }',
      ],
      [
        `profileByIdentity(kind: "user", value: "${CANARIES.user}") { id }`,
        'profileByIdentity(kind: "no-such-kind", value: "x") { id }',
      ],
    ]) {
      const answers = await Promise.all([found, missing].map((field) => asViewer(`{ asked: ${field} }`)))
      expect(answers[0]).toMatchObject({ data: { asked: null }, errors: [{ extensions: { code: 'PERSONAL_DATA' } }] })
      expect(answers[0]?.errors?.[0]?.message).toBe(answers[1]?.errors?.[0]?.message)
      expect(canariesIn(JSON.stringify(answers))).toEqual([])
    }
  })

  test('nothing is tried with a stored person, whose data a workflow could tell by its way', async () => {
    const graph = '{ nodes: [{ id: "start", type: "start" }], edges: [] }'
    for (const field of [
      `testWorkflow(input: { graph: ${graph}, profileId: "${places.profileId}" })`,
      `testWorkflow(input: { graph: ${graph}, eventId: "${places.eventId}" })`,
      `replayRun(input: { id: "${places.runId}" })`,
    ]) {
      const answer = await staging.ask(
        `mutation { tried: ${field} { testRun { profile } userErrors { code } } }`,
        {},
        allButPersonal,
      )
      expect(answer).toMatchObject({ data: { tried: { testRun: null, userErrors: [{ code: 'PERSONAL_DATA' }] } } })
    }
  })

  test('an entity asked for at its subgraph is masked as well', async () => {
    const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Profile { email displayName traits identities { value } } } }`
    const answer = await askGraphql(
      staging.subgraphs.profile.url,
      query,
      { of: [{ __typename: 'Profile', id: places.profileId }] },
      staging.signIn.tokens.marketer,
    )
    expect(answer).toMatchObject({ data: { _entities: [{ email: '•••', displayName: '•••' }] } })
    expect(canariesIn(JSON.stringify(answer))).toEqual([])
  })
})

describe('with the right personal.read', () => {
  test('each kind of it is there to be read, in every type: what was masked above is real', async () => {
    const seen = new Set<string>()
    const read = new Set<string>()
    const showing = new Set<string>()
    for (const { type, query } of all) {
      const text = JSON.stringify(await admin(query))
      expect(text).not.toContain(RESOURCE_SECRET)
      for (const canary of canariesIn(text)) seen.add(canary)
      if (canariesIn(text).length > 0) showing.add(type)
      if (text.includes(`"__typename":"${type}"`)) read.add(type)
    }
    expect(Object.keys(CANARIES).filter((name) => !seen.has(name))).toEqual([])
    expect(all.map(({ type }) => type).filter((type) => !read.has(type))).toEqual([])
    expect(PLACES.filter((type) => !showing.has(type))).toEqual([])
  })

  test('it is shown to a viewer whose account has the right', async () => {
    const query = `{ profile(id: "${places.profileId}") { email } profiles(search: "zeph") { edges { node { displayName } } } }`
    expect(await staging.ask(query, {}, staging.signIn.tokens.viewerWithPersonalData)).toMatchObject({
      data: {
        profile: { email: CANARIES.email },
        profiles: { edges: [{ node: { displayName: expect.stringContaining(CANARIES.lastname) } }] },
      },
    })
  })

  test('cursors of a search hold nothing of who was found, and lead on', async () => {
    const search = async (after?: string): Promise<{ edges: { cursor: string }[]; pageInfo: { endCursor: string } }> =>
      (
        await admin(
          `query ($after: String) { profiles(search: "${CANARIES.firstname}", first: 1, after: $after) { edges { cursor } pageInfo { endCursor } } }`,
          { after },
        )
      ).profiles
    const page = await search()
    expect(page.edges).toHaveLength(1)
    expect(canariesIn(JSON.stringify(page))).toEqual([])
    expect((await search(page.pageInfo.endCursor)).edges).toEqual([])
  })
})

test('a field that is marked is masked within some seconds, and shown again when the mark is taken away', async () => {
  const read = async (): Promise<unknown> =>
    (await asViewer(`{ profile(id: "${places.profileId}") { traits } }`)).data.profile.traits.plan
  const until = async (expected: string): Promise<void> => {
    for (const end = Date.now() + 10_000; (await read()) !== expected; await wait(50)) {
      if (Date.now() > end) throw new Error(`The trait is still ${String(await read())}.`)
    }
  }
  expect(await read()).toBe('pro')
  await admin('mutation { markPersonalField(input: { path: "traits.plan" }) { userErrors { code } } }')
  await until('•••')
  await admin('mutation { unmarkPersonalField(input: { path: "traits.plan" }) { userErrors { code } } }')
  await until('pro')
})

/** Types that have personal data of their own: each has some of the canaries in it. */
const PLACES = [
  'Profile',
  'ProfileData',
  'ProfilePii',
  'ProfileEmails',
  'ProfilePhones',
  'ProfileMessengers',
  'ProfileAddress',
  'ProfileIdentifiers',
  'ProfileMedia',
  'ProfileLoyaltyCard',
  'ProfileIdentity',
  'Session',
  'Event',
  'DeadLetter',
  'WorkflowLogEntry',
  'WorkflowRunError',
  'WorkflowStep',
  'WorkflowRunWait',
  'DelayedEventError',
  'Delivery',
  'DeliveryError',
  'Job',
]

/** A value with the names of its leaves' types in their place; names of fields that are addresses are masked too. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf)
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key === CANARIES.email ? '•••' : key, shapeOf(inner)]),
  )
}
