// Hostile documents and bodies, one by one, at the gateway: each is refused with its code, in no time, and the next honest request is answered.
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { startEnvironment, type TestEnvironment } from '../gateway/environment.js'
import { attack, expectHarmless, expectRefused, keepLog, processorTime, secret, type Reply } from './attack.js'

/** Milliseconds of processor for all that a hostile document may make everybody do: the services, the test and their database drivers. */
const NO_TIME = 900

const log = keepLog()
let production: TestEnvironment
let staging: TestEnvironment

beforeAll(async () => {
  production = await startEnvironment('production', { given: { SEGUE_LOG_LEVEL: 'debug' } })
  staging = await startEnvironment('staging', { given: { SEGUE_LOG_LEVEL: 'debug' } })
  for (const { tokens } of [production.signIn, staging.signIn]) Object.values(tokens).forEach(secret)
  // What is done once is done: plans, the first connections.
  await production.ask('{ segments { totalCount edges { node { id } } } }')
})
afterAll(async () => {
  await production?.close()
  await staging?.close()
  log.close()
})
afterEach(async () => {
  expect((await production.ask('{ __typename }')).data).toEqual({ __typename: 'Query' })
})

/** Sends a document to production, as an admin unless `token` says else; it must take next to nothing. */
async function send(query: string, more: { variables?: unknown; token?: string | undefined } = {}): Promise<Reply> {
  let reply: Reply | undefined
  const spent = await processorTime(async () => {
    reply = await attack(production.gateway.url, { query, token: production.signIn.tokens.admin, ...more })
  })
  expect(spent).toBeLessThan(NO_TIME)
  if (!reply) throw new Error('No answer.')
  return reply
}

const sendBody = (body: string | Buffer, headers = {}): Promise<Reply> =>
  attack(production.gateway.url, { body, headers, token: production.signIn.tokens.admin })

const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join(' ')

describe('a body that is no request is refused', () => {
  test.each<[string, string | Buffer]>([
    ['nothing', ''],
    ['half an object', '{'],
    ['null', 'null'],
    ['a number', '1'],
    ['a text', '"{ __typename }"'],
    ['no query', '{"variables":{}}'],
    ['a query of null', '{"query":null}'],
    ['a query that is a list', '{"query":["{ __typename }"]}'],
    ['an operation name that is an object', '{"query":"{ __typename }","operationName":{}}'],
    ['variables that are a text', '{"query":"{ __typename }","variables":"{}"}'],
    ['extensions that are a list', '{"query":"{ __typename }","extensions":[]}'],
    ['a persisted query without a hash', '{"extensions":{"persistedQuery":{"version":1}}}'],
    ['a batch of one', '[{"query":"{ __typename }"}]'],
    ['a batch of a thousand', JSON.stringify(Array.from({ length: 1000 }, () => ({ query: '{ __typename }' })))],
    ['an empty batch', '[]'],
    ['a prototype in the body', '{"query":"{ __typename }","__proto__":{"operationName":"A"}}'],
    [
      'a prototype in the variables, its name in escapes',
      '{"query":"{ __typename }","variables":{"\\u005f_proto__":{"a":1}}}',
    ],
    ['a prototype deep in the variables', '{"query":"{ __typename }","variables":{"a":[{"b":{"__proto__":null}}]}}'],
    ['a constructor’s prototype', '{"query":"{ __typename }","variables":{"constructor":{"prototype":{"a":1}}}}'],
    ['bytes that are no text', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22])],
    ['JSON in UTF-16', Buffer.from('{"query":"{ __typename }"}', 'utf16le')],
  ])('%s', async (_what, body) => {
    expectRefused(await sendBody(body), 400, 'BAD_REQUEST')
    expect(({} as { a?: unknown }).a).toBeUndefined()
  })

  test('one that is too large, whether it says so or not', async () => {
    const large = JSON.stringify({ query: `{ __typename } # ${'x'.repeat(2 * 1024 * 1024)}` })
    expectRefused(await sendBody(large), 413, 'BODY_TOO_LARGE')
    expectRefused(await sendBody(large, { 'transfer-encoding': 'chunked' }), 413, 'BODY_TOO_LARGE')
  })

  test('one that is packed: it could be a thousand times as large', async () => {
    for (const encoding of ['gzip', 'br', 'deflate', 'identity, gzip']) {
      expectRefused(await sendBody('{"query":"{ __typename }"}', { 'content-encoding': encoding }), 400, 'BAD_REQUEST')
    }
  })

  test('headers that have no end', async () => {
    const { status, text } = await sendBody('{"query":"{ __typename }"}', { 'x-large': 'x'.repeat(100_000) })
    expect([status, text]).toEqual([431, ''])
  })
})

