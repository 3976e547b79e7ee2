// Passwords: changed by their owner, chosen anew with the token of an admin.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { setTimeout } from 'node:timers/promises'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { PASSWORD, startTestPlatform, type PlatformAnswer, type TestPlatform } from '../../../../test/setup/platform.js'

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

const NEW = 'another long password'
const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) { accessToken userErrors { code } } }`

const signsIn = async (email: string, password: string): Promise<boolean> => {
  const { data } = await platform.ask(LOGIN, { input: { email, password } })
  return data.login.accessToken !== null
}

async function ends(token: string): Promise<void> {
  const until = Date.now() + 2500
  for (;;) {
    const { errors } = await platform.ask('{ me { email } }', {}, { token })
    if (errors?.[0]?.extensions.code === 'SESSION_ENDED') return
    if (Date.now() > until) throw new Error('The token counts still.')
    await setTimeout(50)
  }
}

describe('changing one’s password', () => {
  const change = async (token: string, currentPassword: string, newPassword = NEW, address = '203.0.113.1') => {
    const answer = await platform.ask(
      `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { account { email } userErrors { code path } } }`,
      { input: { currentPassword, newPassword } },
      { token, address },
    )
    return answer.data.changePassword
  }

  test('needs the old one and ends all other sessions', async () => {
    const { email } = await platform.addAccount('changing@example.com', 'viewer')
    const here = await platform.login(email)
    const elsewhere = await platform.login(email)
    expect(await change(here.token, 'not the old one')).toEqual({
      account: null,
      userErrors: [{ code: 'WRONG_PASSWORD', path: ['input', 'currentPassword'] }],
    })
    expect(await signsIn(email, PASSWORD)).toBe(true)
    expect(await change(here.token, PASSWORD)).toEqual({ account: { email }, userErrors: [] })
    await ends(elsewhere.token)
    const me = await platform.ask('{ me { email } }', {}, { token: here.token })
    expect(me.data).toEqual({ me: { email } })
    expect(await signsIn(email, PASSWORD)).toBe(false)
    expect(await signsIn(email, NEW)).toBe(true)
  })

  test('is no way to guess it', async () => {
    const { email } = await platform.addAccount('guessed@example.com', 'viewer')
    const { token } = await platform.login(email)
    const address = '198.51.100.40'
    for (let i = 0; i < 20; i++) await change(token, `guess number ${i}`, NEW, address)
    expect((await change(token, PASSWORD, NEW, address)).userErrors).toMatchObject([{ code: 'TOO_MANY_ATTEMPTS' }])
  })

  test('leaves nothing of it in the audit', async () => {
    const { email } = await platform.addAccount('audited@example.com', 'viewer')
    const { token } = await platform.login(email)
    await change(token, PASSWORD)
    const entries = await platform.database.query<object[]>(
      `SELECT * FROM audit_entry WHERE action = 'account.change-password' AND account_email = ?`,
      [email],
    )
    expect(entries).toHaveLength(1)
    expect(JSON.stringify(entries)).not.toMatch(/correct horse|another long|argon2/)
  })
})

describe('a reset', () => {
  const make = async (accountId: string, by = 'admin@example.com'): Promise<PlatformAnswer['data']> => {
    const { token } = await platform.login(by)
    const answer = await platform.ask(
      `mutation ($input: CreatePasswordResetInput!) { createPasswordReset(input: $input) { token expiresAt userErrors { code } } }`,
      { input: { accountId } },
      { token },
    )
    return answer.data.createPasswordReset
  }
  const use = async (token: string, newPassword = NEW, at = platform): Promise<PlatformAnswer['data']> => {
    const answer = await at.ask(
      `mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { email userErrors { code } } }`,
      { input: { token, newPassword } },
    )
    return answer.data.resetPassword
  }
  const ENDED = { email: null, userErrors: [{ code: 'LINK_ENDED' }] }

  test('sets a password once and ends all sessions; until then the old one counts', async () => {
    const { id, email } = await platform.addAccount('forgetful@example.com', 'viewer')
    const session = await platform.login(email)
    const { token } = await make(id)
    expect(await signsIn(email, PASSWORD)).toBe(true)
    expect(await use(token)).toEqual({ email, userErrors: [] })
    await ends(session.token)
    expect(await signsIn(email, PASSWORD)).toBe(false)
    expect(await signsIn(email, NEW)).toBe(true)
    expect(await use(token, 'a third long password')).toEqual(ENDED)
  })

  test('used by two at once counts for one', async () => {
    const { id, email } = await platform.addAccount('raced@example.com', 'viewer')
    const { token } = await make(id)
    const passwords = ['the first password', 'the second password'] as const
    const answers = await Promise.all([use(token, passwords[0]), use(token, passwords[1], second)])
    expect(answers).toContainEqual(ENDED)
    const winner = answers.findIndex((answer) => answer.email === email)
    expect(await signsIn(email, passwords[winner] ?? '')).toBe(true)
    expect(await signsIn(email, passwords[1 - winner] ?? '')).toBe(false)
  })

  test('ends with its day, with the next one, with another new password, and with its account', async () => {
    const { id, email } = await platform.addAccount('many@example.com', 'viewer')
    const replaced = await make(id)
    const over = await make(id)
    expect(await use(replaced.token)).toEqual(ENDED)
    await platform.database.query('UPDATE password_reset SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND')
    expect(await use(over.token)).toEqual(ENDED)
    const outdated = await make(id)
    const session = await platform.login(email)
    await platform.ask(
      `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code } } }`,
      { input: { currentPassword: PASSWORD, newPassword: NEW } },
      { token: session.token },
    )
    expect(await use(outdated.token, 'a third long password')).toEqual(ENDED)
    const disabled = await make(id)
    await platform.database.query('UPDATE account SET enabled = FALSE WHERE email = ?', [email])
    expect(await use(disabled.token)).toEqual(ENDED)
    expect(await use('A'.repeat(43))).toEqual(ENDED)
  })

  test('of an admin who was let go sets nothing', async () => {
    const { id } = await platform.addAccount('target@example.com', 'admin')
    const { email } = await platform.addAccount('leaving@example.com', 'admin')
    const { token } = await make(id, email)
    await platform.database.query('UPDATE account SET enabled = FALSE WHERE email = ?', [email])
    expect(await use(token)).toEqual(ENDED)
    await platform.database.query(`UPDATE account SET enabled = TRUE, role = 'viewer' WHERE email = ?`, [email])
    expect(await use(token)).toEqual(ENDED)
  })
})
