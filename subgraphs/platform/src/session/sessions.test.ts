// Sessions: kept alive by refresh tokens that are good for one use, seen and ended by their owner and by admins.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { toBytes } from '@segue/database'
import { countStatements } from '@segue/graphql'
import { decodeJwt } from 'jose'
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import {
  startTestPlatform,
  type Asking,
  type PlatformAnswer,
  type TestPlatform,
} from '../../../../test/setup/platform.js'

let database: TestDatabase
let platform: TestPlatform
/** Another process over the same database. */
let second: TestPlatform

beforeAll(async () => {
  database = await createMigratedDatabase()
  platform = await startTestPlatform(database)
  second = await startTestPlatform(database, platform)
  await platform.addAccount('admin@example.com', 'admin')
})
afterAll(async () => {
  await second?.close()
  await platform?.close()
  await database?.close()
})

const REFRESH = `mutation { refreshSession { accessToken expiresAt account { email role } userErrors { code } } }`

const refresh = async (refreshToken: string, at = platform): Promise<PlatformAnswer> => {
  const answer = await at.ask(REFRESH, {}, { refreshToken })
  if (answer.errors) throw new Error(JSON.stringify(answer.errors))
  return answer
}
const codesOf = ({ data }: PlatformAnswer): string[] =>
  data.refreshSession.userErrors.map((error: { code: string }) => error.code)
const newToken = (answer: PlatformAnswer): string => {
  expect(codesOf(answer)).toEqual([])
  expect(answer.refreshToken).toMatch(/^[\w-]{43}$/)
  return answer.refreshToken ?? ''
}
const graceIsOver = (): Promise<unknown> =>
  platform.database.query('UPDATE account_session SET rotated_at = rotated_at - INTERVAL 11 SECOND')
const sessionOf = (token: string): string => String(decodeJwt(token)['sid'])

/** Resolves when the platform subgraph answers a token with this code (undefined: it answers), within the time it has for it. */
async function becomes(token: string, code: string | undefined): Promise<void> {
  const until = Date.now() + 2500
  for (;;) {
    const { errors } = await platform.ask('{ me { email } }', {}, { token })
    if (errors?.[0]?.extensions.code === code) return
    if (Date.now() > until) throw new Error(`It is answered with ${errors?.[0]?.extensions.code}, not with ${code}.`)
    await setTimeout(50)
  }
}

let accounts = 0
const account = async (role: 'admin' | 'viewer' = 'viewer'): Promise<{ id: string; email: string }> =>
  platform.addAccount(`somebody${accounts++}@example.com`, role)

describe('a refresh token', () => {
  test('is taken for an access token and its successor, again and again', async () => {
    const { email } = await account()
    const { token, refreshToken } = await platform.login(email)
    let current = refreshToken
    for (const process of [platform, second, platform]) {
      const answer = await refresh(current, process)
      const { accessToken, account: whose } = answer.data.refreshSession
      expect(sessionOf(accessToken)).toBe(sessionOf(token))
      expect(whose).toEqual({ email, role: 'viewer' })
      expect(answer.maxAgeSeconds).toBeGreaterThan(13.9 * 24 * 3600)
      current = newToken(answer)
    }
    expect(current).not.toBe(refreshToken)
  })

  test('that comes back after it was used ends its session, for whoever has its successor too', async () => {
    const { email } = await account()
    const { token, refreshToken } = await platform.login(email)
    const other = await platform.login(email)
    const successor = newToken(await refresh(refreshToken))
    await graceIsOver()
    const replayed = await refresh(refreshToken, second)
    expect(codesOf(replayed)).toEqual(['NO_SESSION'])
    expect(replayed.refreshToken).toBe('')
    expect(codesOf(await refresh(successor))).toEqual(['NO_SESSION'])
    await becomes(token, 'SESSION_ENDED')
    newToken(await refresh(other.refreshToken))
    const [entry] = await platform.database.query<{ action: string }[]>(
      'SELECT action FROM audit_entry WHERE subject_id = ? ORDER BY id DESC LIMIT 1',
      [sessionOf(token)],
    )
    expect(entry).toEqual({ action: 'session.replay' })
  })

  test('of two tabs at once gives each one that counts, whichever the browser keeps', async () => {
    for (const kept of [0, 1] as const) {
      const { email } = await account()
      const { refreshToken } = await platform.login(email)
      const answers = await Promise.all([refresh(refreshToken), refresh(refreshToken, second)])
      const tokens = answers.map(newToken)
      expect(tokens[0]).not.toBe(tokens[1])
      await graceIsOver()
      const next = newToken(await refresh(tokens[kept] ?? ''))
      // The other one is a replay now: a thief and an owner who both got one do not live on side by side.
      await graceIsOver()
      expect(codesOf(await refresh(tokens[1 - kept] ?? ''))).toEqual(['NO_SESSION'])
      expect(codesOf(await refresh(next))).toEqual(['NO_SESSION'])
    }
  })

  test('counts once more within seconds, when the answer to the first time got lost', async () => {
    const { email } = await account()
    const { refreshToken } = await platform.login(email)
    await refresh(refreshToken)
    const again = newToken(await refresh(refreshToken))
    await graceIsOver()
    newToken(await refresh(again))
  })

  test('that nobody ever had ends nothing, and none is refused', async () => {
    const { email } = await account()
    const { refreshToken } = await platform.login(email)
    expect(codesOf(await refresh('A'.repeat(43)))).toEqual(['NO_SESSION'])
    expect(codesOf(await refresh(''))).toEqual(['NO_SESSION'])
    newToken(await refresh(refreshToken))
  })

  test('of a session that is over is refused', async () => {
    const { email } = await account()
    const { token, refreshToken } = await platform.login(email)
    await platform.database.query(
      'UPDATE account_session SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE id = ?',
      [toBytes(sessionOf(token))],
    )
    expect(codesOf(await refresh(refreshToken))).toEqual(['NO_SESSION'])
  })

  test('does not keep a session alive for ever', async () => {
    const { email } = await account()
    const { token, refreshToken } = await platform.login(email)
    await platform.database.query('UPDATE account_session SET created_at = created_at - INTERVAL 89 DAY WHERE id = ?', [
      toBytes(sessionOf(token)),
    ])
    const answer = await refresh(refreshToken)
    newToken(answer)
    expect(answer.maxAgeSeconds).toBeLessThanOrEqual(24 * 3600)
  })

  test('is kept as a hash only', async () => {
    const { email } = await account()
    const { refreshToken } = await platform.login(email)
    const rows = await platform.database.query<{ token_hash: Buffer }[]>('SELECT token_hash FROM refresh_token')
    expect(rows.every(({ token_hash }) => token_hash.length === 32)).toBe(true)
    expect(rows.some(({ token_hash }) => token_hash.equals(Buffer.from(refreshToken, 'base64url')))).toBe(false)
  })
})

