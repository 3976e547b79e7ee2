import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { signatureOf } from '../setup/graphql-client.js'
import { startEnvironment, type TestEnvironment } from './environment.js'

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

interface Response {
  status: number
  text: string
  codes: string[]
}

/** Sends a body as it is. */
async function post(
  body: string,
  headers: Record<string, string> = {},
  url = production.gateway.url,
): Promise<Response> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${production.signIn.tokens.admin}`,
      ...signatureOf(body, production.signIn.tokens.admin),
      ...headers,
    },
    body,
  })
  const text = await response.text()
  const { errors = [] } = JSON.parse(text) as { errors?: { extensions: { code: string } }[] }
  return { status: response.status, text, codes: errors.map((error) => error.extensions.code) }
}

const ask = (query: string, variables: object = {}): Promise<Response> => post(JSON.stringify({ query, variables }))

/** Doors that a hostile query may knock at. */
const eachDoor = (): string[] => [production.gateway.url, production.subgraphs.segment.url]

describe('a bad request gets a code and no more than a client’s status', () => {
  test.each([
    ['no JSON', '{', 'BAD_REQUEST'],
    ['an empty body', '', 'BAD_REQUEST'],
    ['a body without a query', '{}', 'BAD_REQUEST'],
    ['an array', '[{"query":"{ __typename }"}]', 'BAD_REQUEST'],
    ['a query that is no text', '{"query": 7}', 'BAD_REQUEST'],
    ['variables that are no object', '{"query":"{ __typename }","variables":[1]}', 'BAD_REQUEST'],
    ['a prototype in the body', '{"query":"{ __typename }","__proto__":{"admin":true}}', 'BAD_REQUEST'],
    ['a syntax error', '{"query":"{ segments { "}', 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', '{"query":"{ nothing }"}', 'GRAPHQL_VALIDATION_FAILED'],
    ['an unknown operation', '{"query":"query A { __typename }","operationName":"B"}', 'OPERATION_RESOLUTION_FAILURE'],
    ['a fragment in itself', '{"query":"{ ...A } fragment A on Query { ...A }"}', 'GRAPHQL_VALIDATION_FAILED'],
    [
      'a variable of a wrong type',
      '{"query":"query ($n: Int) { segments(first: $n) { edges { cursor } } }","variables":{"n":"x"}}',
      'BAD_USER_INPUT',
    ],
    ['a missing variable', '{"query":"query ($id: ID!) { segment(id: $id) { id } }"}', 'BAD_USER_INPUT'],
    ['an id that is none', '{"query":"{ segment(id: \\"1 OR 1=1\\") { id } }"}', 'BAD_ID'],
    ['a page of a million', '{"query":"{ segments(first: 1000000) { pageInfo { endCursor } } }"}', 'QUERY_TOO_LARGE'],
    ['a page of 201', '{"query":"{ segments(first: 201) { pageInfo { endCursor } } }"}', 'BAD_PAGE'],
    ['a negative page', '{"query":"{ segments(first: -1) { pageInfo { endCursor } } }"}', 'BAD_PAGE'],
    ['both directions', '{"query":"{ segments(first: 1, last: 1) { pageInfo { endCursor } } }"}', 'BAD_PAGE'],
    ['a bad cursor', '{"query":"{ segments(after: \\"x\\") { pageInfo { endCursor } } }"}', 'BAD_CURSOR'],
  ])('%s', async (_what, body, code) => {
    for (const url of eachDoor()) {
      const response = await post(body, {}, url)
      expect(response.codes).toEqual([code])
      // An argument is a resolver's to refuse: the rest of the answer may hold data.
      expect(response.status).toBe(/^BAD_(ID|PAGE|CURSOR)$/.test(code) ? 200 : 400)
      expect(response.text).not.toMatch(/node_modules|at \w+ \(|SELECT/)
    }
  })

  test('a form of another site is refused', async () => {
    const query = JSON.stringify({ query: '{ __typename }' })
    expect(await post(query, { 'content-type': 'text/plain' })).toMatchObject({ status: 415, codes: ['BAD_REQUEST'] })
    expect((await post('query=x', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415)
  })

  test('a body of two megabytes is refused', async () => {
    const response = await ask(`{ __typename } # ${'x'.repeat(2 * 1024 * 1024)}`)
    expect(response).toMatchObject({ status: 413, codes: ['BODY_TOO_LARGE'] })
  })
})

