// Invitations: an admin hands a token over, and somebody makes their account with it once.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { countStatements } from '@segue/graphql'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { PASSWORD, startTestPlatform, type PlatformAnswer, type TestPlatform } from '../../../../test/setup/platform.js'

let database: TestDatabase
let platform: TestPlatform
/** Another process over the same database. */
let second: TestPlatform
let token: string

beforeAll(async () => {
  database = await createMigratedDatabase()
  platform = await startTestPlatform(database)
  second = await startTestPlatform(database, platform)
  await platform.addAccount('admin@example.com', 'admin')
  token = (await platform.login('admin@example.com')).token
})
afterAll(async () => {
  await second?.close()
  await platform?.close()
  await database?.close()
})

const INVITE = `mutation ($input: InviteAccountInput!) { inviteAccount(input: $input) {
  token invitation { id email role personalData expiresAt invitedBy { email } } userErrors { code path } } }`
const ACCEPT = `mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { email userErrors { code path } } }`

const invite = async (email: string, more: object = {}, at = platform): Promise<PlatformAnswer['data']> => {
  const input = { email, name: 'Invited', role: 'marketer', ...more }
  return (await at.ask(INVITE, { input }, { token })).data.inviteAccount
}
const accept = async (invitation: string, more: object = {}, at = platform): Promise<PlatformAnswer['data']> =>
  (await at.ask(ACCEPT, { input: { token: invitation, password: PASSWORD, ...more } })).data.acceptInvitation

const ENDED = { email: null, userErrors: [{ code: 'LINK_ENDED', path: ['input', 'token'] }] }

test('an invitation makes an account of its role, with a password that no admin ever saw', async () => {
  const made = await invite('New@Example.com', { personalData: true })
  expect(made).toMatchObject({
    token: expect.stringMatching(/^[\w-]{43}$/),
    invitation: {
      email: 'new@example.com',
      role: 'marketer',
      personalData: true,
      invitedBy: { email: 'admin@example.com' },
    },
    userErrors: [],
  })
  expect(await accept(made.token, { name: 'Nel' })).toEqual({ email: 'new@example.com', userErrors: [] })
  const session = await platform.login('new@example.com')
  const me = await platform.ask('{ me { name role personalData enabled } }', {}, { token: session.token })
  expect(me.data.me).toEqual({ name: 'Nel', role: 'marketer', personalData: true, enabled: true })
  const entries = await platform.database.query<{ action: string; before_values: string; after_values: string }[]>(
    `SELECT action, before_values, after_values FROM audit_entry WHERE action IN ('invitation.create', 'account.create')`,
  )
  expect(entries.map(({ action }) => action).toSorted()).toEqual(['account.create', 'invitation.create'])
  expect(JSON.stringify(entries)).not.toContain(made.token)
})

test('of two who accept one invitation at once, one makes the account', async () => {
  const { token: invitation } = await invite('twice@example.com')
  const answers = await Promise.all([accept(invitation), accept(invitation, {}, second)])
  expect(answers.map(({ email }) => email).filter(Boolean)).toEqual(['twice@example.com'])
  expect(answers).toContainEqual(ENDED)
  expect(await accept(invitation)).toEqual(ENDED)
})

test('an invitation that is over, replaced or taken back, or was never made, makes nothing', async () => {
  const old = await invite('old@example.com')
  await platform.database.query(
    `UPDATE invitation SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE email = 'old@example.com'`,
  )
  expect(await accept(old.token)).toEqual(ENDED)
  const replaced = await invite('again@example.com')
  const current = await invite('again@example.com', { role: 'viewer' })
  expect(await accept(replaced.token)).toEqual(ENDED)
  const revoked = await platform.ask(
    'mutation ($id: ID!) { revokeInvitation(input: { id: $id }) { revokedId userErrors { code } } }',
    { id: current.invitation.id },
    { token },
  )
  expect(revoked.data.revokeInvitation).toEqual({ revokedId: current.invitation.id, userErrors: [] })
  expect(await accept(current.token)).toEqual(ENDED)
  expect(await accept('A'.repeat(43))).toEqual(ENDED)
})

test('an invitation of an admin who was let go makes nothing', async () => {
  const { id, email } = await platform.addAccount('leaving@example.com', 'admin')
  const leaving = (await platform.login(email)).token
  const input = { email: 'backdoor@example.com', name: 'Backdoor', role: 'admin' }
  const made = (await platform.ask(INVITE, { input }, { token: leaving })).data.inviteAccount
  const change = async (version: number, to: object): Promise<void> => {
    const answer = await platform.ask(
      'mutation ($input: UpdateAccountInput!) { updateAccount(input: $input) { userErrors { code } } }',
      { input: { id, version, ...to } },
      { token },
    )
    expect(answer.data.updateAccount.userErrors).toEqual([])
  }
  await change(1, { role: 'developer' })
  expect(await accept(made.token)).toEqual(ENDED)
  await change(2, { role: 'admin', enabled: false })
  expect(await accept(made.token)).toEqual(ENDED)
})

test('mistakes are told with their place, and leave the invitation as it was', async () => {
  const path = ['input', 'email']
  expect((await invite('ADMIN@example.com')).userErrors).toEqual([{ code: 'EMAIL_TAKEN', path }])
  expect((await invite('no address')).userErrors).toEqual([{ code: 'INVALID_INPUT', path }])
  const { token: invitation } = await invite('careless@example.com')
  expect(await accept(invitation, { password: 'short' })).toEqual({
    email: null,
    userErrors: [{ code: 'INVALID_INPUT', path: ['input', 'password'] }],
  })
  await platform.addAccount('careless@example.com', 'viewer')
  expect((await accept(invitation)).userErrors).toMatchObject([{ code: 'EMAIL_TAKEN' }])
})

test('of two admins who invite an address at once, the token of one counts', async () => {
  const made = await Promise.all([invite('popular@example.com'), invite('popular@example.com', {}, second)])
  const tokens = made.map((answer) => answer.token).filter(Boolean)
  const accepted = []
  for (const each of tokens) accepted.push((await accept(each)).email)
  expect(accepted.filter(Boolean)).toEqual(['popular@example.com'])
})

test('open invitations are listed newest first, in pages of two statements', async () => {
  for (const name of ['a', 'b', 'c']) await invite(`${name}-listed@example.com`)
  const statements = countStatements(platform.subgraph.database)
  const list = await platform.ask(
    '{ invitations(first: 3) { edges { node { email invitedBy { email } } } pageInfo { hasNextPage } } }',
    {},
    { token },
  )
  expect(statements.statements).toHaveLength(2)
  const emails = list.data.invitations.edges.map(({ node }: { node: { email: string } }) => node.email)
  expect(emails).toEqual(['c-listed@example.com', 'b-listed@example.com', 'a-listed@example.com'])
})

test('nobody but an admin invites', async () => {
  const { errors } = await platform.ask(
    INVITE,
    { input: { email: 'x@example.com', name: 'X', role: 'admin' } },
    { token: platform.signIn.tokens.developer },
  )
  expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
})
