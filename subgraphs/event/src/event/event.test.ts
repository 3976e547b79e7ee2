import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { toBytes, toId } from '@segue/database'
import { countStatements } from '@segue/graphql'
import { randomBytes, randomUUID } from 'node:crypto'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { startTestSubgraph, type TestSubgraph } from '../../../../test/setup/subgraph.js'
import { readEventConfig } from '../config.js'
import { start } from '../service.js'

let database: TestDatabase
let subgraph: TestSubgraph
beforeAll(async () => {
  database = await createMigratedDatabase()
  subgraph = await startTestSubgraph({ account: 'subgraph-event', start, config: readEventConfig }, database)
})
afterAll(async () => {
  await subgraph?.close()
  await database?.close()
})

const START = Date.UTC(2026, 2, 1)

/** A UUIDv7 of a moment. */
function uuid7(time: number): string {
  const id = randomBytes(16)
  id.writeUIntBE(time, 0, 6)
  id.writeUInt8((id.readUInt8(6) & 0x0f) | 0x70, 6)
  return toId(id)
}

interface NewEvent {
  type: string
  at?: number
  profileId?: string
  sourceId?: string
  valid?: boolean
  problems?: object[]
}

/** Stores events as the event worker does; returns their ids. */
async function addEvents(...events: NewEvent[]): Promise<string[]> {
  const rows = events.map(({ type, at = START, profileId, sourceId = 'shop', valid = true, problems }) => ({
    id: uuid7(at + 5),
    row: [
      profileId ? toBytes(profileId) : null,
      sourceId,
      type,
      new Date(at),
      valid,
      problems ? JSON.stringify(problems) : null,
    ],
    activity: profileId ? [toBytes(profileId), new Date(at), 'event'] : undefined,
  }))
  await subgraph.database.query(
    `INSERT INTO event (id, profile_id, source_id, type, occurred_at, valid, problems, properties, context) VALUES ?`,
    [rows.map(({ id, row }) => [toBytes(id), ...row, '{"price": 9.5}', '{}'])],
  )
  const activity = rows.flatMap((row) => (row.activity ? [[...row.activity, toBytes(row.id)]] : []))
  if (activity.length > 0)
    await subgraph.database.query('INSERT INTO activity (profile_id, at, kind, ref) VALUES ?', [activity])
  return rows.map((row) => row.id)
}

const PAGE = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: EventFilter) {
  events(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
    edges { cursor node { id } } pageInfo { hasNextPage endCursor } } }`

interface EventPage {
  events: { edges: { cursor: string; node: { id: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
}

async function all(variables: object, between?: () => Promise<unknown>): Promise<string[]> {
  const ids: string[] = []
  let after: string | null = null
  for (;;) {
    const { events }: EventPage = await subgraph.ask<EventPage>(PAGE, { ...variables, after })
    ids.push(...events.edges.map((edge) => edge.node.id))
    if (!events.pageInfo.hasNextPage) return ids
    after = events.pageInfo.endCursor
    await between?.()
  }
}

describe('an event', () => {
  test('shows what was sent, what is wrong with it, and when it was received', async () => {
    const profileId = randomUUID()
    const [id = ''] = await addEvents({
      type: 'order',
      profileId,
      valid: false,
      problems: [{ code: 'SCHEMA', message: 'is missing', path: 'properties.id' }],
    })
    const { event } = await subgraph.ask<{ event: object }>(
      `query ($id: ID!) { event(id: $id) { id type occurredAt receivedAt valid problems { code message path } properties data tags
         sourceId source { id } definition { id } session { id } profile { id } } }`,
      { id },
    )
    expect(event).toEqual({
      id,
      type: 'order',
      occurredAt: new Date(START).toISOString(),
      receivedAt: new Date(START + 5).toISOString(),
      valid: false,
      problems: [{ code: 'SCHEMA', message: 'is missing', path: 'properties.id' }],
      properties: { price: 9.5 },
      data: {},
      tags: [],
      sourceId: 'shop',
      source: null,
      definition: null,
      session: null,
      profile: { id: profileId },
    })
  })

  test('names the canonical profile when its own was merged', async () => {
    const [alias, canonical] = [randomUUID(), randomUUID()]
    const [id = ''] = await addEvents({ type: 'order', profileId: alias })
    await subgraph.database.query('INSERT INTO profile_alias (alias_id, profile_id, created_at) VALUES (?, ?, ?)', [
      toBytes(alias),
      toBytes(canonical),
      new Date(),
    ])
    await subgraph.database.query('INSERT INTO profile_move (alias_id, created_at) VALUES (?, ?)', [
      toBytes(alias),
      new Date(),
    ])
    expect(await subgraph.ask('query ($id: ID!) { event(id: $id) { profile { id } } }', { id })).toEqual({
      event: { profile: { id: canonical } },
    })
    const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Profile { events { edges { node { id } } } } } }`
    for (const profile of [canonical, alias]) {
      expect(await subgraph.ask(query, { of: [{ __typename: 'Profile', id: profile }] })).toEqual({
        _entities: [{ events: { edges: [{ node: { id } }] } }],
      })
    }
  })

  test('is null when there is none, and a malformed id is the mistake of who asks', async () => {
    expect(await subgraph.ask('query ($id: ID!) { event(id: $id) { id } }', { id: randomUUID() })).toEqual({
      event: null,
    })
    const { errors } = await subgraph.send('{ events(filter: { profileId: "me" }) { edges { cursor } } }')
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_ID', path: ['filter', 'profileId'] })
  })
})

