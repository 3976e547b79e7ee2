import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { toBytes } from '@segue/database'
import { countStatements, type RunningSubgraph } from '@segue/graphql'
import { randomUUID } from 'node:crypto'
import { createMigratedDatabase, type TestDatabase } from '../../../test/setup/database.js'
import {
  askGraphql,
  createTestSignIn,
  TEST_GATEWAY_KEY,
  type Answer,
  type TestSignIn,
} from '../../../test/setup/graphql-client.js'
import { readSegmentConfig } from './config.js'
import { start } from './service.js'

let database: TestDatabase
let subgraph: RunningSubgraph
let signIn: TestSignIn

beforeAll(async () => {
  database = await createMigratedDatabase()
  signIn = await createTestSignIn('staging')
  subgraph = await start(
    readSegmentConfig({
      SEGUE_ENVIRONMENT: 'staging',
      SEGUE_LOG_LEVEL: 'error',
      SEGUE_MYSQL_URL: database.url,
      SEGUE_SUBGRAPH_SEGMENT_PORT: '0',
      SEGUE_TOKEN_PUBLIC_KEYS: signIn.publicKeys,
      SEGUE_GATEWAY_KEY: TEST_GATEWAY_KEY,
    }),
  )
})
afterAll(async () => {
  await subgraph?.close()
  await database?.close()
})

const ask = (query: string, variables: object = {}, token = signIn.tokens.admin): Promise<Answer> =>
  askGraphql(subgraph.url, query, variables, token)

async function createSegment(name: string): Promise<{ id: string; version: number }> {
  const { data } = await ask(
    `mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { segment { id version } userErrors { code } } }`,
    { input: { name } },
  )
  return data.createSegment.segment
}

const ADD = `mutation ($input: SegmentProfilesInput!) { addProfilesToSegment(input: $input) {
  changed segment { profileCount } userErrors { code message path } } }`

describe('a segment', () => {
  test('is created, found by a part of its name, changed and deleted', async () => {
    const { id } = await createSegment('Big 100% spenders')
    await createSegment('Small spenders')
    const found = await ask(`{ segments(search: "100%") { edges { node { id name description kind version } } } }`)
    expect(found.data.segments.edges).toEqual([
      { node: { id, name: 'Big 100% spenders', description: '', kind: 'static', version: 1 } },
    ])
    const update = `mutation ($input: UpdateSegmentInput!) { updateSegment(input: $input) { segment { name version }
      userErrors { code path stale { yourVersion currentVersion yours current } } clientMutationId } }`
    const input = { id, version: 1, name: 'Spenders', clientMutationId: 'mine' }
    const changed = await ask(update, { input })
    expect(changed.data.updateSegment).toEqual({
      segment: { name: 'Spenders', version: 2 },
      userErrors: [],
      clientMutationId: 'mine',
    })
    const stale = await ask(update, { input: { id, version: 1, name: 'Other' } })
    expect(stale.data.updateSegment).toEqual({
      segment: { name: 'Spenders', version: 2 },
      userErrors: [
        {
          code: 'STALE_SEGMENT',
          path: ['input', 'version'],
          stale: { yourVersion: 1, currentVersion: 2, yours: { name: 'Other' }, current: { name: 'Spenders' } },
        },
      ],
      clientMutationId: null,
    })
    const gone = await ask(`mutation { deleteSegment(input: { id: "${id}" }) { deletedId } }`)
    expect(gone.data.deleteSegment.deletedId).toBe(id)
    expect((await ask(`{ segment(id: "${id}") { id } }`)).data.segment).toBeNull()
  })

  test('refuses a name that is taken, empty or too long, with the place of the mistake', async () => {
    await createSegment('Taken')
    const create = `mutation ($name: String!) { createSegment(input: { name: $name }) { segment { id } userErrors { code message path } } }`
    const path = ['input', 'name']
    const answers = await Promise.all(['taken', '', 'x'.repeat(161)].map((name) => ask(create, { name })))
    expect(answers.map(({ data }) => data.createSegment)).toEqual([
      {
        segment: null,
        userErrors: [
          { code: 'SEGMENT_NAME_TAKEN', message: 'A segment is called "taken" already. Choose another name.', path },
        ],
      },
      {
        segment: null,
        userErrors: [{ code: 'INVALID_INPUT', message: 'Name must not be blank.', path }],
      },
      {
        segment: null,
        userErrors: [{ code: 'INVALID_INPUT', message: 'Name must be shorter than or equal to 160 characters.', path }],
      },
    ])
  })
})

