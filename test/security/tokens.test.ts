// Forged, stolen, old and foreign credentials: access tokens, refresh tokens in cookies, API keys.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createTokenSigner } from '@segue/graphql'
import { base64url, importJWK, SignJWT, UnsecuredJWT, type JWK, type JWTPayload } from 'jose'
import { createHmac, randomUUID } from 'node:crypto'
import { signatureOf } from '../setup/graphql-client.js'
import { ADMIN, type TestEnvironment } from '../gateway/environment.js'
import { attack, expectHarmless, expectRefused, secret, type Reply } from './attack.js'
import {
  addAccount,
  cookieOf,
  handedOut,
  login,
  newAddress,
  refreshTokens,
  startEnvironments,
  type Environments,
} from './environments.js'

let environments: Environments
let production: TestEnvironment
let staging: TestEnvironment

beforeAll(async () => {
  environments = await startEnvironments()
  ;({ production, staging } = environments)
})
afterAll(() => environments?.close())

const PRIVATE = '{ segments { edges { node { id } } } }'

/** Whoever takes tokens: the gateway, and a subgraph behind it to somebody who could sign as the gateway. */
async function sendToAll(token: string, query = PRIVATE): Promise<Reply[]> {
  const body = JSON.stringify({ query })
  const subgraph = { body, token, headers: signatureOf(body, token) }
  return [
    await attack(production.gateway.url, { body, token }),
    await attack(production.subgraphs.segment.url, subgraph),
  ]
}

async function expectAllRefuse(token: string, code: string): Promise<void> {
  for (const reply of await sendToAll(token)) expectRefused(reply, 401, code)
}

