// What answers give away without meaning to: who has an account, whose data something is; and input that says more than it may.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { ADMIN, type TestEnvironment } from '../gateway/environment.js'
import { CANARIES, putCanaries, type Places } from '../rights/canaries.js'
import { attack, expectHarmless, expectRefused, secret, type Reply } from './attack.js'
import {
  addAccount,
  handedOut,
  login,
  newAddress,
  PASSWORD,
  refreshTokens,
  startEnvironments,
  type Environments,
} from './environments.js'

let environments: Environments
let production: TestEnvironment
let places: Places

const KNOWN = 'zelda.known@example.com'
const DISABLED = 'zelda.disabled@example.com'
const UNKNOWN = 'zelda.nobody@example.com'

let admin: string
let viewer: string

beforeAll(async () => {
  environments = await startEnvironments()
  ;({ production } = environments)
  places = await putCanaries(production, async (query, variables) => {
    const { data, errors } = await production.ask(query, variables)
    if (errors) throw new Error(JSON.stringify(errors))
    return data
  })
  await addAccount(production, KNOWN)
  const { id } = await addAccount(production, DISABLED)
  admin = (await login(production, ADMIN.email)).token
  viewer = (await login(production, KNOWN)).token
  const disable =
    'mutation ($id: ID!) { updateAccount(input: { id: $id, version: 1, enabled: false }) { userErrors { code } } }'
  expect((await ask(disable, { id })).data.updateAccount.userErrors).toEqual([])
})
afterAll(() => environments?.close())

const ask = async (query: string, variables: object = {}, token: string | undefined = admin): Promise<Reply> => {
  const reply = await attack(production.gateway.url, {
    query,
    variables,
    token,
    headers: { 'x-forwarded-for': newAddress() },
  })
  expectHarmless(reply)
  return reply
}

/** An answer without what differs between any two. */
const comparable = ({ status, text, headers }: Reply): unknown => ({
  status,
  text,
  type: headers['content-type'],
  cookies: headers['set-cookie'],
})

