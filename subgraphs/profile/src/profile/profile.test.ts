import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Profile, ProfileIdentity, Session, toBytes } from '@segue/database'
import { countStatements } from '@segue/graphql'
import { createHash, randomUUID } from 'node:crypto'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { askGraphql } from '../../../../test/setup/graphql-client.js'
import { startTestSubgraph, type TestSubgraph } from '../../../../test/setup/subgraph.js'
import { readProfileConfig } from '../config.js'
import { start } from '../service.js'

let database: TestDatabase
let subgraph: TestSubgraph
beforeAll(async () => {
  database = await createMigratedDatabase()
  subgraph = await startTestSubgraph({ account: 'subgraph-profile', start, config: readProfileConfig }, database)
  await subgraph.database.query(
    `INSERT IGNORE INTO identity_kind VALUES
       ('email', 'email', 0, 1, 0, 0, 1, 80), ('customer', 'trim', 1, 1, 1, 0, 1, 95), ('phone', 'phone', 0, 1, 0, 0, 1, 70)`,
  )
})
afterAll(async () => {
  await subgraph?.close()
  await database?.close()
})

const NOW = new Date('2026-03-01T12:00:00.000Z')

async function addProfile(fields: Partial<Profile> = {}): Promise<string> {
  const id = fields.id ?? randomUUID()
  const row = {
    id,
    createdAt: NOW,
    updatedAt: NOW,
    firstSeenAt: NOW,
    lastSeenAt: NOW,
    version: '1',
    identified: false,
    displayName: null,
    email: null,
    phone: null,
    document: {},
    stamps: {},
    ...fields,
  }
  await subgraph.database.getRepository(Profile).insert(row as object)
  return id
}

async function addIdentity(profileId: string, kind: string, value: string): Promise<void> {
  await subgraph.database.getRepository(ProfileIdentity).insert({
    kind,
    valueHash: createHash('sha256').update(value).digest(),
    value,
    profileId,
    originalProfileId: profileId,
    sourceId: 'shop',
    firstSeenAt: NOW,
    claimedAt: NOW,
    joins: 0,
  })
}

async function addAlias(aliasId: string, profileId: string): Promise<void> {
  await subgraph.database.query('INSERT INTO profile_alias (alias_id, profile_id, created_at) VALUES (?, ?, ?)', [
    toBytes(aliasId),
    toBytes(profileId),
    NOW,
  ])
}