describe('an access token is refused', () => {
  const seconds = (offset: number): number => Math.floor(Date.now() / 1000) + offset
  const claims = (): JWTPayload => ({
    iss: 'segue',
    aud: 'production',
    sub: randomUUID(),
    sid: randomUUID(),
    role: 'admin',
    pd: true,
    iat: seconds(0),
    exp: seconds(300),
  })
  const key = (): JWK & { kid: string } => JSON.parse(production.signIn.privateKey) as JWK & { kid: string }
  /** Signed with the right key, so only its claims and its header count. */
  const sign = async (payload: JWTPayload, header: object = {}): Promise<string> =>
    secret(
      await new SignJWT(payload)
        .setProtectedHeader({ alg: 'EdDSA', kid: key().kid, typ: 'JWT', ...header })
        .sign(await importJWK(key(), 'EdDSA')),
    )
  const encode = (value: unknown): string => base64url.encode(JSON.stringify(value))

  test('never when it is as it should be', async () => {
    for (const reply of await sendToAll(await sign(claims()))) expect(reply.codes).toEqual([])
  })

  test.each(['iss', 'aud', 'sub', 'sid', 'role', 'exp'])('without %s', async (claim) => {
    const { [claim]: _left, ...others } = claims()
    await expectAllRefuse(await sign(others), claim === 'aud' ? 'WRONG_ENVIRONMENT' : 'UNAUTHENTICATED')
  })

  test.each<[string, object, string]>([
    ['expired', { exp: 1 }, 'TOKEN_EXPIRED'],
    ['expired a minute ago', { exp: Math.floor(Date.now() / 1000) - 60 }, 'TOKEN_EXPIRED'],
    ['not yet valid', { nbf: Math.floor(Date.now() / 1000) + 600 }, 'UNAUTHENTICATED'],
    ['of the other environment', { aud: 'staging' }, 'WRONG_ENVIRONMENT'],
    ['of another issuer', { iss: 'somebody' }, 'UNAUTHENTICATED'],
    ['of a role that there is not', { role: 'root' }, 'UNAUTHENTICATED'],
    ['of a role by its prototype', { role: 'constructor' }, 'UNAUTHENTICATED'],
    ['of roles', { role: ['admin'] }, 'UNAUTHENTICATED'],
    ['with a session that is no text', { sid: {} }, 'UNAUTHENTICATED'],
    ['with an end that is a text', { exp: 'never' }, 'UNAUTHENTICATED'],
    ['with scopes that are a text', { scp: 'segments.read' }, 'UNAUTHENTICATED'],
    ['with scopes that are null', { scp: null }, 'UNAUTHENTICATED'],
  ])('that is %s', async (_what, changed, code) => {
    await expectAllRefuse(await sign({ ...claims(), ...changed } as JWTPayload), code)
  })

  test('whose scopes are none of ours: they allow nothing', async () => {
    for (const scp of [[], ['everything'], ['constructor', '__proto__', 'public']]) {
      for (const reply of await sendToAll(await sign({ ...claims(), scp }))) expectRefused(reply, 403, 'FORBIDDEN')
    }
  })

  test('that is signed with nothing, with the public key as a secret, or with somebody’s own key', async () => {
    const { kid } = key()
    const [jwk] = (JSON.parse(production.signIn.publicKeys) as { keys: (JWK & { x: string })[] }).keys
    const tokens = [new UnsecuredJWT(claims()).encode()]
    for (const alg of ['none', 'None', 'NONE', 'nOnE', 'EdDSA', 'Ed25519']) {
      for (const signature of ['', 'AAAA']) tokens.push(`${encode({ alg, kid })}.${encode(claims())}.${signature}`)
    }
    for (const alg of ['HS256', 'HS512']) {
      // Every way to write the public key that somebody may have taken for a secret.
      for (const text of [
        base64url.decode(jwk?.x ?? ''),
        jwk?.x ?? '',
        JSON.stringify(jwk),
        production.signIn.publicKeys,
      ]) {
        const signed = `${encode({ alg, kid, typ: 'JWT' })}.${encode(claims())}`
        tokens.push(`${signed}.${createHmac(alg.replace('HS', 'sha'), text).update(signed).digest('base64url')}`)
      }
    }
    const own = { ...(JSON.parse(staging.signIn.privateKey) as JWK), kid }
    tokens.push(
      await new SignJWT(claims()).setProtectedHeader({ alg: 'EdDSA', kid }).sign(await importJWK(own, 'EdDSA')),
    )
    for (const token of tokens) await expectAllRefuse(token, 'UNAUTHENTICATED')
  })

  test('that names another key, or brings its own', async () => {
    const { d: _secret, ...jwk } = JSON.parse(staging.signIn.privateKey) as JWK
    const own = await importJWK(JSON.parse(staging.signIn.privateKey) as JWK, 'EdDSA')
    for (const header of [
      { kid: 'another' },
      { kid: '../../../../dev/null' },
      { kid: "' OR 1=1 --" },
      { kid: '' },
      { kid: jwk.kid },
      { kid: jwk.kid, jwk },
      { kid: key().kid, jwk },
      { kid: key().kid, jku: 'http://127.0.0.1:9/keys' },
      { kid: key().kid, x5u: 'http://127.0.0.1:9/keys' },
    ]) {
      await expectAllRefuse(
        await new SignJWT(claims()).setProtectedHeader({ alg: 'EdDSA', ...header } as never).sign(own),
        'UNAUTHENTICATED',
      )
    }
    await expectAllRefuse(await sign(claims(), { kid: 'another' }), 'UNAUTHENTICATED')
    await expectAllRefuse(await sign(claims(), { crit: ['exp'], exp: 1 }).catch(() => 'x.y.z'), 'UNAUTHENTICATED')
  })

  test('whose claims, header or signature are another’s', async () => {
    const [header = '', , signature = ''] = production.signIn.tokens.viewer.split('.')
    const [, adminsClaims = ''] = production.signIn.tokens.admin.split('.')
    const { admin } = production.signIn.tokens
    for (const token of [
      `${header}.${adminsClaims}.${signature}`,
      `${header}.${adminsClaims}.`,
      `${header}.${adminsClaims}`,
      `${admin}.`,
      `${admin}x`,
      admin.slice(0, -4),
      `.${admin}`,
      'null',
      'undefined',
      '..',
      '...',
      'x'.repeat(8000),
    ]) {
      await expectAllRefuse(token, 'UNAUTHENTICATED')
    }
    await expectAllRefuse(staging.signIn.tokens.admin, 'UNAUTHENTICATED')
  })

  test('in whatever it is wrapped', async () => {
    const { admin } = production.signIn.tokens
    for (const authorization of [
      admin,
      `Basic ${admin}`,
      `Bearer  ${admin}`,
      `Bearer ${admin},${admin}`,
      `Bearer "${admin}"`,
      'Bearer',
      `Token ${admin}`,
    ]) {
      expectRefused(
        await attack(production.gateway.url, { query: PRIVATE, headers: { authorization } }),
        401,
        'UNAUTHENTICATED',
      )
    }
    // Nor from a cookie or an address.
    const elsewhere = { query: PRIVATE, headers: { cookie: `authorization=Bearer ${admin}; token=${admin}` } }
    expectRefused(await attack(production.gateway.url, elsewhere), 401, 'UNAUTHENTICATED')
  })
})

