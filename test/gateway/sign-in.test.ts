import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createClient, graphql } from '@segue/api-client'
import { createTokenSigner, type TokenAccount } from '@segue/graphql'
import { randomUUID } from 'node:crypto'
import { SignJWT, UnsecuredJWT, base64url, importJWK, type JWK } from 'jose'
import { askGraphql, createTestSignIn, type Answer } from '../setup/graphql-client.js'
import { ADMIN, startEnvironment, type TestEnvironment } from './environment.js'

let production: TestEnvironment
let staging: TestEnvironment

beforeAll(async () => {
  production = await startEnvironment('production')
  staging = await startEnvironment('staging')
})
afterAll(async () => {
  await production?.close()
  await staging?.close()
})

const SEGMENTS = '{ segments { edges { node { id name } } } }'
const LOGIN = graphql('mutation ($input: LoginInput!) { login(input: $input) { accessToken userErrors { code } } }')

const account = (): TokenAccount => ({ id: randomUUID(), role: 'admin', sessionId: randomUUID(), personalData: true })

const codes = (answer: Answer): unknown[] => (answer.errors ?? []).map((error) => error.extensions.code)

/** Everything that takes a token: both gateways' subgraphs check it again behind their gateway. */
const doors = (environment: TestEnvironment): [string, string][] => [
  ['the gateway', environment.gateway.url],
  ['the subgraph itself', environment.subgraphs.segment.url],
]

test('a login at each gateway gives a token that works there', async () => {
  for (const environment of [production, staging]) {
    const { url } = environment.gateway
    const { login } = await createClient({ url }).request(LOGIN, { input: ADMIN })
    expect(login?.userErrors).toEqual([])
    const me = graphql('{ me { email } segments { edges { node { id } } } }')
    expect(await createClient({ url, token: login?.accessToken ?? '' }).request(me)).toEqual({
      me: { email: ADMIN.email },
      segments: { edges: [] },
    })
  }
})

test('what is refused before it runs has the status of its reason', async () => {
  const status = async (token?: string): Promise<number> => {
    const response = await fetch(production.gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify({ query: SEGMENTS }),
    })
    expect(response.headers.get('x-request-id')).toMatch(/^[\w-]{36}$/)
    await response.text()
    return response.status
  }
  expect(await status()).toBe(401)
  expect(await status('nonsense')).toBe(401)
  expect(await status(production.signIn.tokens.viewer)).toBe(200)
})

test('a wrong password gives no token and says no more than that', async () => {
  const nobody = createClient({ url: production.gateway.url })
  const { login } = await nobody.request(LOGIN, { input: { ...ADMIN, password: 'something else' } })
  expect(login).toEqual({ accessToken: null, userErrors: [{ code: 'BAD_CREDENTIALS' }] })
})

