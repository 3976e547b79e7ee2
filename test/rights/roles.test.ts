import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createTokenSigner, RIGHTS, ROLES, type RightName, type TokenAccount, type TokenSigner } from '@segue/graphql'
import { getNamedType, isObjectType, type GraphQLField, type OperationTypeNode } from 'graphql'
import { randomUUID } from 'node:crypto'
import { startEnvironment, type TestEnvironment } from '../gateway/environment.js'
import { askGraphql } from '../setup/graphql-client.js'
import { composedSchema, minimalOperation, stated } from './operations.js'

let staging: TestEnvironment
let sign: TokenSigner
beforeAll(async () => {
  staging = await startEnvironment('staging')
  sign = await createTokenSigner(JSON.parse(staging.signIn.privateKey), 'staging')
})
afterAll(() => staging?.close())

const schema = await composedSchema()

type Operation = 'query' | 'mutation' | 'subscription'

interface RootField {
  name: string
  operation: Operation
  field: GraphQLField<unknown, unknown>
  subgraph: keyof TestEnvironment['subgraphs']
  /** What the schema states for the field and for what it answers. */
  rights: RightName[]
}

function rootFields(operation: Operation): RootField[] {
  const type = schema.getRootType(operation as OperationTypeNode)
  return Object.values(type?.getFields() ?? {}).map((field) => {
    const target = getNamedType(field.type)
    const rights = [field.astNode, isObjectType(target) ? target.astNode : undefined].flatMap((node) =>
      stated(node, 'requiresScopes').flat(3),
    )
    // A root type of one subgraph does not say at its fields whose they are.
    const [graph] = [field.astNode, type?.astNode].flatMap((node) => [
      ...stated(node, 'join__field').flat(),
      ...stated(node, 'join__type').flat(),
    ])
    return {
      name: `${type?.name}.${field.name}`,
      operation,
      field,
      subgraph: String(graph).toLowerCase() as RootField['subgraph'],
      rights: rights as RightName[],
    }
  })
}

const FIELDS = [...rootFields('query'), ...rootFields('mutation'), ...rootFields('subscription')]

/** A new account with a session of its own each time: what a mutation ends or counts does not concern the next one. */
function token(given: Partial<TokenAccount>): Promise<string> {
  return sign({ id: randomUUID(), role: 'viewer', sessionId: randomUUID(), personalData: false, ...given })
}

/** Where a field can be asked for. What is inaccessible is between a gateway and its subgraph: clients have no such field. */
function urlsOf({ field, subgraph }: RootField): string[] {
  const own = staging.subgraphs[subgraph].url
  return isInaccessible(field) ? [own] : [staging.gateway.url, own]
}

function isInaccessible({ astNode }: GraphQLField<unknown, unknown>): boolean {
  return stated(astNode, 'inaccessible').length > 0
}

/** The code by which an operation as a whole was refused; undefined when it ran. */
async function refusalOf(
  url: string,
  { operation, field }: RootField,
  accessToken?: string,
): Promise<string | undefined> {
  const { errors } = await askGraphql(url, minimalOperation(operation, field), {}, accessToken)
  const codes = (errors ?? []).map(({ extensions }) => extensions.code)
  // The made-up operation has to be one that the schema takes, else it would prove nothing.
  expect(codes).not.toContain('GRAPHQL_VALIDATION_FAILED')
  // A subscription that it may have cannot be had over HTTP.
  if (operation !== 'subscription') expect(codes).not.toContain('INTERNAL')
  return codes.find((code) => code === 'FORBIDDEN' || code === 'UNAUTHENTICATED')
}

test('there is something to try', () => {
  expect(FIELDS.length).toBeGreaterThan(50)
})