const REFRESH = 'mutation { refreshSession { accessToken userErrors { code } } }'
const refresh = async (
  cookie: string,
  environment = production,
): Promise<{ reply: Reply; cookie: string; token: string; code: string }> => {
  const reply = await attack(environment.gateway.url, { query: REFRESH, headers: { cookie } })
  const { accessToken, userErrors } = reply.data.refreshSession
  if (accessToken) handedOut.add(accessToken)
  return { reply, cookie: cookieOf(reply), token: accessToken, code: userErrors[0]?.code }
}

describe('a refresh token', () => {
  test('comes in a cookie that no script reads, no other site sends and no other path gets', async () => {
    const { email } = await addAccount(production, 'cookies@example.com')
    const { reply } = await login(production, email)
    const [cookie = '', ...others] = reply.headers['set-cookie'] ?? []
    expect(others).toEqual([])
    expect(cookie).toMatch(
      /^segue_refresh_production=[\w-]{43}; Max-Age=1209600; Path=\/graphql; HttpOnly; SameSite=Strict$/,
    )
    expect(reply.text).not.toContain(cookie.split(/[=;]/)[1])
    expect(reply.headers['cache-control']).toBe('no-store')
    const https = await login(production, email, undefined, {
      'x-forwarded-for': newAddress(),
      'x-forwarded-proto': 'https',
    })
    expect(https.reply.headers['set-cookie']?.[0]).toMatch(/; SameSite=Strict; Secure$/)
  })

  test('that is replayed ends the session: neither the thief’s tokens nor the owner’s count', async () => {
    const { email } = await addAccount(production, 'replay@example.com')
    const stolen = (await login(production, email)).cookie
    const second = await refresh(stolen)
    const owner = await refresh(second.cookie)
    expect(owner.code).toBeUndefined()
    const thief = await refresh(stolen)
    expect([thief.code, thief.token]).toEqual(['NO_SESSION', null])
    expect(thief.reply.headers['set-cookie']?.[0]).toMatch(/^segue_refresh_production=; Max-Age=0; /)
    expect((await refresh(owner.cookie)).code).toBe('NO_SESSION')
    expect((await refresh(second.cookie)).code).toBe('NO_SESSION')
    const deadline = Date.now() + 10_000
    let codes: string[]
    do codes = (await attack(production.gateway.url, { query: '{ me { id } }', token: owner.token })).codes
    while (codes.length === 0 && Date.now() < deadline)
    expect(codes).toEqual(['SESSION_ENDED'])
  })

  test('of the other environment, made up or mangled starts nothing', async () => {
    await addAccount(staging, 'both@example.com')
    await addAccount(production, 'both@example.com')
    const foreign = (await login(staging, 'both@example.com', undefined, {})).cookie
    const own = (await login(production, 'both@example.com')).cookie
    const value = foreign.split('=')[1] ?? ''
    expect(value).toHaveLength(43)
    for (const cookie of [
      foreign,
      `segue_refresh_production=${value}`,
      `segue_refresh_production=${'A'.repeat(43)}`,
      'segue_refresh_production=',
      `segue_refresh_production=${'A'.repeat(7000)}`,
      `xsegue_refresh_production=${own.split('=')[1]}`,
      `segue_refresh_production="${own.split('=')[1]}"`,
      `segue_refresh_production=${own.split('=')[1]}%0d%0ax-segue-gateway: x`,
      `${own}' OR '1'='1`,
      own.replace(/.$/, '*'),
      own.toUpperCase(),
    ]) {
      const { code, token, reply } = await refresh(cookie)
      expect([code, token]).toEqual(['NO_SESSION', null])
      expectHarmless(reply)
    }
    expect((await refresh(own)).code).toBeUndefined()
    expect((await refresh(foreign, staging)).code).toBeUndefined()
  })

  test('is not taken from a header that the client sends itself', async () => {
    const own = (await login(production, ADMIN.email)).cookie
    const headers = { 'x-segue-refresh-token': own.split('=')[1], 'x-segue-set-refresh-token': 'A;100' }
    const reply = await attack(production.gateway.url, { query: REFRESH, headers })
    expect(reply.data.refreshSession).toEqual({ accessToken: null, userErrors: [{ code: 'NO_SESSION' }] })
  })
})