describe('sessions', () => {
  const MINE = `query ($first: Int, $after: String) { mySessions(first: $first, after: $after) {
    edges { node { id current address userAgent createdAt lastUsedAt expiresAt } } pageInfo { hasNextPage endCursor } } }`
  const OF = 'query ($id: ID!) { accountSessions(accountId: $id) { edges { node { id current } } } }'
  const admin = async (): Promise<Asking> => ({ token: (await platform.login('admin@example.com')).token })

  test('are listed newest first, with where they are, in pages of one statement', async () => {
    const { id, email } = await account()
    const phone = await platform.login(email, { address: '2001:db8::7', userAgent: 'a phone' })
    const desk = await platform.login(email, { address: '198.51.100.7', userAgent: `a desk ${'x'.repeat(500)}` })
    const statements = countStatements(platform.subgraph.database)
    const first = await platform.ask(MINE, { first: 1 }, { token: desk.token })
    expect(statements.statements).toHaveLength(1)
    expect(first.data.mySessions.edges).toMatchObject([
      { node: { id: sessionOf(desk.token), current: true, address: '198.51.100.7' } },
    ])
    expect(first.data.mySessions.edges[0].node.userAgent).toHaveLength(300)
    const { endCursor: after } = first.data.mySessions.pageInfo
    const next = await platform.ask(MINE, { first: 5, after }, { token: desk.token })
    expect(next.data.mySessions).toMatchObject({
      edges: [{ node: { id: sessionOf(phone.token), current: false, address: '2001:db8::7', userAgent: 'a phone' } }],
      pageInfo: { hasNextPage: false },
    })
    const seen = await platform.ask(OF, { id }, await admin())
    expect(seen.data.accountSessions.edges).toHaveLength(2)
    const refused = await platform.ask(OF, { id }, { token: desk.token })
    expect(refused.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  })

  test('end by signing out, and their tokens with them', async () => {
    const { email } = await account()
    const { token, refreshToken } = await platform.login(email)
    const out = await platform.ask('mutation { logout { ended userErrors { code } } }', {}, { refreshToken })
    expect(out).toMatchObject({ data: { logout: { ended: true, userErrors: [] } }, refreshToken: '', maxAgeSeconds: 0 })
    expect(codesOf(await refresh(refreshToken))).toEqual(['NO_SESSION'])
    await becomes(token, 'SESSION_ENDED')
    const again = await platform.ask('mutation { logout { ended } }', {}, { refreshToken })
    expect(again.data.logout).toEqual({ ended: false })
  })

  test('are ended one by one by their owner, not by another, and by an admin', async () => {
    const { email } = await account()
    const [one, two] = [await platform.login(email), await platform.login(email)]
    const stranger = await platform.login((await account()).email)
    const revoke = (id: string, asking: Asking) =>
      platform.ask(
        'mutation ($id: ID!) { revokeSession(input: { id: $id }) { revokedId userErrors { code path } } }',
        { id },
        asking,
      )
    const refused = await revoke(sessionOf(one.token), { token: stranger.token })
    expect(refused.data.revokeSession).toEqual({
      revokedId: null,
      userErrors: [{ code: 'SESSION_NOT_FOUND', path: ['input', 'id'] }],
    })
    await revoke(sessionOf(one.token), { token: two.token })
    await becomes(one.token, 'SESSION_ENDED')
    await becomes(two.token, undefined)
    await revoke(sessionOf(two.token), await admin())
    await becomes(two.token, 'SESSION_ENDED')
    expect(codesOf(await refresh(two.refreshToken))).toEqual(['NO_SESSION'])
  })

  test('are ended all at once, but for the one that asks when it says so', async () => {
    const { id, email } = await account()
    const all = [await platform.login(email), await platform.login(email), await platform.login(email)] as const
    const REVOKE = `mutation ($input: RevokeSessionsInput!) { revokeSessions(input: $input) { revoked userErrors { code } } }`
    const mine = await platform.ask(REVOKE, { input: { keepCurrent: true } }, { token: all[2].token })
    expect(mine.data.revokeSessions).toEqual({ revoked: 2, userErrors: [] })
    for (const { token } of all.slice(0, 2)) await becomes(token, 'SESSION_ENDED')
    newToken(await refresh(all[2].refreshToken))
    const stranger = await platform.login((await account()).email)
    const refused = await platform.ask(REVOKE, { input: { accountId: id } }, { token: stranger.token })
    expect(refused.data.revokeSessions.userErrors).toEqual([{ code: 'ACCOUNT_NOT_FOUND' }])
    const byAdmin = await platform.ask(REVOKE, { input: { accountId: id } }, await admin())
    expect(byAdmin.data.revokeSessions.revoked).toBe(1)
    await becomes(all[2].token, 'SESSION_ENDED')
  })
})

test('an account has a hundred sessions at most: the oldest ends for a new one', async () => {
  const { id, email } = await account()
  const oldest = await platform.login(email)
  const others = Array.from({ length: 99 }, () => [toBytes(randomUUID()), toBytes(id)])
  await platform.database.query(
    `INSERT INTO account_session (id, account_id, created_at, last_used_at, expires_at, address, user_agent, rotated_at)
     VALUES ${others.map(() => `(?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) + INTERVAL 1 DAY, '', '', UTC_TIMESTAMP(3))`).join(', ')}`,
    others.flat(),
  )
  await platform.login(email)
  expect(codesOf(await refresh(oldest.refreshToken))).toEqual(['NO_SESSION'])
  await becomes(oldest.token, 'SESSION_ENDED')
  const [{ n } = { n: 0 }] = await platform.database.query<{ n: string }[]>(
    'SELECT COUNT(*) AS n FROM account_session WHERE account_id = ?',
    [toBytes(id)],
  )
  expect(Number(n)).toBe(100)
})