describe('nobody learns who has an account', () => {
  test('by the words of a failed sign-in', async () => {
    const answers = [
      await login(production, KNOWN, 'some wrong password'),
      await login(production, UNKNOWN, 'some wrong password'),
      await login(production, DISABLED, 'some wrong password'),
      await login(production, DISABLED, PASSWORD),
      await login(production, KNOWN, ''),
      await login(production, UNKNOWN, ''),
    ].map(({ reply }) => comparable(reply))
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect((await login(production, KNOWN, PASSWORD)).code).toBeUndefined()
  })

  test('by how long it takes', async () => {
    const took: Record<string, number[]> = { [KNOWN]: [], [UNKNOWN]: [] }
    for (let i = 0; i < 24; i++) {
      for (const email of i % 2 === 0 ? [KNOWN, UNKNOWN] : [UNKNOWN, KNOWN]) {
        const began = performance.now()
        await login(production, email, 'some wrong password')
        took[email]?.push(performance.now() - began)
      }
    }
    // The quickest half: what else the machine does adds to some of them.
    const typical = (times: number[] = []): number =>
      times.toSorted((a, b) => a - b).at(Math.floor(times.length / 4)) ?? 0
    // A password costs 20 ms and more, all the rest of a request a few.
    expect(typical(took[UNKNOWN]) / typical(took[KNOWN])).toBeGreaterThan(0.6)
    expect(typical(took[UNKNOWN]) / typical(took[KNOWN])).toBeLessThan(1.7)
  })

  test('by when guessing is over', async () => {
    const after = async (email: string): Promise<Reply> => {
      const headers = { 'x-forwarded-for': newAddress() }
      for (let i = 0; i < 20; i++) await login(production, email, 'some wrong password', headers)
      return (await login(production, email, PASSWORD, headers)).reply
    }
    const [known, unknown] = [await after(KNOWN), await after(UNKNOWN)]
    expect(comparable(known)).toEqual(comparable(unknown))
    expect(known.data.login.userErrors[0].code).toBe('TOO_MANY_ATTEMPTS')
  })

  test('by a link: a token that never was is as one that was used', async () => {
    const { data } = await ask('{ accounts { edges { node { id email } } } }')
    const { id } = data.accounts.edges
      .map(({ node }: { node: object }) => node)
      .find(({ email }: { email: string }) => email === KNOWN)
    const create =
      'mutation ($id: ID!) { createPasswordReset(input: { accountId: $id }) { token userErrors { code } } }'
    const { token } = (await ask(create, { id })).data.createPasswordReset
    handedOut.add(token)
    const reset = (given: string): Promise<Reply> =>
      attack(production.gateway.url, {
        query:
          'mutation ($token: String!, $newPassword: String!) { resetPassword(input: { token: $token, newPassword: $newPassword }) { email userErrors { code message path } } }',
        variables: { token: given, newPassword: PASSWORD },
      })
    expect((await reset(token)).data.resetPassword).toEqual({ email: KNOWN, userErrors: [] })
    const used = await reset(token)
    expect(used.data.resetPassword).toMatchObject({ email: null, userErrors: [{ code: 'LINK_ENDED' }] })
    for (const never of ['x', '', token.slice(1), `${token}x`, "' OR 1=1 --", '%', '_'.repeat(43)]) {
      expect(comparable(await reset(never))).toEqual(comparable(used))
    }
    viewer = (await login(production, KNOWN)).token
  })

  test('by ids of what is somebody else’s: it is as if it were not there', async () => {
    const { data } = await ask('{ me { id } mySessions { edges { node { id } } } }')
    const theirs = { account: data.me.id, session: data.mySessions.edges[0].node.id }
    const errorsOf = async (query: string, id: string): Promise<string> => {
      const { text } = await ask(query, { id }, viewer)
      return text.replaceAll(id, 'THE_ID')
    }
    for (const [query, id] of [
      [
        'mutation ($id: ID!) { revokeSession(input: { id: $id }) { userErrors { code message path } } }',
        theirs.session,
      ],
      [
        'mutation ($id: ID!) { createApiKey(input: { name: "x", scopes: ["own.read"], accountId: $id }) { userErrors { code message path } } }',
        theirs.account,
      ],
      [
        'mutation ($id: ID!) { revokeSessions(input: { accountId: $id }) { userErrors { code message path } } }',
        theirs.account,
      ],
    ] as const) {
      const answer = await errorsOf(query, id)
      expect(answer).toMatch(/NOT_FOUND|FORBIDDEN/)
      expect(answer).toBe(await errorsOf(query, randomUUID()))
    }
    for (const query of [
      'query ($id: ID!) { account(id: $id) { email } }',
      'query ($id: ID!) { accountSessions(accountId: $id) { edges { node { id } } } }',
    ]) {
      for (const id of [theirs.account, randomUUID(), 'x'])
        expectRefused(await ask(query, { id }, viewer), 403, 'FORBIDDEN')
    }
    // Of others' accounts nothing comes by a way around either.
    const around = await ask(
      'query ($id: ID!) { segment(id: $id) { id } mySessions { edges { node { id } } } }',
      { id: randomUUID() },
      viewer,
    )
    expect(JSON.stringify(around.data)).not.toContain(theirs.session)
  })
})