describe('an API key', () => {
  const make = async (token: string, input: object): Promise<{ key: string; id: string; codes: string[] }> => {
    const query =
      'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { key apiKey { id } userErrors { code } } }'
    const { data } = await attack(production.gateway.url, {
      query,
      variables: { input: { name: 'Machine', ...input } },
      token,
    })
    const { key, apiKey, userErrors } = data.createApiKey
    if (key) handedOut.add(key)
    return { key, id: apiKey?.id, codes: userErrors.map(({ code }: { code: string }) => code) }
  }
  const send = (key: string, query = PRIVATE, environment = production): Promise<Reply> =>
    attack(environment.gateway.url, { query, token: key })
  let admin: string
  beforeAll(async () => {
    admin = (await login(production, ADMIN.email)).token
  })

  test('that is forged is refused, whatever of it is right', async () => {
    const { key } = await make(admin, { scopes: ['segments.read'] })
    expect((await send(key)).codes).toEqual([])
    const [, , id = '', right = ''] = key.split('_')
    for (const forged of [
      key.slice(0, -1),
      `${key}0`,
      key.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
      `segue_production_${id}_${'0'.repeat(64)}`,
      `segue_production_${'0'.repeat(32)}_${right}`,
      `segue_production_${id}_`,
      `segue_production__${right}`,
      'segue_production_',
      `segue_production_${id}_${right.toUpperCase()}x`,
      `segue_production_${'x'.repeat(6000)}`,
    ]) {
      expectRefused(await send(forged), 401, 'UNAUTHENTICATED')
    }
    expect((await send(key)).codes).toEqual([])
  })

  test('of the other environment is refused in both ways', async () => {
    const { key } = await make(admin, { scopes: ['segments.read'] })
    expectRefused(await send(key, PRIVATE, staging), 401, 'WRONG_ENVIRONMENT')
    expectRefused(await send(key.replace('_production_', '_staging_'), PRIVATE, staging), 401, 'UNAUTHENTICATED')
    expectRefused(await send(key.replace('_production_', '_other_')), 401, 'WRONG_ENVIRONMENT')
    expectRefused(await send(key.replace('_production_', '_PRODUCTION_')), 401, 'WRONG_ENVIRONMENT')
  })

  test('that has expired or is revoked is refused, also while its access token would go on', async () => {
    const { key, id } = await make(admin, { scopes: ['segments.read'] })
    expect((await send(key)).codes).toEqual([])
    const revoke = 'mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { userErrors { code } } }'
    expect(
      (await attack(production.gateway.url, { query: revoke, variables: { id }, token: admin })).data.revokeApiKey
        .userErrors,
    ).toEqual([])
    const deadline = Date.now() + 10_000
    let reply: Reply
    do reply = await send(key)
    while (reply.codes.length === 0 && Date.now() < deadline)
    do reply = await send(key)
    while (reply.codes[0] === 'SESSION_ENDED' && Date.now() < deadline)
    expectRefused(reply, 401, 'UNAUTHENTICATED')

    const old = await make(admin, { scopes: ['segments.read'] })
    await production.subgraphs.platform.database.query(
      'UPDATE api_key SET expires_at = ? WHERE name = ? AND revoked_at IS NULL',
      [new Date(Date.now() - 1000), 'Machine'],
    )
    expectRefused(await send(old.key), 401, 'UNAUTHENTICATED')
  })

  test('does no more than its scopes, and makes none that does', async () => {
    const { key } = await make(admin, { scopes: ['segments.read', 'own.write', 'own.read'] })
    expectRefused(await send(key, '{ workflows { totalCount: pageInfo { endCursor } } }'), 403, 'FORBIDDEN')
    expectRefused(
      await send(key, '{ segments { edges { node { profiles { edges { node { id } } } } } } }'),
      403,
      'FORBIDDEN',
    )
    expectRefused(
      await send(key, 'mutation { createSegment(input: { name: "x" }) { userErrors { code } } }'),
      403,
      'FORBIDDEN',
    )
    expectRefused(await send(key, '{ accounts { edges { node { id } } } }'), 403, 'FORBIDDEN')
    expect((await make(key, { scopes: ['segments.write'] })).codes).toEqual(['SCOPE_NOT_HELD'])
    expect((await make(key, { scopes: ['accounts.write'] })).codes).toEqual(['SCOPE_NOT_HELD'])
    for (const scope of ['public', '*', '', 'SEGMENTS.READ', 'constructor', '__proto__', ' segments.read']) {
      expect((await make(admin, { scopes: [scope] })).codes).toEqual(['BAD_SCOPE'])
    }
    expect((await make(admin, { scopes: [] })).codes).toEqual(['INVALID_INPUT'])
    for (const expiresAt of ['2020-01-01T00:00:00Z', '2999-01-01T00:00:00Z']) {
      expect((await make(admin, { scopes: ['segments.read'], expiresAt })).codes).toEqual(['BAD_EXPIRY'])
    }
    const viewer = (await login(production, (await addAccount(production, 'keys@example.com')).email)).token
    expect((await make(viewer, { scopes: ['segments.write'] })).codes).toEqual(['SCOPE_NOT_HELD'])
    const { data } = await attack(production.gateway.url, { query: '{ me { id } }', token: admin })
    expect((await make(viewer, { scopes: ['segments.read'], accountId: data.me.id })).codes).toEqual([
      'ACCOUNT_NOT_FOUND',
    ])
  })
})

test('tokens that outlive their rights are no way around them: a signer has to have the key', async () => {
  const sign = await createTokenSigner(JSON.parse(staging.signIn.privateKey) as JWK, 'production')
  const token = await sign({ id: randomUUID(), role: 'admin', sessionId: randomUUID(), personalData: true })
  await expectAllRefuse(token, 'UNAUTHENTICATED')
})

test('no log has a token, a key or a password', () => {
  expect(refreshTokens.size).toBeGreaterThan(5)
  expect(handedOut.size).toBeGreaterThan(8)
  environments.log.expectClean(
    ...refreshTokens,
    ...handedOut,
    ...[...handedOut].map((token) => token.split(/[._]/).at(-1) ?? token),
  )
})