describe('members', () => {
  test('are added once, paged both ways, counted and removed', async () => {
    const { id: segmentId } = await createSegment('Members')
    const profileIds = Array.from({ length: 5 }, () => randomUUID()).sort()
    const added = await ask(ADD, { input: { segmentId, profileIds } })
    expect(added.data.addProfilesToSegment).toEqual({ changed: 5, segment: { profileCount: 5 }, userErrors: [] })
    const again = await ask(ADD, { input: { segmentId, profileIds: profileIds.slice(0, 2) } })
    expect(again.data.addProfilesToSegment.changed).toBe(0)

    const page = `query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { segment(id: $id) {
      profiles(first: $first, after: $after, last: $last, before: $before) {
        edges { node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`
    const ids = (answer: Answer) =>
      answer.data.segment.profiles.edges.map((edge: { node: { id: string } }) => edge.node.id)
    const first = await ask(page, { id: segmentId, first: 2 })
    expect(ids(first)).toEqual(profileIds.slice(0, 2))
    expect(first.data.segment.profiles.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    const rest = await ask(page, { id: segmentId, first: 200, after: first.data.segment.profiles.pageInfo.endCursor })
    expect(ids(rest)).toEqual(profileIds.slice(2))
    const back = await ask(page, { id: segmentId, last: 2, before: rest.data.segment.profiles.pageInfo.endCursor })
    expect(ids(back)).toEqual(profileIds.slice(2, 4))
    expect(back.data.segment.profiles.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })

    const removed = await ask(
      `mutation ($input: SegmentProfilesInput!) { removeProfilesFromSegment(input: $input) { changed segment { profileCount } } }`,
      { input: { segmentId, profileIds: profileIds.slice(0, 2) } },
    )
    expect(removed.data.removeProfilesFromSegment).toEqual({ changed: 2, segment: { profileCount: 3 } })
  })

  test('that merged count and show once, and are found and removed under any of their ids', async () => {
    const { id: segmentId } = await createSegment('Merged')
    const [canonical, aliasOne, aliasTwo, other] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
    await ask(ADD, { input: { segmentId, profileIds: [aliasOne, aliasTwo, other] } })
    await subgraph.database.query(
      `INSERT INTO profile_alias (alias_id, profile_id, created_at) VALUES (?, ?, NOW(3)), (?, ?, NOW(3))`,
      [aliasOne, canonical, aliasTwo, canonical].map(toBytes),
    )
    const members = async (): Promise<unknown> => {
      const { data } = await ask(`{ segment(id: "${segmentId}") { profileCount profiles { edges { node { id } } } } }`)
      const { profileCount, profiles } = data.segment
      return { profileCount, ids: profiles.edges.map((edge: { node: { id: string } }) => edge.node.id).sort() }
    }
    expect(await members()).toEqual({ profileCount: 2, ids: [canonical, other].sort() })
    // Adding the retired id adds the canonical profile; all three rows are one member.
    await ask(ADD, { input: { segmentId, profileIds: [aliasOne] } })
    expect(await members()).toEqual({ profileCount: 2, ids: [canonical, other].sort() })
    const segments = await ask(
      `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Profile { id segments { name } } } }`,
      { r: [canonical, aliasTwo].map((id) => ({ __typename: 'Profile', id })) },
    )
    expect(segments.data._entities).toEqual([
      { id: canonical, segments: [{ name: 'Merged' }] },
      { id: aliasTwo, segments: [{ name: 'Merged' }] },
    ])
    await ask(`mutation ($input: SegmentProfilesInput!) { removeProfilesFromSegment(input: $input) { changed } }`, {
      input: { segmentId, profileIds: [aliasTwo] },
    })
    expect(await members()).toEqual({ profileCount: 1, ids: [other] })
  })

  test('are refused beyond a thousand a call and when an id is none', async () => {
    const { id: segmentId } = await createSegment('Refusals')
    const many = await ask(ADD, { input: { segmentId, profileIds: Array.from({ length: 1001 }, () => randomUUID()) } })
    expect(many.data.addProfilesToSegment.userErrors).toMatchObject([{ code: 'TOO_MANY_PROFILES' }])
    const bad = await ask(ADD, { input: { segmentId, profileIds: [randomUUID(), "'; DROP TABLE segment"] } })
    expect(bad.data.addProfilesToSegment.userErrors).toMatchObject([
      { code: 'BAD_ID', path: ['input', 'profileIds', '1'] },
    ])
    const nowhere = await ask(ADD, { input: { segmentId: randomUUID(), profileIds: [] } })
    expect(nowhere.data.addProfilesToSegment.userErrors).toMatchObject([
      { code: 'SEGMENT_NOT_FOUND', path: ['input', 'segmentId'] },
    ])
  })

  test('of fifty segments, and the segments of fifty profiles, are a handful of statements', async () => {
    const profileIds = Array.from({ length: 50 }, () => randomUUID())
    for (const name of ['Many A', 'Many B', 'Many C']) {
      await ask(ADD, { input: { segmentId: (await createSegment(name)).id, profileIds } })
    }
    const count = countStatements(subgraph.database)
    const { data } = await ask(
      `query ($r: [_Any!]!) { segments(first: 50) { edges { node { name profileCount profiles(first: 2) { edges { node { id } } } } } }
        _entities(representations: $r) { ... on Profile { segments { name profileCount } } } }`,
      { r: profileIds.map((id) => ({ __typename: 'Profile', id })) },
    )
    expect(data._entities).toHaveLength(50)
    expect(data._entities[49].segments.map((segment: { profileCount: number }) => segment.profileCount)).toEqual([
      50, 50, 50,
    ])
    for (const { node } of data.segments.edges.filter(({ node: { name } }: { node: { name: string } }) =>
      name.startsWith('Many'),
    )) {
      expect(node.profiles.edges.map((edge: { node: { id: string } }) => edge.node.id)).toEqual(
        profileIds.toSorted().slice(0, 2),
      )
    }
    expect(count.statements.length).toBeLessThanOrEqual(7)
  })
})

test('a viewer reads and changes nothing; nobody signed in reads nothing', async () => {
  const change = `mutation { createSegment(input: { name: "By a viewer" }) { segment { id } } }`
  expect((await ask(change, {}, signIn.tokens.viewer)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  expect((await ask(`{ segments { edges { node { id } } } }`, {}, signIn.tokens.viewer)).errors).toBeUndefined()
  expect(await ask(`{ segments { edges { node { id } } } }`, {}, '')).toEqual({
    errors: [
      {
        message: 'Sign in first: this needs a valid access token.',
        extensions: { code: 'UNAUTHENTICATED' },
      },
    ],
  })
})

test('a cursor that is not one of the list’s is a mistake with a code', async () => {
  const cursors = ['nonsense', Buffer.from('["a","b"]').toString('base64url'), Buffer.from('[7]').toString('base64url')]
  for (const after of cursors) {
    const { errors } = await ask(`query ($after: String) { segments(after: $after) { edges { cursor } } }`, { after })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_CURSOR', path: ['after'] } }])
  }
})