describe('without a valid token nobody sees data', () => {
  const secret = async (): Promise<void> => {
    await production.ask('mutation { createSegment(input: { name: "Secret" }) { segment { id } } }')
  }
  const expectRefused = async (token: string | undefined, allowed: string[]): Promise<void> => {
    await secret()
    for (const [door, url] of doors(production)) {
      const answer = await askGraphql(url, SEGMENTS, {}, token)
      expect({ door, data: answer.data }).toEqual({ door, data: undefined })
      expect(allowed).toContain(codes(answer)[0])
    }
  }

  test('when there is none', () => expectRefused(undefined, ['UNAUTHENTICATED']))

  test('when a login is asked for beside something else', async () => {
    const both = `mutation { login(input: { email: "a", password: "b" }) { userErrors { code } }
      createSegment(input: { name: "Sneaked" }) { segment { id } } }`
    expect(codes(await askGraphql(production.gateway.url, both))).toEqual(['UNAUTHENTICATED'])
    const behindFragments = `query { ...A } fragment A on Query { ... on Query { ...B } } fragment B on Query { segments { edges { node { id } } } }`
    expect(codes(await askGraphql(production.gateway.url, behindFragments))).toEqual(['UNAUTHENTICATED'])
  })

  test('when the schema is asked for', async () => {
    for (const [, url] of doors(production)) {
      const answer = await askGraphql(url, '{ __schema { types { name } } }')
      expect(answer.data).toBeUndefined()
      expect(answer.errors).toHaveLength(1)
    }
    expect(codes(await askGraphql(production.subgraphs.segment.url, '{ _service { sdl } }'))).toEqual([
      'UNAUTHENTICATED',
    ])
  })

  test('when it is nonsense', async () => {
    for (const token of ['nonsense', 'a.b.c', `${production.signIn.tokens.admin}x`]) {
      await expectRefused(token, ['UNAUTHENTICATED'])
    }
  })

  test('when it is of the other environment, also when both environments share their keys', async () => {
    await expectRefused(staging.signIn.tokens.admin, ['UNAUTHENTICATED'])
    const key = JSON.parse(production.signIn.privateKey) as JWK
    const foreign = await (await createTokenSigner(key, 'staging'))(account())
    await expectRefused(foreign, ['WRONG_ENVIRONMENT'])
    expect(codes(await askGraphql(staging.gateway.url, SEGMENTS, {}, production.signIn.tokens.admin))).toEqual([
      'UNAUTHENTICATED',
    ])
  })

  test('when it has expired', async () => {
    const sign = await createTokenSigner(JSON.parse(production.signIn.privateKey) as JWK, 'production')
    await expectRefused(await sign(account(), Date.now() - 16 * 60_000), ['TOKEN_EXPIRED'])
    expect((await production.ask(SEGMENTS, {}, await sign(account(), Date.now() - 14 * 60_000))).errors).toBe(undefined)
  })

  test('when it is signed with nothing, with our public key as a secret, or with somebody’s own key', async () => {
    const claims = { role: 'admin' }
    const [publicKey] = (JSON.parse(production.signIn.publicKeys) as { keys: (JWK & { x: string })[] }).keys
    const kid = publicKey?.kid ?? ''
    const build = (token: SignJWT): SignJWT =>
      token.setIssuer('segue').setAudience('production').setSubject(randomUUID()).setIssuedAt().setExpirationTime('5m')
    const unsigned = new UnsecuredJWT(claims)
      .setIssuer('segue')
      .setAudience('production')
      .setSubject(randomUUID())
      .setExpirationTime('5m')
      .encode()
    const symmetric = await build(new SignJWT(claims))
      .setProtectedHeader({ alg: 'HS256', kid })
      .sign(base64url.decode(publicKey?.x ?? ''))
    const others = await createTestSignIn('production')
    const othersKey = { ...(JSON.parse(others.privateKey) as JWK), kid }
    const forged = await build(new SignJWT(claims))
      .setProtectedHeader({ alg: 'EdDSA', kid })
      .sign(await importJWK(othersKey, 'EdDSA'))
    const [header, , signature] = production.signIn.tokens.viewer.split('.')
    const [, adminsClaims] = production.signIn.tokens.admin.split('.')
    for (const token of [
      unsigned,
      `${unsigned}x`,
      symmetric,
      forged,
      others.tokens.admin,
      `${header}.${adminsClaims}.${signature}`,
    ]) {
      await expectRefused(token, ['UNAUTHENTICATED'])
    }
  })

  test('when its role is none of ours', async () => {
    const key = JSON.parse(production.signIn.privateKey) as JWK
    const token = await new SignJWT({ role: 'root' })
      .setProtectedHeader({ alg: 'EdDSA', kid: key.kid ?? '' })
      .setIssuer('segue')
      .setAudience('production')
      .setSubject(randomUUID())
      .setExpirationTime('5m')
      .sign(await importJWK(key, 'EdDSA'))
    await expectRefused(token, ['UNAUTHENTICATED'])
  })
})

test('a viewer changes nothing through the gateway', async () => {
  const viewer = createClient({ url: production.gateway.url, token: production.signIn.tokens.viewer })
  const create = graphql('mutation { createSegment(input: { name: "By a viewer" }) { segment { id } } }')
  await expect(viewer.request(create)).rejects.toMatchObject({ code: 'FORBIDDEN', data: undefined })
})