test('another path says where GraphQL is, and another method that it has to be POST', async () => {
  const code = async (response: globalThis.Response): Promise<unknown> =>
    ((await response.json()) as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code
  const elsewhere = await fetch(new URL('/other', production.gateway.url))
  expect([elsewhere.status, await code(elsewhere)]).toEqual([404, 'NOT_FOUND'])
  const get = await fetch(`${production.gateway.url}?query={__typename}`)
  expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST'])
})

describe('a hostile query is refused before it runs', () => {
  test('however deep', async () => {
    const loop = (times: number): string =>
      times === 0 ? '{ id }' : `{ profiles(first: 1) { edges { node { segments ${loop(times - 1)} } } } }`
    expect((await ask(`{ segments(first: 1) { edges { node ${loop(3)} } } }`)).codes).toEqual([])
    expect((await ask(`{ segments(first: 1) { edges { node ${loop(5)} } } }`)).codes).toEqual(['QUERY_TOO_DEEP'])
    expect((await ask(`${'{ a '.repeat(4000)}${'}'.repeat(4000)}`)).status).toBe(400)
  })

  test('however wide', async () => {
    const aliases = (count: number): string => Array.from({ length: count }, (_, i) => `a${i}: __typename`).join(' ')
    expect((await ask(`{ ${aliases(200)} }`)).codes).toEqual([])
    for (const count of [201, 2500]) expect((await ask(`{ ${aliases(count)} }`)).codes).toEqual(['QUERY_TOO_LARGE'])
    expect((await ask(`{ ${aliases(20_000)} }`)).codes).toEqual(['GRAPHQL_PARSE_FAILED'])
  })

  test('however often it repeats itself, in no time', async () => {
    const { gateway } = production
    const repeated = JSON.stringify({
      query: `{ ${'segments { totalCount } '.repeat(1200)} ${'__typename '.repeat(1200)} }`,
    })
    const started = performance.now()
    expect((await post(repeated, { authorization: '' })).codes).toEqual(['UNAUTHENTICATED'])
    expect((await post(repeated, {}, gateway.url)).codes).toEqual(['QUERY_TOO_LARGE'])
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('however many changes it makes', async () => {
    const change = (_: unknown, i: number): string =>
      `a${i}: createSegment(input: { name: "Many ${i}" }) { userErrors { code } }`
    expect((await ask(`mutation { ${Array.from({ length: 21 }, change).join(' ')} }`)).codes).toEqual([
      'QUERY_TOO_LARGE',
    ])
  })

  test('however deep its variables', async () => {
    const mutation = 'mutation ($input: CreateWorkflowInput!) { createWorkflow(input: $input) { userErrors { code } } }'
    const nested = (levels: number): string =>
      `{"name":"Deep","draft":{"nodes":[],"edges":[],"x":${'['.repeat(levels)}${']'.repeat(levels)}}}`
    const body = (levels: number): string =>
      `{"query":${JSON.stringify(mutation)},"variables":{"input":${nested(levels)}}}`
    for (const levels of [30, 20_000]) expect((await post(body(levels))).codes).toEqual(['BAD_USER_INPUT'])
    const { text } = await post(body(24))
    expect(JSON.parse(text).data).toEqual({ createWorkflow: { userErrors: [{ code: 'INVALID_INPUT' }] } })
    expect(JSON.parse((await post(body(10))).text).data).toEqual({ createWorkflow: { userErrors: [] } })
  })

  test('however deep the values that it spells out', async () => {
    const value = `{ nodes: [], edges: [], x: ${'['.repeat(200)}${']'.repeat(200)} }`
    const argument = `mutation { createWorkflow(input: { name: "Deep", draft: ${value} }) { userErrors { code } } }`
    expect((await ask(argument)).codes).toEqual(['QUERY_TOO_DEEP'])
    const byDefault = `mutation ($draft: JSONObject = ${value}) { createWorkflow(input: { name: "Deep", draft: $draft }) { userErrors { code } } }`
    expect((await ask(byDefault)).codes).toEqual(['QUERY_TOO_DEEP'])
  })

  test('however many fragments multiply it', async () => {
    const levels = 25
    const fragments = Array.from(
      { length: levels },
      (_, i) =>
        `fragment F${i} on Query { ${i + 1 < levels ? `...F${i + 1} ... on Query { ...F${i + 1} }` : '__typename'} }`,
    )
    const started = performance.now()
    expect((await ask(`{ ...F0 } ${fragments.join(' ')}`)).status).toBeLessThan(500)
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test('however many nodes pages in pages could have', async () => {
    const { codes } = await ask(
      '{ segments(first: 200) { edges { node { profiles(first: 200) { edges { node { id } } } } } } }',
    )
    expect(codes).toEqual(['QUERY_TOO_LARGE'])
  })
})

describe('the schema', () => {
  const query = '{ __schema { queryType { name } } }'

  test('is not shown on production', async () => {
    expect((await ask(query)).codes).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect((await ask('{ segmentz { id } }')).text).not.toContain('segments')
  })

  test('is shown on staging to whoever is signed in', async () => {
    const answer = await staging.ask(query, {}, staging.signIn.tokens.viewer)
    expect(answer.data).toEqual({ __schema: { queryType: { name: 'Query' } } })
  })
})

test('what fails on our side says so, with an id and without reasons', async () => {
  await staging.subgraphs.segment.database.query('DROP TABLE segment')
  const { data, errors } = await staging.ask(
    '{ segments { edges { node { id } } } accounts { edges { node { email } } } }',
  )
  expect(data).toMatchObject({ segments: null, accounts: { edges: [{}] } })
  expect(errors).toHaveLength(1)
  expect(errors?.[0]?.extensions).toMatchObject({
    code: 'INTERNAL',
    errorId: expect.any(String),
    serviceName: 'segment',
  })
  expect(JSON.stringify(errors)).not.toMatch(/segue_test|doesn't exist|SELECT|stack/)
})