interface ProfilePage {
  profiles: { edges: { cursor: string; node: { id: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
}

const PAGE = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: ProfileFilter, $search: String) {
  profiles(first: $first, after: $after, last: $last, before: $before, filter: $filter, search: $search) {
    edges { cursor node { id } } pageInfo { hasNextPage endCursor }
  }
}`

/** Ids of all pages, in order. */
async function all(variables: object, between?: () => Promise<unknown>): Promise<string[]> {
  const ids: string[] = []
  let after: string | null = null
  for (;;) {
    const { profiles }: ProfilePage = await subgraph.ask<ProfilePage>(PAGE, { ...variables, after })
    ids.push(...profiles.edges.map((edge) => edge.node.id))
    if (!profiles.pageInfo.hasNextPage) return ids
    after = profiles.pageInfo.endCursor
    await between?.()
  }
}

describe('a profile', () => {
  test('shows its documents typed, its free parts as JSON, and what does not fit a type as null', async () => {
    const id = await addProfile({
      displayName: 'Ada Lovelace',
      document: {
        data: {
          pii: { firstname: 'Ada', language: { spoken: ['en', 7, {}] }, attributes: { shoe_number: '38' } },
          contact: { email: { main: 'ada@example.org' }, address: 'nowhere' },
          loyalty: { card: { points: 12 } },
          custom: 1,
        },
        traits: { plan: 'pro' },
        counters: { orders: 3 },
      },
    })
    const { profile } = await subgraph.ask<{ profile: object }>(
      `query ($id: ID!) { profile(id: $id) { id displayName firstSeenAt identified traits counters aux
         data { pii { firstname lastname language { native spoken } attributes { shoeNumber height } }
                contact { email { main } address { town } } loyalty { card { points } } raw } } }`,
      { id },
    )
    expect(profile).toMatchObject({
      id,
      displayName: 'Ada Lovelace',
      firstSeenAt: NOW.toISOString(),
      identified: false,
      traits: { plan: 'pro' },
      counters: { orders: 3 },
      aux: {},
      data: {
        pii: {
          firstname: 'Ada',
          lastname: null,
          language: { native: null, spoken: ['en', '7'] },
          attributes: { shoeNumber: 38, height: null },
        },
        contact: { email: { main: 'ada@example.org' }, address: { town: null } },
        loyalty: { card: { points: 12 } },
        raw: { custom: 1 },
      },
    })
  })

  test('answers to an id that a merge retired, in any case', async () => {
    const [id, alias] = [await addProfile(), randomUUID()]
    await addAlias(alias, id)
    const data = await subgraph.ask<{ profile: { id: string; aliases: string[] } }>(
      'query ($id: ID!) { profile(id: $id) { id aliases } }',
      { id: alias.toUpperCase() },
    )
    expect(data.profile).toEqual({ id, aliases: [alias] })
  })

  test('is found by an identity however it is written, and by no junk value', async () => {
    const id = await addProfile()
    await addIdentity(id, 'email', 'grace@example.org')
    const query = `query ($kind: String!, $value: String!) { profileByIdentity(kind: $kind, value: $value) {
      id identities { kind value sourceId } } }`
    const found = await subgraph.ask(query, { kind: 'email', value: '  Grace@Example.ORG ' })
    expect(found).toEqual({
      profileByIdentity: { id, identities: [{ kind: 'email', value: 'grace@example.org', sourceId: 'shop' }] },
    })
    expect(await subgraph.ask(query, { kind: 'email', value: 'null' })).toEqual({ profileByIdentity: null })
    const { errors } = await subgraph.send(query, { kind: 'passport', value: 'X' })
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'UNKNOWN_IDENTITY_KIND', path: ['kind'] })
  })

  test('is null when there is none, and a malformed id is the mistake of who asks', async () => {
    expect(await subgraph.ask('query ($id: ID!) { profile(id: $id) { id } }', { id: randomUUID() })).toEqual({
      profile: null,
    })
    const { errors } = await subgraph.send('{ profile(id: "42") { id } }')
    expect(errors?.[0]?.extensions.code).toBe('BAD_ID')
  })

  test('has its sessions, newest first, with a duration', async () => {
    const id = await addProfile()
    await subgraph.database.getRepository(Session).insert(
      [0, 1, 2].map((n) => ({
        id: randomUUID(),
        profileId: id,
        originalProfileId: id,
        sourceId: 'shop',
        startedAt: new Date(NOW.getTime() + n * 60_000),
        lastEventAt: new Date(NOW.getTime() + n * 60_000 + 1500),
        events: n,
        browserName: 'Firefox',
        context: {},
      })) as object[],
    )
    const query = `query ($id: ID!, $after: String) { profile(id: $id) { sessions(first: 2, after: $after) {
      edges { node { eventCount duration browser { name } profile { id } } } pageInfo { hasNextPage endCursor } } } }`
    interface Sessions {
      profile: {
        sessions: { edges: { node: { eventCount: number } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
      }
    }
    const first = await subgraph.ask<Sessions>(query, { id })
    expect(first.profile.sessions.edges[0]).toEqual({
      node: { eventCount: 2, duration: 1.5, browser: { name: 'Firefox' }, profile: { id } },
    })
    const second = await subgraph.ask<Sessions>(query, { id, after: first.profile.sessions.pageInfo.endCursor })
    expect(second.profile.sessions.edges.map((edge) => edge.node.eventCount)).toEqual([0])
    expect(second.profile.sessions.pageInfo.hasNextPage).toBe(false)
  })
})

describe('the entity', () => {
  const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Profile { id } ... on Session { id } } }`

  test('is resolved through aliases, for a list in at most three statements', async () => {
    const ids = [await addProfile(), await addProfile(), await addProfile()]
    const alias = randomUUID()
    await addAlias(alias, ids[0] ?? '')
    const count = countStatements(subgraph.own)
    const { _entities } = await subgraph.ask<{ _entities: object[] }>(query, {
      of: [...ids, alias].map((id) => ({ __typename: 'Profile', id })),
    })
    expect(_entities).toEqual([...ids, ids[0]].map((id) => ({ id })))
    expect(count.statements.length).toBeLessThanOrEqual(3)
  })

  test('is null alone when its reference is unknown or malformed', async () => {
    const id = await addProfile()
    const { _entities } = await subgraph.ask<{ _entities: object[] }>(query, {
      of: [
        { __typename: 'Profile', id: 'x' },
        { __typename: 'Session', id: randomUUID() },
        { __typename: 'Profile', id },
      ],
    })
    expect(_entities).toEqual([null, null, { id }])
  })
})

