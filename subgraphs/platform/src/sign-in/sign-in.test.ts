// Signing in: who may, what it gives, and what stops guessing.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { decodeJwt } from 'jose'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { PASSWORD, startTestPlatform, type Asking, type TestPlatform } from '../../../../test/setup/platform.js'

let database: TestDatabase
let platform: TestPlatform
/** Another process over the same database. */
let second: TestPlatform

beforeAll(async () => {
  database = await createMigratedDatabase()
  platform = await startTestPlatform(database)
  second = await startTestPlatform(database, platform)
  await platform.addAccount('Admin@Example.com', 'admin')
})
afterAll(async () => {
  await second?.close()
  await platform?.close()
  await database?.close()
})

const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) {
  accessToken expiresAt account { email role } userErrors { code message path } } }`

const login = async (email: string, password: string, asking: Asking = {}, at = platform) => {
  const answer = await at.ask(LOGIN, { input: { email, password } }, asking)
  if (answer.errors) throw new Error(JSON.stringify(answer.errors))
  return answer.data.login
}

describe('signing in', () => {
  test('gives a token of fifteen minutes for this environment, with which me answers', async () => {
    const { accessToken, expiresAt, account, userErrors } = await login(' admin@example.com ', PASSWORD)
    expect(userErrors).toEqual([])
    expect(account).toMatchObject({ email: 'admin@example.com', role: 'admin' })
    const claims = decodeJwt(accessToken)
    expect(claims).toMatchObject({ iss: 'segue', aud: 'staging', role: 'admin', pd: false })
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(900)
    expect(Math.floor(Date.parse(expiresAt) / 1000)).toBe(claims.exp)
    const me = await platform.ask('{ me { email lastLoginAt } }', {}, { token: accessToken })
    expect(me.data).toEqual({ me: { email: 'admin@example.com', lastLoginAt: expect.any(String) } })
    expect(Date.now() - Date.parse(me.data.me.lastLoginAt)).toBeLessThan(10_000)
  })

  test('is refused in the same words for a wrong password, an unknown account and a disabled one', async () => {
    const { id } = await platform.addAccount('gone@example.com', 'viewer')
    await platform.database.query('UPDATE account SET enabled = FALSE WHERE id = ?', [
      Buffer.from(id.replaceAll('-', ''), 'hex'),
    ])
    const answers = [
      await login('admin@example.com', 'wrong password!'),
      await login('nobody@example.com', PASSWORD),
      await login('gone@example.com', PASSWORD),
    ]
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]).toMatchObject({ accessToken: null, account: null, userErrors: [{ code: 'BAD_CREDENTIALS' }] })
  })

  test('takes as long for an account that does not exist', async () => {
    const time = async (email: string): Promise<number> => {
      const started = performance.now()
      await login(email, 'wrong password!', { address: '203.0.113.9' })
      return performance.now() - started
    }
    const pairs: [number, number][] = []
    for (let i = 0; i < 7; i++) pairs.push([await time('admin@example.com'), await time(`unknown${i}@example.com`)])
    const median = (side: 0 | 1): number => pairs.map((pair) => pair[side]).sort((a, b) => a - b)[3] ?? 0
    // Hashing takes tens of milliseconds; without it an unknown account answers in two or three.
    expect(median(1)).toBeGreaterThan(median(0) / 2)
  })

  test('is for the address as it was given, not for one that the database finds alike', async () => {
    expect(await login('ádmin@example.com', PASSWORD)).toMatchObject({
      accessToken: null,
      userErrors: [{ code: 'BAD_CREDENTIALS' }],
    })
  })
})

describe('failed attempts', () => {
  const fail = async (email: string, times: number, asking: Asking): Promise<string[]> => {
    const codes: string[] = []
    // By turns at either process.
    for (let i = 0; i < times; i++) {
      codes.push((await login(email, 'a wrong guess', asking, i % 2 ? platform : second)).userErrors[0].code)
    }
    return codes
  }

  test('stop an e-mail address from one network, over all processes, whether there is such an account or not', async () => {
    const here = { address: '198.51.100.1' }
    await platform.addAccount('target@example.com', 'viewer')
    for (const email of ['target@example.com', 'no-such-target@example.com']) {
      expect(new Set(await fail(email, 20, here))).toEqual(new Set(['BAD_CREDENTIALS']))
      for (const process of [platform, second]) {
        expect((await login(email, PASSWORD, here, process)).userErrors).toMatchObject([
          { code: 'TOO_MANY_ATTEMPTS', message: expect.stringContaining('10 minutes') },
        ])
      }
    }
    // Their owner is somewhere else, and not stopped.
    expect((await login('target@example.com', PASSWORD, { address: '198.51.100.2' })).userErrors).toEqual([])
  })

  test('survive a restart, and end with their window', async () => {
    const here = { address: '198.51.100.10' }
    await platform.addAccount('patient@example.com', 'viewer')
    await fail('patient@example.com', 20, here)
    const restarted = await startTestPlatform(database, platform)
    try {
      const stopped = await login('patient@example.com', PASSWORD, here, restarted)
      expect(stopped.userErrors).toMatchObject([{ code: 'TOO_MANY_ATTEMPTS' }])
      await platform.database.query('UPDATE sign_in_attempt SET until = until - INTERVAL 10 MINUTE')
      expect((await login('patient@example.com', PASSWORD, here, restarted)).userErrors).toEqual([])
    } finally {
      await restarted.close()
    }
  })
})