describe('nobody without the right finds people by their data', () => {
  const person = [CANARIES.email, CANARIES.phone, CANARIES.firstname, CANARIES.user, CANARIES.device]

  test('a search that would hit is refused as one that would not', async () => {
    const searches = [
      'query ($v: String!) { profiles(search: $v) { edges { cursor } } }',
      'query ($v: String!) { profiles(search: $v, first: 1) { pageInfo { hasNextPage } } }',
      'query ($v: String!) { profileByIdentity(kind: "email", value: $v) { id } }',
    ]
    for (const query of searches) {
      const answers: Reply[] = []
      for (const v of [...person, 'nobody at all', '%', '_']) answers.push(await ask(query, { v }, viewer))
      for (const answer of answers) {
        expect(answer.codes).toEqual(['PERSONAL_DATA'])
        expect(answer.text).toBe(answers[0]?.text)
      }
    }
  })

  test('no cursor and no order tells', async () => {
    const lists = [
      'profiles { edges { cursor } pageInfo { startCursor endCursor } }',
      'events { edges { cursor } }',
      'workflowRuns { edges { cursor } }',
      `profile(id: "${places.profileId}") { events { edges { cursor } } timeline { edges { cursor } } sessions { edges { cursor } } }`,
    ]
    const decoded = async (query: string, token: string): Promise<string> =>
      (JSON.stringify((await ask(query, {}, token)).data).match(/[\w-]{16,}/g) ?? [])
        .map((text) => Buffer.from(text, 'base64url').toString())
        .join('\n')
    const seen = await decoded(`{ ${lists.join(' ')} }`, viewer)
    expect(seen.length).toBeGreaterThan(50)
    // Nor of a search, by who may: cursors end up in addresses and logs.
    const searched = await decoded(`{ profiles(search: "${CANARIES.email.slice(0, 6)}") { edges { cursor } } }`, admin)
    for (const value of Object.values(CANARIES)) {
      expect(seen.toLowerCase()).not.toContain(value.toLowerCase())
      expect(searched.toLowerCase()).not.toContain(value.toLowerCase())
    }
  })

  test('a forged cursor is refused and reads nothing of other lists', async () => {
    const cursors = [
      [],
      [null],
      [CANARIES.email],
      [CANARIES.email, places.profileId],
      [places.profileId, places.profileId],
      [{ $gt: '' }],
      [1e308],
      [-1],
      ["' OR 1=1 --"],
      [['x']],
      { length: 1, 0: places.profileId },
      'x',
    ].map((keys) => Buffer.from(JSON.stringify(keys)).toString('base64url'))
    for (const list of ['profiles', 'events', 'workflowRuns', 'mySessions', 'deadLetters']) {
      for (const after of [...cursors, 'x', '='.repeat(50), 'A'.repeat(5000)]) {
        const { codes, status } = await ask(
          `query ($after: String) { ${list}(after: $after) { edges { cursor } } }`,
          { after },
          viewer,
        )
        expect({ list, after, status, codes }).toEqual({ list, after, status: 200, codes: ['BAD_CURSOR'] })
      }
    }
  })

  test('no mistake quotes what it was about', async () => {
    for (const query of [
      `{ profile(id: "${places.profileId}") { data { pii { firstname nothing } } } }`,
      `{ profile(id: "${places.profileId}") { events(first: -1) { edges { cursor } } email } }`,
      `{ profile(id: "${places.profileId}") { events(after: "x") { edges { cursor } } identities { value } data { raw } } }`,
      `{ deadLetter(id: "${places.deadLetterId}") { errorMessage envelope } workflowRun(id: "${places.runId}") { id } }`,
    ]) {
      const { text, status } = await ask(query, {}, viewer)
      expect(status).toBeLessThan(500)
      for (const value of Object.values(CANARIES)) expect(text).not.toContain(value)
    }
  })

  test('whoever may read the audit alone finds nobody by searching it', async () => {
    const email = secretly('quincy.invited@example.com')
    await ask(
      'mutation ($email: String!) { inviteAccount(input: { email: $email, name: "Quincy Invited", role: viewer }) { userErrors { code } } }',
      { email },
    )
    const { data } = await ask('mutation { createApiKey(input: { name: "Auditor", scopes: ["audit.read"] }) { key } }')
    handedOut.add(data.createApiKey.key)
    const search = (text: string): Promise<Reply> =>
      attack(production.gateway.url, {
        query: 'query ($text: String) { auditEntries(search: $text) { edges { node { id } } } }',
        variables: { text },
        token: data.createApiKey.key,
      })
    for (const text of ['quincy', 'Quincy Invited', email, KNOWN, ADMIN.email])
      expect((await search(text)).data.auditEntries.edges).toEqual([])
    expect(
      (await search('invitation.create')).data.auditEntries.edges.length +
        (await search('account.')).data.auditEntries.edges.length,
    ).toBeGreaterThan(0)
    const all = await attack(production.gateway.url, {
      query: '{ auditEntries { edges { node { action accountEmail before after address userAgent } } } }',
      token: data.createApiKey.key,
    })
    expect(all.data.auditEntries.edges.length).toBeGreaterThan(3)
    for (const text of ['quincy', email, KNOWN, ADMIN.email, '198.51.'])
      expect(all.text.toLowerCase()).not.toContain(text)
  })
})

/** In no log; answers may have it. */
const personal: string[] = [KNOWN, DISABLED, UNKNOWN, 'zelda', ...Object.values(CANARIES)]
function secretly(text: string): string {
  personal.push(text)
  return text
}

