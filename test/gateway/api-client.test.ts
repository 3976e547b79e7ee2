// The client of packages/api-client against a whole environment.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { accepted, createClient, graphql } from '@segue/api-client'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { makeSegment } from '../../packages/api-client/example.js'
import { ADMIN, startEnvironment, type TestEnvironment } from './environment.js'

let staging: TestEnvironment
beforeAll(async () => {
  staging = await startEnvironment('staging')
})
afterAll(async () => {
  await staging?.close()
})

const ME = graphql('{ me { id version role } }')
const SESSIONS = graphql('query ($accountId: ID!) { accountSessions(accountId: $accountId) { edges { node { id } } } }')
const INVITE = graphql(
  'mutation ($input: InviteAccountInput!) { inviteAccount(input: $input) { token userErrors { code message path } } }',
)
const ACCEPT = graphql(
  'mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { email userErrors { code message path } } }',
)
const UPDATE = graphql(
  'mutation ($input: UpdateAccountInput!) { updateAccount(input: $input) { account { role } userErrors { code message path } } }',
)

test('the example of its README is the one that is tried here, and does what it says', async () => {
  const folder = new URL('../../packages/api-client/', import.meta.url)
  const [readme, example] = await Promise.all(
    ['README.md', 'example.ts'].map((name) => readFile(new URL(name, folder), 'utf8')),
  )
  expect(readme).toContain('```ts\n' + example + '```\n')
  expect(await makeSegment(staging.gateway.url, ADMIN, 'Buyers')).toMatch(/^[\w-]{36}$/)
  expect(await makeSegment(staging.gateway.url, ADMIN, 'Buyers')).toBeUndefined()
  await expect(
    makeSegment(staging.gateway.url, { ...ADMIN, password: 'something else' }, 'Customers'),
  ).rejects.toMatchObject({ code: 'BAD_CREDENTIALS' })
})

test('a client that signed in goes on when its token is refused, by the gateway’s cookie, and ends its session with itself', async () => {
  const password = 'a password of my own'
  const admin = createClient({ url: staging.gateway.url, signIn: ADMIN })
  const { inviteAccount } = await admin.request(INVITE, {
    input: { email: 'mia@example.com', name: 'Mia', role: 'viewer' },
  })
  const token = accepted(inviteAccount).token ?? ''
  accepted(
    (await createClient({ url: staging.gateway.url }).request(ACCEPT, { input: { token, password } })).acceptInvitation,
  )

  const asked: string[] = []
  const mia = createClient({
    url: staging.gateway.url,
    signIn: { email: 'mia@example.com', password },
    fetch: async (url, request) => {
      asked.push(/login|refreshSession|logout|me/.exec(String(request?.body))?.[0] ?? '')
      return await fetch(url, request)
    },
  })
  const { me } = await mia.request(ME)
  if (!me) throw new Error('Nobody')
  accepted((await admin.request(UPDATE, { input: { id: me.id, version: me.version, role: 'marketer' } })).updateAccount)
  const end = Date.now() + 5000
  while (!asked.includes('refreshSession')) {
    expect(Date.now()).toBeLessThan(end)
    expect((await mia.request(ME)).me?.id).toBe(me.id)
    await setTimeout(50)
  }
  expect((await mia.request(ME)).me).toMatchObject({ role: 'marketer' })
  expect(asked.filter((each) => each === 'login')).toHaveLength(1)

  const sessions = async () => (await admin.request(SESSIONS, { accountId: me.id })).accountSessions?.edges.length
  expect(await sessions()).toBe(1)
  await mia.close()
  expect(await sessions()).toBe(0)
  await admin.close()
})

test('a machine’s key is enough', async () => {
  const admin = createClient({ url: staging.gateway.url, signIn: ADMIN })
  const made = await admin.request(
    graphql(`
      mutation ($input: CreateApiKeyInput!) {
        createApiKey(input: $input) {
          key
          userErrors {
            code
            message
            path
          }
        }
      }
    `),
    { input: { name: 'Importer', scopes: ['own.read'] } },
  )
  const { key } = accepted(made.createApiKey)
  const machine = createClient({ url: staging.gateway.url, apiKey: key ?? '' })
  expect(await machine.request(graphql('{ me { email } }'))).toEqual({ me: { email: ADMIN.email } })
  await expect(machine.request(graphql('{ segments(first: 1) { edges { node { name } } } }'))).rejects.toMatchObject({
    code: 'FORBIDDEN',
  })
  await admin.close()
})

test('a client watches through the gateway', async () => {
  const { createSegment } = await staging.client.request(
    graphql(
      'mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { segment { id } userErrors { code message path } } }',
    ),
    { input: { name: 'Watched' } },
  )
  const id = accepted(createSegment).segment?.id ?? ''
  const add = graphql('mutation ($input: SegmentProfilesInput!) { addProfilesToSegment(input: $input) { changed } }')
  const end = new AbortController()
  const sizes: (number | null | undefined)[] = []
  await staging.client.subscribe(
    graphql('subscription ($id: ID!) { segmentSizeChanged(id: $id) { segment { profileCount } } }'),
    { id },
    {
      signal: end.signal,
      onMessage({ segmentSizeChanged }, { cursor, missed }) {
        expect({ cursor, missed }).toEqual({ cursor: expect.any(String), missed: false })
        sizes.push(segmentSizeChanged?.segment?.profileCount)
        if (sizes.length === 1) {
          void staging.client.request(add, { input: { segmentId: id, profileIds: [randomUUID()] } })
        }
        if (segmentSizeChanged?.segment?.profileCount === 1) end.abort()
      },
    },
  )
  expect(sizes[0]).toBe(0)
  expect(sizes.at(-1)).toBe(1)
})