describe('changes of an account', () => {
  const UPDATE = `mutation ($input: UpdateAccountInput!) { updateAccount(input: $input) { account { version } userErrors { code } } }`
  const update = async (id: string, changes: object): Promise<void> => {
    const { token } = await platform.login('admin@example.com')
    const { data } = await platform.ask('query ($id: ID!) { account(id: $id) { version } }', { id }, { token })
    const answer = await second.ask(UPDATE, { input: { id, version: data.account.version, ...changes } }, { token })
    expect(answer.data.updateAccount.userErrors).toEqual([])
  }

  test('of its rights end the tokens it has; refreshing gets one with the new rights, at once', async () => {
    const { id, email } = await account('admin')
    const { token, refreshToken } = await platform.login(email)
    for (const [changes, claims] of [
      [{ role: 'marketer' }, { role: 'marketer', pd: false }],
      [{ personalData: true }, { role: 'marketer', pd: true }],
    ] as const) {
      await update(id, changes)
      const answer = await refresh(refreshToken)
      const { accessToken } = answer.data.refreshSession
      expect(decodeJwt(accessToken)).toMatchObject(claims)
      await becomes(token, 'SESSION_ENDED')
      // The new one counts from the beginning, and after the next look at what has ended.
      await becomes(accessToken, undefined)
    }
  })

  test('of its name end nothing', async () => {
    const { id, email } = await account()
    const { token } = await platform.login(email)
    const before = await platform.database.query<{ n: number }[]>('SELECT COUNT(*) AS n FROM revoked_session')
    await update(id, { name: 'Somebody else' })
    expect(await platform.database.query('SELECT COUNT(*) AS n FROM revoked_session')).toEqual(before)
    await becomes(token, undefined)
  })

  test('that disable it end its sessions for good', async () => {
    const { id, email } = await account()
    const { token, refreshToken } = await platform.login(email)
    await update(id, { enabled: false })
    await becomes(token, 'SESSION_ENDED')
    await update(id, { enabled: true })
    expect(codesOf(await refresh(refreshToken))).toEqual(['NO_SESSION'])
    await platform.login(email)
  })
})