describe('input that says more than it may', () => {
  test.each<[string, string, object]>([
    ['login', 'LoginInput', { email: KNOWN, password: PASSWORD, role: 'admin' }],
    ['login', 'LoginInput', { email: KNOWN, password: PASSWORD, personalData: true }],
    [
      'changePassword',
      'ChangePasswordInput',
      { currentPassword: PASSWORD, newPassword: PASSWORD, accountId: randomUUID() },
    ],
    ['resetPassword', 'ResetPasswordInput', { token: 'x', newPassword: PASSWORD, email: KNOWN }],
    ['acceptInvitation', 'AcceptInvitationInput', { token: 'x', password: PASSWORD, role: 'admin' }],
    ['updateAccount', 'UpdateAccountInput', { id: randomUUID(), version: 1, passwordHash: 'x' }],
    ['updateAccount', 'UpdateAccountInput', { id: randomUUID(), version: 1, email: 'x@example.com' }],
    ['inviteAccount', 'InviteAccountInput', { email: 'x@example.com', name: 'x', role: 'viewer', enabled: true }],
    ['createApiKey', 'CreateApiKeyInput', { name: 'x', scopes: ['own.read'], createdBy: randomUUID() }],
    ['createSegment', 'CreateSegmentInput', { name: 'x', id: randomUUID() }],
    ['createSegment', 'CreateSegmentInput', { name: 'x', constructor: { name: 'x' } }],
    ['createEventSource', 'CreateEventSourceInput', { name: 'x', channel: 'segment', writeKeyHash: 'x' }],
    ['createWorkflow', 'CreateWorkflowInput', { name: 'x', version: 7 }],
  ])('is refused: %s (%s) %j', async (mutation, type, input) => {
    expectRefused(
      await ask(`mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { code } } }`, { input }),
      400,
      'BAD_USER_INPUT',
    )
    const [extra = ''] = Object.keys(input).slice(-1)
    const written = Object.entries(input).map(
      ([name, value]) =>
        `${name}: ${name === 'role' || name === 'channel' ? value : JSON.stringify(value).replace(/"(\w+)":/g, '$1:')}`,
    )
    const literal = await ask(`mutation { ${mutation}(input: { ${written.join(', ')} }) { userErrors { code } } }`)
    expectRefused(literal, 400, 'GRAPHQL_VALIDATION_FAILED')
    expect(literal.text).toContain(extra)
  })

  test('nobody makes more of themselves', async () => {
    const { data } = await ask('{ me { id version } }', {}, viewer)
    for (const change of ['role: admin', 'personalData: true', 'name: "x"']) {
      const query = `mutation { updateAccount(input: { id: "${data.me.id}", version: 1, ${change} }) { userErrors { code } } }`
      expectRefused(await ask(query, {}, viewer), 403, 'FORBIDDEN')
    }
  })

  test('prototypes stay as they are, whether they come as variables or in the document', async () => {
    const create =
      'mutation ($draft: JSONObject) { createWorkflow(input: { name: "Prototypes", draft: $draft }) { userErrors { code } } }'
    for (const draft of [
      '{"__proto__":{"polluted":1}}',
      '{"nodes":[{"__proto__":{"polluted":1}}]}',
      '{"constructor":{"prototype":{"polluted":1}}}',
      '{"\\u005f\\u005fproto\\u005f\\u005f":{"polluted":1}}',
    ]) {
      const body = `{"query":${JSON.stringify(create)},"variables":{"draft":${draft}}}`
      expectRefused(await attack(production.gateway.url, { body, token: admin }), 400, 'BAD_REQUEST')
    }
    for (const draft of [
      '{ __proto__: { polluted: 1 }, nodes: [], edges: [] }',
      '{ nodes: [], edges: [], constructor: { prototype: { polluted: 1 } } }',
      '{ nodes: [{ __proto__: { polluted: 1 } }], edges: [] }',
    ]) {
      await ask(
        `mutation { createWorkflow(input: { name: "Prototypes", draft: ${draft} }) { workflow { id draft } userErrors { code } } }`,
      )
      const sample = `mutation { createEventType(input: { id: "p-${randomUUID()}", name: "P", sample: ${draft} }) { eventType { id sample } userErrors { code } } }`
      await ask(sample)
    }
    await ask('{ workflows { edges { node { draft } } } eventTypes { edges { node { sample } } } }')
    for (const probe of [{}, [], () => undefined, JSON.parse('{}')])
      expect((probe as { polluted?: unknown }).polluted).toBeUndefined()
    expect((await ask('query ($__proto__: Int) { segments(first: $__proto__) { edges { cursor } } }')).codes).toEqual(
      [],
    )
    expect((await ask('{ __proto__: segments { constructor: edges { cursor } } }')).status).toBe(200)
    expect((await ask('{ constructor: me { toString: id hasOwnProperty: email } }')).data.constructor.toString).toMatch(
      /^[\da-f-]{36}$/,
    )
  })

  test('no text ends a header, a statement or a line of the log', async () => {
    const texts = [
      "'; DROP TABLE account; --",
      '\\',
      "\\' OR 1=1",
      '%',
      '_',
      '\r\nset-cookie: x=1',
      '\u2028',
      '${7*7}',
      '{{7*7}}',
      '<script>',
      '"},{"level":"fatal"',
      '\u0000',
      '\u202e',
      '😀',
    ]
    for (const text of texts) {
      for (const [query, variables] of [
        [
          'query ($v: String) { segments(search: $v) { edges { node { name } } } eventTypes(search: $v, group: $v) { edges { node { id } } } }',
          { v: text },
        ],
        [
          'query ($v: String!) { profiles(search: $v) { edges { node { id } } } profileByIdentity(kind: "email", value: $v) { id } }',
          { v: text },
        ],
        [
          'query ($v: String, $id: ID) { deadLetters(eventType: $v, errorCode: $v, sourceId: $id) { edges { cursor } } auditEntries(search: $v, action: $v, subjectType: $v) { edges { cursor } } }',
          { v: text, id: text },
        ],
        ['query ($v: ID!) { eventType(id: $v) { id } eventSource(id: $v) { id } segment(id: $v) { id } }', { v: text }],
        [
          'mutation ($v: String!) { createSegment(input: { name: $v, description: $v, clientMutationId: $v }) { segment { name } clientMutationId userErrors { code } } }',
          { v: text },
        ],
        ['query ($v: String!) { checkCondition(source: $v) { code } }', { v: text }],
      ] as const) {
        const reply = await ask(query, variables)
        for (const code of reply.codes) expect(code).toMatch(/^(BAD_ID|INVALID_INPUT)$/)
        expect(reply.headers['set-cookie']).toBeUndefined()
      }
    }
    expect((await ask('{ accounts { edges { node { id } } } }')).data.accounts.edges.length).toBeGreaterThanOrEqual(3)
  })
})