describe('the list of events', () => {
  test('by receipt is complete and without duplicates while events arrive', async () => {
    const ids = await addEvents(
      ...Array.from({ length: 30 }, (_, i) => ({ type: 'view', sourceId: 'list', at: START + i })),
    )
    const arrive = (): Promise<unknown> => addEvents({ type: 'view', sourceId: 'list', at: START + 10_000 })
    const seen = await all({ first: 7, filter: { sourceId: 'list' } }, arrive)
    expect(seen).toEqual([...ids].sort().reverse())
    const { events } = await subgraph.ask<EventPage>(PAGE, { last: 4, filter: { sourceId: 'list' } })
    expect(events.edges.map((edge) => edge.node.id)).toEqual([...ids].sort().reverse().slice(-4))
  })

  test('of one type is in the order of occurrence, complete among events of one moment, while others arrive', async () => {
    const ids = await addEvents(
      ...Array.from({ length: 40 }, (_, i) => ({
        type: 'tie',
        at: START + Math.floor(i / 15) * 1000,
        profileId: randomUUID(),
      })),
    )
    const arrive = (): Promise<unknown> =>
      addEvents({ type: 'tie', at: START + 1000 }, { type: 'tie', at: START + 9000 })
    const seen = await all({ first: 6, filter: { type: 'tie' } }, arrive)
    expect(new Set(seen).size).toBe(seen.length)
    expect(ids.filter((id) => !seen.includes(id))).toEqual([])
    const whole = await all({ first: 200, filter: { type: 'tie' } })
    const { events: last } = await subgraph.ask<EventPage>(PAGE, { last: 5, filter: { type: 'tie' } })
    const before = last.edges[0]?.cursor
    const { events: earlier } = await subgraph.ask<EventPage>(PAGE, { last: 5, before, filter: { type: 'tie' } })
    expect([...earlier.edges, ...last.edges].map((edge) => edge.node.id)).toEqual(whole.slice(-10))
  })

  test('filters by time, source, validity and profile, and counts the same', async () => {
    const profileId = randomUUID()
    const [, second = '', , fourth = ''] = await addEvents(
      { type: 'filtered', profileId, at: START },
      { type: 'filtered', profileId, at: START + 1000, sourceId: 'app' },
      { type: 'filtered', profileId, at: START + 2000, valid: false },
      { type: 'other', profileId, at: START + 1000, sourceId: 'app' },
      { type: 'filtered', at: START + 1000 },
    )
    const span = { from: new Date(START + 500).toISOString(), to: new Date(START + 1500).toISOString() }
    const count = 'query ($filter: EventFilter) { eventCount(filter: $filter) { value exact } }'
    for (const [filter, expected] of [
      [{ type: 'filtered', sourceId: 'app', ...span }, [second]],
      [{ profileId, type: 'filtered', sourceId: 'app', valid: true, ...span }, [second]],
      [{ profileId, valid: true, ...span }, [second, fourth].sort().reverse()],
      [{ sourceId: 'app', valid: false }, []],
    ] as const) {
      expect(await all({ filter })).toEqual(expected)
      expect(await subgraph.ask(count, { filter })).toEqual({ eventCount: { value: expected.length, exact: true } })
    }
    expect(await subgraph.ask(count, { filter: { type: 'filtered' } })).toEqual({
      eventCount: { value: 4, exact: true },
    })
  })

  test('refuses forged cursors, also those of another list', async () => {
    await addEvents({ type: 'cursor' }, { type: 'cursor' })
    const { events } = await subgraph.ask<EventPage>(PAGE, { first: 1, filter: { type: 'cursor' } })
    for (const variables of [{ after: events.pageInfo.endCursor }, { after: '%', filter: { type: 'cursor' } }]) {
      const { errors } = await subgraph.send(PAGE, variables)
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_CURSOR', path: ['after'] })
    }
  })

  test('reads indexes, never a sorted table', async () => {
    const explain = async (sql: string, ...parameters: unknown[]): Promise<{ key: string; Extra: string }> => {
      const [plan] = await subgraph.database.query<{ key: string; Extra: string | null }[]>(
        `EXPLAIN ${sql}`,
        parameters,
      )
      return { key: plan?.key ?? '', Extra: plan?.Extra ?? '' }
    }
    const byReceipt = await explain(
      'SELECT e.id FROM event e FORCE INDEX (PRIMARY) WHERE e.id < ? ORDER BY e.id DESC LIMIT 9',
      randomBytes(16),
    )
    expect(byReceipt.key).toBe('PRIMARY')
    expect(byReceipt.Extra).not.toContain('filesort')
    const boundary = await explain(
      `SELECT e.occurred_at FROM event e FORCE INDEX (behaviour) WHERE e.type = 'tie' AND (e.occurred_at <= ? AND (e.occurred_at < ? OR e.id < ?))
        ORDER BY e.occurred_at DESC LIMIT 1 OFFSET 9`,
      new Date(),
      new Date(),
      randomBytes(16),
    )
    expect(boundary.key).toBe('behaviour')
    expect(boundary.Extra).toContain('Using index')
    expect(boundary.Extra).not.toContain('filesort')
  })
})