describe.each(ROLES)('the role %s', (role) => {
  test('may ask for exactly what the table gives it, at the gateway and at each subgraph', async () => {
    const wrong: string[] = []
    for (const root of FIELDS) {
      const allowed = root.rights.every((right) =>
        (RIGHTS[right as keyof typeof RIGHTS] as readonly string[]).includes(role),
      )
      for (const url of urlsOf(root)) {
        const refusal = await refusalOf(url, root, await token({ role }))
        if (refusal !== (allowed ? undefined : 'FORBIDDEN')) wrong.push(`${root.name}: ${refusal ?? 'was not refused'}`)
      }
    }
    expect(wrong).toEqual([])
  })
})

test('what is inaccessible is no field of the gateway’s, whoever asks', async () => {
  const hidden = FIELDS.filter(({ field }) => isInaccessible(field))
  expect(hidden.map(({ name }) => name)).toEqual(['Query.endedSessions'])
  for (const { operation, field } of hidden) {
    const answer = await askGraphql(
      staging.gateway.url,
      minimalOperation(operation, field),
      {},
      await token({ role: 'admin' }),
    )
    expect(answer).toMatchObject({ errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] })
  }
})

test('whoever is not signed in may ask for what is public only', async () => {
  const wrong: string[] = []
  for (const root of FIELDS) {
    for (const url of urlsOf(root)) {
      const refusal = await refusalOf(url, root)
      if (refusal !== (root.rights.length === 0 ? undefined : 'UNAUTHENTICATED')) wrong.push(root.name)
    }
  }
  expect(wrong).toEqual([])
})

test('an API key may do what its scopes name and its account may, and nothing else', async () => {
  const wrong: string[] = []
  const all = Object.keys(RIGHTS) as RightName[]
  for (const root of FIELDS.filter(({ rights }) => rights.length > 0)) {
    const url = staging.subgraphs[root.subgraph].url
    const without = all.filter((right) => right !== root.rights[0])
    if ((await refusalOf(url, root, await token({ role: 'admin', scopes: without }))) !== 'FORBIDDEN')
      wrong.push(root.name)
    if (await refusalOf(url, root, await token({ role: 'admin', scopes: root.rights }))) wrong.push(root.name)
  }
  expect(wrong).toEqual([])
})

describe('a field within', () => {
  const refused = async (query: string, scopes: RightName[]): Promise<string | undefined> =>
    (await staging.ask(query, {}, await token({ role: 'admin', scopes }))).errors?.[0]?.extensions.code

  test('needs its own right too, also in fragments and behind directives that leave it out', async () => {
    const id = randomUUID()
    for (const query of [
      `{ profile(id: "${id}") { id segments { name } } }`,
      `{ profile(id: "${id}") { id ...more } } fragment more on Profile { segments { name } }`,
      `{ profile(id: "${id}") { id ... { segments @include(if: false) { name } } } }`,
      `{ profile(id: "${id}") { timeline { edges { node { ... on WorkflowRun { workflow { name } } } } } } }`,
      `{ event(id: "${id}") { profile { id } } }`,
    ]) {
      expect(await refused(query, ['profiles.read'])).toBe('FORBIDDEN')
    }
    expect(await refused(`{ profile(id: "${id}") { id segments { name } } }`, ['profiles.read', 'segments.read'])).toBe(
      undefined,
    )
  })

  test('of an entity needs the right of the entity, whichever subgraph is asked for it', async () => {
    const query = 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Profile { segments { name } } } }'
    const of = { of: [{ __typename: 'Profile', id: randomUUID() }] }
    const ask = async (scopes: RightName[], asked = query): Promise<string | undefined> =>
      (await askGraphql(staging.subgraphs.segment.url, asked, of, await token({ role: 'admin', scopes }))).errors?.[0]
        ?.extensions.code
    expect(await ask(['segments.read'])).toBe('FORBIDDEN')
    expect(await ask(['profiles.read', 'segments.read'])).toBe(undefined)
    expect(
      await ask(['segments.read'], 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }'),
    ).toBe('FORBIDDEN')
  })
})