describe('an e-mail address that looks like another', () => {
  const tricks = [
    'zеlda.known@example.com', // Cyrillic е
    'zélda.known@example.com',
    'ｚelda.known@example.com',
    'zelda.known@example.com\u200b',
    'zel\u00adda.known@example.com',
    'zelda\u0000.known@example.com',
    'zelda.known@example.com\u0000',
    'zelda.known@ex\u0131mple.com',
    '\u202ezelda.known@example.com',
    'zelda.known@example.com.',
    'zelda.known@example.com,other@example.com',
    'zelda.known@example.com\r\nBcc: other@example.com',
    'zelda.known+x@example.com',
    '"zelda.known"@example.com',
    'ze\u0308lda.known@example.com',
    'zelda.known%@example.com',
    'z%@example.com',
    '%',
    '\ud800',
    '',
    ' ',
  ]

  test('is not signed in as that other', async () => {
    for (const email of tricks) {
      const { code, reply, token } = await login(production, email)
      expect(['BAD_CREDENTIALS', 'INVALID_INPUT']).toContain(code)
      expect(token).toBe('')
      expectHarmless(reply)
    }
    expect((await login(production, '  ZELDA.Known@EXAMPLE.com ')).code).toBeUndefined()
  })

  test('does not become an account beside it that nobody can tell apart', async () => {
    const invite =
      'mutation ($email: String!) { inviteAccount(input: { email: $email, name: "x", role: viewer }) { token invitation { email } userErrors { code } } }'
    for (const trick of tricks) {
      const email = trick.replace('known', 'invited')
      const { token, userErrors, invitation } = (await ask(invite, { email })).data.inviteAccount
      if (token) handedOut.add(token)
      const codes = userErrors.map(({ code }: { code: string }) => code)
      if (codes.length > 0) expect(['INVALID_INPUT', 'EMAIL_TAKEN', 'INVITED_MEANWHILE']).toContain(codes[0])
      else expect(invitation.email).not.toBe('zelda.invited@example.com')
      if (/[\u0000-\u001f\u200b\u202e\u00ad]/.test(email)) expect(codes).toEqual(['INVALID_INPUT'])
    }
    for (const email of [KNOWN.toUpperCase(), 'zélda.known@example.com']) {
      expect((await ask(invite, { email })).data.inviteAccount.userErrors).toEqual([{ code: 'EMAIL_TAKEN' }])
    }
  })
})

test('no log has a password, a token or anybody’s data', () => {
  secret('some wrong password')
  environments.log.expectClean(...refreshTokens, ...handedOut, ...personal)
})