describe('a document that is no operation is refused', () => {
  test.each([
    ['a text without an end', '{ segment(id: "x) { id } }', 'GRAPHQL_PARSE_FAILED'],
    ['a character that is none', '{ \u0000 }', 'GRAPHQL_PARSE_FAILED'],
    ['half a surrogate pair', '{ segment(id: "\\uD800") { id } }', 'GRAPHQL_PARSE_FAILED'],
    ['only a comment', '# nothing', 'GRAPHQL_PARSE_FAILED'],
    ['only a fragment', 'fragment A on Query { __typename }', 'OPERATION_RESOLUTION_FAILURE'],
    ['two operations and no name', 'query A { __typename } query B { __typename }', 'OPERATION_RESOLUTION_FAILURE'],
    ['a type', 'type Query { hacked: String }', 'OPERATION_RESOLUTION_FAILURE'],
    ['a type beside it', '{ __typename } extend type Account { passwordHash: String }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a field that is not for clients', '{ me { passwordHash } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an entity by its key', '{ _entities(representations: []) { __typename } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['what only gateways ask', '{ endedSessions { sessionId } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['the SDL', '{ _service { sdl } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a directive of the composition', '{ me @join__field(graph: PLATFORM) { id } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an answer in parts', '{ ... @defer { __typename } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an unknown argument', '{ segments(where: "1=1") { totalCount } }', 'GRAPHQL_VALIDATION_FAILED'],
  ])('%s', async (_what, query, code) => {
    const reply = await send(query)
    expectRefused(reply, 400, ...reply.codes.map(() => code))
    expect(reply.codes.length).toBeGreaterThan(0)
  })

  test.each(['__proto__', 'constructor', 'toString', 'B', 'A\nA'])(
    'an operation that is called %j',
    async (operationName) => {
      const body = { query: 'query A { __typename }', operationName, token: production.signIn.tokens.admin }
      expectRefused(await attack(production.gateway.url, body), 400, 'OPERATION_RESOLUTION_FAILURE')
    },
  )

  test('a subscription over HTTP', async () => {
    const { status, codes } = await send('subscription { segmentSizeChanged(id: "x") { __typename } }')
    expect([status, codes.length]).toEqual([400, 1])
  })

  test('an answer does not repeat a long name again and again', async () => {
    const name = 'n'.repeat(400_000)
    const query = `query ${name} { ${times(15, (i) => `a${i}: __typename @include(if: $v${i})`)} }`
    for (const token of [undefined, production.signIn.tokens.admin]) {
      const reply = await send(query, { token })
      expect(reply.status).toBe(400)
      expectHarmless(reply)
      expect(reply.text.length).toBeLessThan(20_000)
    }
  })
})

describe('what is repeated is refused before it costs anything', () => {
  const REPEATED: [string, string][] = [
    ['2,400 fields', `{ ${times(1200, () => 'segments { totalCount }')} ${times(1200, () => '__typename')} }`],
    ['9,000 times the same name', `{ ${times(9000, () => '__typename')} }`],
    ['a fragment that nothing uses', `{ __typename } fragment A on Query { ${times(9000, () => '__typename')} }`],
    ['another operation', `query A { __typename } query B { ${times(9000, () => '__typename')} }`],
    [
      'a fragment in a fragment that nothing uses',
      `{ __typename } fragment A on Query { ${times(2400, () => 'me { id }')} }`,
    ],
    [
      'a fragment of a name that is there twice',
      `{ ...A } fragment A on Query { ${times(2400, () => 'me { id }')} } fragment A on Query { __typename }`,
    ],
    [
      'fragments that nothing uses, in each other',
      `{ __typename } ${times(30, (i) => `fragment F${i} on Query { ${times(150, () => '__typename')} ...F${i + 1} ...F${i + 2} }`)}`,
    ],
    [
      'fields in a fragment in a fragment',
      `{ ...A } fragment A on Query { ...B } fragment B on Query { ${times(4000, () => 'segments { totalCount }')} }`,
    ],
    [
      'many little fragments',
      `{ ${times(1000, (i) => `...F${i}`)} } ${times(1000, (i) => `fragment F${i} on Query { __typename }`)}`,
    ],
    [
      'many operations over many fragments',
      `${times(400, (i) => `query Q${i} { ...F0 }`)} ${times(700, (i) => `fragment F${i} on Query { ...F${i + 1} }`)}`,
    ],
    [
      'a field of a login',
      `mutation { login(input: { email: "a", password: "b" }) { ${times(4000, () => 'expiresAt')} } }`,
    ],
    ['directives', `{ __typename ${times(1900, () => '@skip(if: false)')} }`],
    ['arguments', `{ segments(${times(3000, () => 'first: 1')}) { totalCount } }`],
    ['variables', `query (${times(2400, (i) => `$v${i}: Int`)}) { __typename }`],
    ['the same variable', `query (${times(2400, () => '$v: Int')}) { __typename @include(if: $v) }`],
    ['fields of an input', `mutation { login(input: { ${times(3000, () => 'email: "a"')} }) { expiresAt } }`],
    ['aliases', `{ ${times(201, (i) => `a${i}: __typename`)} }`],
    [
      'a thousand logins',
      `mutation { ${times(600, (i) => `a${i}: login(input: { email: "a@example.com", password: "b" }) { expiresAt }`)} }`,
    ],
    [
      'twenty-one logins',
      `mutation { ${times(21, (i) => `a${i}: login(input: { email: "a@example.com", password: "b" }) { expiresAt }`)} }`,
    ],
  ]

  test.each(REPEATED)('%s, without a token', async (_what, query) => {
    const body = {
      query,
      ...(query.startsWith('query A')
        ? { operationName: 'A' }
        : query.startsWith('query Q')
          ? { operationName: 'Q0' }
          : {}),
    }
    let reply: Reply | undefined
    const spent = await processorTime(async () => (reply = await attack(production.gateway.url, body)))
    expect(reply?.status).toBeGreaterThanOrEqual(400)
    expect(spent).toBeLessThan(NO_TIME)
    if (reply) expectHarmless(reply)
  })

  test.each(REPEATED)('%s, by somebody who is signed in', async (_what, query) => {
    const { admin: token } = production.signIn.tokens
    const body = {
      query,
      token,
      ...(query.startsWith('query A')
        ? { operationName: 'A' }
        : query.startsWith('query Q')
          ? { operationName: 'Q0' }
          : {}),
    }
    let reply: Reply | undefined
    const spent = await processorTime(async () => (reply = await attack(production.gateway.url, body)))
    expect(reply?.status).toBe(400)
    expect(spent).toBeLessThan(NO_TIME)
    if (reply) expectHarmless(reply)
  })

  test('what is not public is refused for that alone, without a token', async () => {
    const query = `{ ${times(1200, () => 'segments { totalCount }')} ${times(1200, () => '__typename')} }`
    expectRefused(await send(query, { token: undefined }), 401, 'UNAUTHENTICATED')
  })
})

describe('what is deep is refused', () => {
  const nested = (levels: number, open: string, inside: string, close: string): string =>
    open.repeat(levels) + inside + close.repeat(levels)
  test.each<[string, string]>([
    ['fields', nested(3000, '{ me ', '', '}')],
    [
      'fields that exist',
      `{ segments { edges { node ${nested(8, '{ profiles { edges { node { segments { edges { node ', '{ id }', '} } } } } }')} } } }`,
    ],
    ['inline fragments', `{ ${nested(3000, '... { ', '__typename', '}')} }`],
    [
      'fragments',
      `{ ...F0 } ${times(1200, (i) => `fragment F${i} on Query { ${i < 1199 ? `...F${i + 1}` : '__typename'} }`)}`,
    ],
    ['lists', `{ segment(id: ${nested(4500, '[', '"x"', ']')}) { id } }`],
    ['objects', `{ profiles(filter: ${nested(2000, '{ a: ', '1', '}')}) { totalCount } }`],
    [
      'a default',
      `query ($f: ProfileFilter = ${nested(2000, '{ a: ', '1', '}')}) { profiles(filter: $f) { totalCount } }`,
    ],
    ['a type', `query ($v: ${nested(4500, '[', 'Int', ']')}) { segments(first: $v) { totalCount } }`],
    ['a type with marks', `query ($v: ${nested(3000, '[', 'Int!', ']!')}) { segments(first: $v) { totalCount } }`],
  ])('%s', async (_what, query) => {
    for (const token of [undefined, production.signIn.tokens.admin]) {
      const reply = await send(query, { token })
      expect([400, 401]).toContain(reply.status)
      expectHarmless(reply)
    }
  })

  test.each([
    ['itself', '{ ...A } fragment A on Query { ...A }'],
    ['two', '{ ...A } fragment A on Query { ...B } fragment B on Query { __typename ...A }'],
    [
      'three, below a field',
      '{ me { ...A } } fragment A on Account { ...B } fragment B on Account { ...C } fragment C on Account { id ...A }',
    ],
    [
      'entities',
      '{ segments { edges { node { ...A } } } } fragment A on Segment { profiles { edges { node { segments { edges { node { ...A } } } } } } }',
    ],
    ['none that is used', '{ __typename } fragment A on Query { ...B } fragment B on Query { ...A }'],
    ['inline ones', '{ ...A } fragment A on Query { ... on Query { ... { ...A } } }'],
  ])('fragments in a circle: %s', async (_what, query) => {
    for (const token of [undefined, production.signIn.tokens.admin]) {
      const reply = await send(query, { token })
      expect([400, 401]).toContain(reply.status)
      expectHarmless(reply)
    }
  })

  test('variables', async () => {
    const query = 'mutation ($input: CreateWorkflowInput!) { createWorkflow(input: $input) { userErrors { code } } }'
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const draft = nested(20_000, open, '1', close)
      const body = `{"query":${JSON.stringify(query)},"variables":{"input":{"name":"Deep","draft":{"x":${draft}}}}}`
      expectRefused(await sendBody(body), 400, 'BAD_USER_INPUT')
    }
  })
})

describe('what is wide is refused or costs nothing', () => {
  test('variables that nobody asked for', async () => {
    const variables = Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`v${i}`, i]))
    expect((await send('{ __typename }', { variables })).status).toBe(200)
  })

  const userErrors = (reply: Reply): unknown => Object.values(reply.data as object)[0]
  test.each<[string, string, unknown, string]>([
    [
      'ids',
      'addProfilesToSegment',
      {
        segmentId: '018f0000-0000-7000-8000-000000000000',
        profileIds: Array.from({ length: 20_000 }, () => '018f0000-0000-7000-8000-000000000000'),
      },
      'TOO_MANY_PROFILES',
    ],
    [
      'scopes',
      'createApiKey',
      { name: 'Wide', scopes: Array.from({ length: 20_000 }, () => 'own.read') },
      'INVALID_INPUT',
    ],
    [
      'dead letters',
      'discardDeadLetters',
      { ids: Array.from({ length: 20_000 }, () => '018f0000-0000-7000-8000-000000000000') },
      'TOO_MANY_LETTERS',
    ],
    ['a password', 'login', { email: 'a@example.com', password: 'x'.repeat(900_000) }, 'INVALID_INPUT'],
    ['an e-mail address', 'login', { email: `${'x'.repeat(900_000)}@example.com`, password: 'x' }, 'INVALID_INPUT'],
    ['a name', 'createSegment', { name: 'x'.repeat(900_000) }, 'INVALID_INPUT'],
    ['an id of a change', 'createSegment', { name: 'x', clientMutationId: 'x'.repeat(900_000) }, 'INVALID_INPUT'],
    [
      'a draft',
      'createWorkflow',
      { name: 'x', draft: { nodes: [], edges: [], x: 'x'.repeat(900_000) } },
      'DRAFT_TOO_LARGE',
    ],
    [
      'a draft of many keys',
      'createWorkflow',
      {
        name: 'x',
        draft: { nodes: [], edges: [], ...Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`k${i}`, 1])) },
      },
      'DRAFT_TOO_LARGE',
    ],
  ])('%s', async (_what, mutation, input, code) => {
    const type =
      { addProfilesToSegment: 'SegmentProfilesInput', discardDeadLetters: 'DeadLetterIdsInput' }[mutation] ??
      `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`
    const reply = await send(
      `mutation ($input: ${type}!) { ${mutation}(input: $input) { userErrors { code message } } }`,
      { variables: { input } },
    )
    expect({ codes: reply.codes, refused: userErrors(reply) }).toEqual({
      codes: [],
      refused: { userErrors: [{ code, message: expect.any(String) }] },
    })
    expectHarmless(reply)
    expect(reply.text.length).toBeLessThan(2000)
  })

  test('pages within pages', async () => {
    expectRefused(
      await send('{ segments(first: 200) { edges { node { profiles(first: 200) { edges { node { id } } } } } } }'),
      400,
      'QUERY_TOO_LARGE',
    )
    const byVariable =
      'query ($n: Int) { segments(first: $n) { edges { node { profiles(first: $n) { edges { node { id } } } } } } }'
    expectRefused(await send(byVariable, { variables: { n: 200 } }), 400, 'QUERY_TOO_LARGE')
    expectRefused(await send(byVariable, { variables: { n: 2 ** 31 } }), 400, 'BAD_USER_INPUT')
  })
})

