// What a gateway may ask entities by, at every subgraph that has some.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { startEnvironment, type TestEnvironment } from '../gateway/environment.js'
import { askGraphql } from '../setup/graphql-client.js'

let environment: TestEnvironment
beforeAll(async () => {
  environment = await startEnvironment('staging')
})
afterAll(() => environment?.close())

const MALFORMED = [
  null,
  'Profile',
  7,
  [],
  {},
  { id: randomUUID() },
  { __typename: 'Nobody', id: randomUUID() },
  { __typename: 'PageInfo', id: randomUUID() },
  { __typename: 'Query', id: 'x' },
  { __typename: '__Schema', id: 'x' },
  { __typename: 'constructor', id: 'x' },
  { __typename: { toString: 1 }, id: randomUUID() },
  { __typename: 'Profile' },
  { __typename: 'Profile', id: null },
  { __typename: 'Profile', id: '' },
  { __typename: 'Profile', id: { id: 1 } },
  { __typename: 'Profile', id: ['a'] },
  { __typename: 'Account', id: 5 },
  { __typename: 'Profile', id: 'x'.repeat(5000) },
]

const ASK = 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }'

test.each(['profile', 'event', 'workflow', 'segment', 'platform'] as const)(
  'the %s subgraph tells a malformed one apart from what fails on its side',
  async (name) => {
    const { url } = environment.subgraphs[name]
    for (const representation of MALFORMED) {
      const { errors } = await askGraphql(url, ASK, { of: [representation] }, environment.signIn.tokens.admin)
      expect({ representation, codes: errors?.map((error) => error.extensions.code) }).toEqual({
        representation,
        // The list's own null is refused before anything looks at it.
        codes: [representation === null ? 'BAD_USER_INPUT' : 'BAD_REPRESENTATION'],
      })
    }
  },
)

test('one of an entity that does not exist, or whose id is none of its kind, is null or a mistake and hides no other', async () => {
  const { url } = environment.subgraphs.segment
  const token = environment.signIn.tokens.admin
  const { data, errors } = await askGraphql(
    url,
    ASK,
    {
      of: [
        { __typename: 'Segment', id: randomUUID() },
        { __typename: 'Segment', id: 'x' },
        { __typename: 'Profile', id: randomUUID() },
      ],
    },
    token,
  )
  expect(data._entities).toEqual([null, null, { __typename: 'Profile' }])
  expect(errors?.map((error) => error.extensions.code)).toEqual(['BAD_ID'])
})
