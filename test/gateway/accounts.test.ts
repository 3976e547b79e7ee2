// Ways in and out through a gateway: cookies, API keys, and sessions that end.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { accepted, createClient, graphql, type ApiError } from '@segue/api-client'
import { setTimeout } from 'node:timers/promises'
import { askGraphql, type Answer } from '../setup/graphql-client.js'
import { ADMIN, startEnvironment, type TestEnvironment } from './environment.js'

let staging: TestEnvironment

beforeAll(async () => {
  staging = await startEnvironment('staging')
})
afterAll(async () => {
  await staging?.close()
})

interface Browser {
  answer: Answer
  /** As the gateway set it: `name=value; attributes`. */
  setCookie: string | undefined
  cookie: string
}

/** Asks as a page does: with the cookie it has. */
async function browse(query: string, variables: object, cookie = ''): Promise<Browser> {
  const response = await fetch(staging.gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(cookie ? { cookie: `other=1; ${cookie}` } : {}) },
    body: JSON.stringify({ query, variables }),
  })
  const [setCookie] = response.headers.getSetCookie()
  return { answer: (await response.json()) as Answer, setCookie, cookie: setCookie?.split(';')[0] ?? cookie }
}

const LOGIN = `mutation ($email: String!, $password: String!) { login(input: { email: $email, password: $password }) {
  accessToken account { email } userErrors { code } } }`
const REFRESH = 'mutation { refreshSession { accessToken userErrors { code } } }'
const ME = '{ me { email } segments(first: 1) { edges { node { id } } } }'

async function becomes(token: string, code: string | undefined): Promise<void> {
  const until = Date.now() + 2500
  for (;;) {
    const answer = await askGraphql(staging.gateway.url, ME, {}, token)
    const codes = (answer.errors ?? []).map(({ extensions }) => extensions.code)
    if (code === undefined ? codes.length === 0 : codes.length > 0 && codes.every((each) => each === code)) return
    if (Date.now() > until) throw new Error(`It is answered with ${JSON.stringify(answer)}, not with ${code}.`)
    await setTimeout(50)
  }
}

test('a page stays signed in by a cookie that no script and no other site has', async () => {
  const signedIn = await browse(LOGIN, ADMIN)
  expect(signedIn.answer.data.login).toMatchObject({ account: { email: ADMIN.email }, userErrors: [] })
  expect(signedIn.setCookie).toMatch(
    /^segue_refresh_staging=[\w-]{43}; Max-Age=1209600; Path=\/graphql; HttpOnly; SameSite=Strict$/,
  )
  const refreshed = await browse(REFRESH, {}, signedIn.cookie)
  expect(refreshed.answer.data.refreshSession.userErrors).toEqual([])
  expect(refreshed.cookie).not.toBe(signedIn.cookie)
  await becomes(refreshed.answer.data.refreshSession.accessToken, undefined)

  const out = await browse('mutation { logout { ended } }', {}, refreshed.cookie)
  expect(out.answer.data.logout).toEqual({ ended: true })
  expect(out.setCookie).toMatch(/^segue_refresh_staging=; Max-Age=0;/)
  await becomes(refreshed.answer.data.refreshSession.accessToken, 'SESSION_ENDED')
  const after = await browse(REFRESH, {}, refreshed.cookie)
  expect(after.answer.data.refreshSession.userErrors).toEqual([{ code: 'NO_SESSION' }])
  expect(after.setCookie).toMatch(/^segue_refresh_staging=; Max-Age=0;/)
})

test('a session is seen with the address and the name of its client', async () => {
  const client = createClient({ url: staging.gateway.url, signIn: ADMIN })
  const { mySessions } = await client.request(
    graphql('{ mySessions(first: 1) { edges { node { current address userAgent } } } }'),
  )
  expect(mySessions?.edges).toEqual([{ node: { current: true, address: '127.0.0.1', userAgent: 'node' } }])
})

test('an API key is taken in place of a token, within its scopes, until it is revoked', async () => {
  const admin = createClient({ url: staging.gateway.url, signIn: ADMIN })
  const made = await admin.request(
    graphql(`
      mutation ($input: CreateApiKeyInput!) {
        createApiKey(input: $input) {
          key
          apiKey {
            id
          }
          userErrors {
            code
            message
            path
          }
        }
      }
    `),
    { input: { name: 'Importer', scopes: ['own.read', 'segments.read'] } },
  )
  const { key, apiKey } = accepted(made.createApiKey)
  const machine = createClient({ url: staging.gateway.url, apiKey: key ?? '' })
  const me = graphql('{ me { email } segments(first: 1) { edges { node { id } } } }')
  expect(await machine.request(me)).toEqual({ me: { email: ADMIN.email }, segments: { edges: [] } })
  const beyond = machine.request(graphql('{ profiles(first: 1) { edges { node { id } } } }'))
  await expect(beyond).rejects.toMatchObject({ code: 'FORBIDDEN' })

  await admin.request(
    graphql('mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { apiKey { id } } }'),
    {
      input: { id: apiKey?.id ?? '' },
    },
  )
  const until = Date.now() + 2500
  for (;;) {
    const refused = await machine.request(me).then(
      () => undefined,
      (error: ApiError) => error.code,
    )
    if (refused === 'UNAUTHENTICATED') break
    expect(Date.now()).toBeLessThan(until)
    await setTimeout(50)
  }
})

test('somebody is invited, chooses a password and is in', async () => {
  const { inviteAccount } = await createClient({ url: staging.gateway.url, signIn: ADMIN }).request(
    graphql(
      'mutation ($input: InviteAccountInput!) { inviteAccount(input: $input) { token userErrors { code message path } } }',
    ),
    { input: { email: 'mia@example.com', name: 'Mia', role: 'marketer' } },
  )
  const signIn = { email: 'mia@example.com', password: 'a password of my own' }
  const { acceptInvitation } = await createClient({ url: staging.gateway.url }).request(
    graphql(
      'mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { email userErrors { code } } }',
    ),
    { input: { token: accepted(inviteAccount).token ?? '', password: signIn.password } },
  )
  expect(acceptInvitation).toEqual({ email: signIn.email, userErrors: [] })
  const mia = createClient({ url: staging.gateway.url, signIn })
  expect(await mia.request(graphql('{ me { name role } }'))).toEqual({ me: { name: 'Mia', role: 'marketer' } })
})