describe('the schema', () => {
  const asking = [
    '{ __schema { types { name } } }',
    '{ __type(name: "Account") { fields { name } } }',
    '{ ...A } fragment A on Query { ... on Query { hidden: __schema { types { name } } } }',
    'query { __typename @skip(if: true) ... @include(if: false) { __schema { types { name } } } }',
  ]
  test.each(asking)('is not shown on production: %s', async (query) => {
    expectRefused(await send(query), 400, 'GRAPHQL_VALIDATION_FAILED')
    expectRefused(await send(query, { token: undefined }), 401, 'UNAUTHENTICATED')
  })

  test('is not guessed from mistakes either', async () => {
    const mistakes: [string, unknown][] = [
      ['{ segmentz { id } }', {}],
      ['{ me { emial } }', {}],
      ['{ segments(frist: 1) { totalCount } }', {}],
      ['mutation { login(input: { emial: "a", password: "b" }) { expiresAt } }', {}],
      ['mutation ($input: LoginInpu!) { login(input: $input) { expiresAt } }', {}],
      [
        'mutation ($input: LoginInput!) { login(input: $input) { expiresAt } }',
        { input: { emial: 'a', email: 'a', password: 'b' } },
      ],
    ]
    for (const [query, variables] of mistakes) {
      const reply = await send(query, { variables })
      expect(reply.status).toBe(400)
      expect(reply.text).not.toMatch(/Did you mean/)
      expectHarmless(reply)
    }
  })

  test('is shown on staging only to who is signed in, and only once a request', async () => {
    const { url } = staging.gateway
    const { viewer: token } = staging.signIn.tokens
    for (const query of asking) expectRefused(await attack(url, { query }), 401, 'UNAUTHENTICATED')
    const bombs = [
      `{ __schema { types { ${times(100, (i) => `a${i}: fields { name type { name fields { name type { name fields { name } } } } }`)} } } }`,
      `{ ${times(100, (i) => `a${i}: __schema { types { fields { type { fields { type { name } } } } } }`)} }`,
      `{ ${times(100, (i) => `a${i}: __type(name: "Query") { fields { type { fields { type { fields { name } } } } } }`)} }`,
    ]
    for (const query of bombs) {
      let reply: Reply | undefined
      const spent = await processorTime(async () => (reply = await attack(url, { query, token })))
      expect(reply?.status).toBe(400)
      expect(spent).toBeLessThan(NO_TIME)
    }
  })
})

test('the values that come with a mistake are not sent back', async () => {
  const password = secret('my very own password 17')
  const query = 'mutation ($input: LoginInput!) { login(input: $input) { expiresAt } }'
  for (const input of [
    { email: 'a@example.com', password, role: 'admin' },
    { password },
    { email: [password, password], password },
  ]) {
    expectRefused(await send(query, { variables: { input } }), 400, 'BAD_USER_INPUT')
  }
})

test('nothing secret is in the logs', () => log.expectClean())