describe('the list of profiles', () => {
  test('is complete and without duplicates while profiles are inserted, forward and backward', async () => {
    const filter = { seenAfter: '2027-01-01T00:00:00Z' }
    const fields = { lastSeenAt: new Date('2027-06-01') }
    const ids = await Promise.all(Array.from({ length: 23 }, () => addProfile(fields)))
    const seen = await all({ first: 5, filter }, () => addProfile(fields))
    expect(new Set(seen).size).toBe(seen.length)
    expect(ids.filter((id) => !seen.includes(id))).toEqual([])
    expect(seen.filter((id) => ids.includes(id))).toEqual([...ids].sort().reverse())

    const { profiles } = await subgraph.ask<ProfilePage>(PAGE, { last: 3, filter })
    const before = profiles.edges[0]?.cursor
    const { profiles: earlier } = await subgraph.ask<ProfilePage>(PAGE, { last: 3, before, filter })
    const whole = await all({ first: 200, filter })
    expect([...earlier.edges, ...profiles.edges].map((edge) => edge.node.id)).toEqual(whole.slice(-6))
  })

  test('filters and counts', async () => {
    const fields = { lastSeenAt: new Date('2030-06-01') }
    const known = await addProfile({ ...fields, identified: true, email: 'a@example.org' })
    await addProfile({ ...fields, phone: '+44123456' })
    const seen = { seenAfter: '2030-01-01T00:00:00Z', seenBefore: '2031-01-01T00:00:00Z' }
    expect(await all({ filter: { ...seen, identified: true, hasEmail: true, hasPhone: false } })).toEqual([known])
    const count = `query ($filter: ProfileFilter) { profileCount(filter: $filter) { value exact } }`
    expect(await subgraph.ask(count, { filter: seen })).toEqual({ profileCount: { value: 2, exact: true } })
    expect(await subgraph.ask(count, { filter: { ...seen, hasPhone: true } })).toEqual({
      profileCount: { value: 1, exact: true },
    })
  })

  test('a page with identities, sessions, aliases and timelines is a handful of statements', async () => {
    const count = countStatements(subgraph.own)
    await subgraph.ask(`{ profiles(first: 20) { edges { node { id aliases identities { kind }
      sessions(first: 3) { edges { node { id profile { id } } } } timeline(first: 3) { edges { at node { __typename } } } } } } }`)
    expect(count.statements.length).toBeLessThanOrEqual(12)
  })

  test('refuses a forged cursor and a page too large', async () => {
    for (const [variables, code] of [
      [{ after: 'nonsense' }, 'BAD_CURSOR'],
      [{ first: 1000 }, 'BAD_PAGE'],
      [{ search: 'a', after: Buffer.from('[1]').toString('base64url') }, 'BAD_CURSOR'],
      [{ search: 'x'.repeat(300) }, 'INVALID_INPUT'],
    ] as const) {
      const { errors } = await subgraph.send(PAGE, variables)
      expect(errors?.[0]?.extensions.code).toBe(code)
    }
  })
})

describe('a search', () => {
  test('finds by the beginning of name, e-mail and phone and by a whole identity, each profile once', async () => {
    const byIdentity = await addProfile({ displayName: 'zoe98765' })
    await addIdentity(byIdentity, 'customer', 'Zoe98')
    const names = await Promise.all(
      Array.from({ length: 7 }, (_, i) =>
        addProfile({ displayName: `Zoe98 ${i % 2}`, email: `zoe98.${i}@example.org` }),
      ),
    )
    const mails = await Promise.all(
      Array.from({ length: 4 }, (_, i) => addProfile({ displayName: 'Other', email: `zoe98-${i}@example.org` })),
    )
    const found = await all({ search: ' zoe98 ', first: 3 })
    expect(found).toHaveLength(12)
    expect(found.filter((id) => id === byIdentity)).toHaveLength(1)
    expect(new Set(found)).toEqual(new Set([byIdentity, ...names, ...mails]))
    expect(new Set(found.slice(-4))).toEqual(new Set(mails))
    expect(await all({ search: 'Zoe98' })).toEqual([byIdentity, ...found.filter((id) => id !== byIdentity)])

    const { profiles } = await subgraph.ask<ProfilePage>(PAGE, { search: 'zoe98', last: 5 })
    expect(profiles.edges.map((edge) => edge.node.id)).toEqual(found.slice(-5))
    const before = profiles.edges[0]?.cursor
    const { profiles: earlier } = await subgraph.ask<ProfilePage>(PAGE, { search: 'zoe98', last: 7, before })
    expect(earlier.edges.map((edge) => edge.node.id)).toEqual(found.slice(0, 7))
  })

  test('takes wildcards as what they are, and phone numbers as people write them', async () => {
    const id = await addProfile({ displayName: '100% wool', phone: '+442071234567' })
    await addProfile({ displayName: '1000 threads' })
    expect(await all({ search: '100%' })).toEqual([id])
    expect(await all({ search: '_00' })).toEqual([])
    expect(await all({ search: '0044 207-123' })).toEqual([id])
  })

  test('reads indexes only as far as the page goes', async () => {
    for (const [column, index] of [
      ['display_name', 'by_name'],
      ['email', 'by_email'],
    ] as const) {
      const [plan] = await subgraph.database.query<{ key: string; Extra: string }[]>(
        `EXPLAIN SELECT p.${column}, p.id FROM profile p FORCE INDEX (${index})
          WHERE p.${column} LIKE 'zo%' ESCAPE '|' AND p.${column} >= 'zoe' AND (p.${column} > 'zoe' OR p.id > 'x')
          ORDER BY p.${column}, p.id LIMIT 11`,
      )
      expect(plan?.key).toBe(index)
      expect(plan?.Extra).not.toContain('filesort')
    }
    const [list] = await subgraph.database.query<{ key: string; Extra: string }[]>(
      `EXPLAIN SELECT p.id FROM profile p FORCE INDEX (PRIMARY) WHERE p.id < 'x' ORDER BY p.id DESC LIMIT 11`,
    )
    expect(list?.key).toBe('PRIMARY')
    expect(list?.Extra ?? '').not.toContain('filesort')
  })
})

test('who is not signed in gets nothing', async () => {
  const answer = await askGraphql(subgraph.url, '{ profileCount { value } }')
  expect(answer).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
})