describe('events of profiles', () => {
  const query = `query ($of: [_Any!]!, $type: String, $after: String) { _entities(representations: $of) { ... on Profile {
    id events(first: 3, type: $type, after: $after) { edges { node { id type source { id } definition { id } profile { id } } } pageInfo { endCursor } } } } }`

  test('fifty profiles with their last events are a handful of statements', async () => {
    const profiles = Array.from({ length: 50 }, () => randomUUID())
    await addEvents(
      ...profiles.flatMap((profileId) =>
        Array.from({ length: 5 }, (_, i) => ({ type: `step-${i}`, profileId, at: START + i * 1000 })),
      ),
    )
    const count = countStatements(subgraph.own)
    const { _entities } = await subgraph.ask<{
      _entities: { id: string; events: { edges: { node: { type: string } }[] } }[]
    }>(query, { of: profiles.map((id) => ({ __typename: 'Profile', id })) })
    expect(_entities.map((profile) => profile.id)).toEqual(profiles)
    for (const { events } of _entities) {
      expect(events.edges.map((edge) => edge.node.type)).toEqual(['step-4', 'step-3', 'step-2'])
    }
    // Aliases, rows not moved yet, activity, events, then their sources, types and profiles.
    expect(count.statements.length).toBeLessThanOrEqual(7)
  })

  test('of one type are paged, and a malformed profile is null alone', async () => {
    const profileId = randomUUID()
    const ids = await addEvents(
      ...Array.from({ length: 8 }, (_, i) => ({ type: i % 2 ? 'odd' : 'even', profileId, at: START + i })),
    )
    interface Entities {
      _entities: [{ events: { edges: { node: { id: string } }[]; pageInfo: { endCursor: string } } }, null]
    }
    const of = [
      { __typename: 'Profile', id: profileId },
      { __typename: 'Profile', id: 'nobody' },
    ]
    const first = await subgraph.ask<Entities>(query, { of, type: 'odd' })
    expect(first._entities[1]).toBeNull()
    const { endCursor } = first._entities[0].events.pageInfo
    const second = await subgraph.ask<Entities>(query, { of: of.slice(0, 1), type: 'odd', after: endCursor })
    expect(
      [...first._entities[0].events.edges, ...second._entities[0].events.edges].map((edge) => edge.node.id),
    ).toEqual([ids[7], ids[5], ids[3], ids[1]])
  })
})
