import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
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

interface Payload {
  eventSource: { id: string; version: number; name: string } | null
  writeKey?: string | null
  userErrors: { code: string; path: string[] }[]
}

const CREATE = `mutation ($input: CreateEventSourceInput!) { result: createEventSource(input: $input) {
  eventSource { id name channel enabled trusted origins answerWithinMs version } writeKey userErrors { code path } } }`
const UPDATE = `mutation ($input: UpdateEventSourceInput!) { result: updateEventSource(input: $input) {
  eventSource { id name enabled eventsPerSecond version } userErrors { code path } } }`

async function change(query: string, input: object): Promise<Payload> {
  return (await subgraph.ask<{ result: Payload }>(query, { input })).result
}

async function keyHash(id: string): Promise<string | undefined> {
  const rows = await subgraph.database.query<{ write_key_hash: Buffer | null }[]>(
    'SELECT write_key_hash FROM event_source WHERE id = ?',
    [id],
  )
  return rows[0]?.write_key_hash?.toString('hex')
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

describe('an event source', () => {
  test('is made with a write key of which only the hash is kept, and gets a new one', async () => {
    const created = await change(CREATE, {
      id: 'shop',
      name: ' Shop ',
      channel: 'tracker',
      trusted: true,
      origins: ['https://shop.example'],
    })
    expect(created).toMatchObject({
      eventSource: {
        id: 'shop',
        name: 'Shop',
        enabled: true,
        trusted: true,
        origins: ['https://shop.example'],
        answerWithinMs: 2000,
        version: 1,
      },
      userErrors: [],
    })
    expect(await keyHash('shop')).toBe(sha256(created.writeKey ?? ''))
    const rotated = await change(
      `mutation ($input: EventSourceIdInput!) { result: rotateWriteKey(input: $input) { eventSource { id } writeKey userErrors { code path } } }`,
      { id: 'shop' },
    )
    expect(rotated.writeKey).not.toBe(created.writeKey)
    expect(await keyHash('shop')).toBe(sha256(rotated.writeKey ?? ''))
  })

  test('of pages and pixels has no write key, as they could not keep it; one of the Segment API has', async () => {
    for (const [channel, hasKey] of [
      ['tracker', false],
      ['pixel', false],
      ['webhook', false],
      ['segment', true],
    ] as const) {
      const { writeKey } = await change(CREATE, { id: `keyed-${channel}`, name: 'Keyed', channel })
      expect({ channel, hasKey: typeof writeKey === 'string' }).toEqual({ channel, hasKey })
      expect((await keyHash(`keyed-${channel}`)) !== undefined).toBe(hasKey)
    }
  })

  test('gets an id when none is given', async () => {
    const { eventSource } = await change(CREATE, { name: 'App', channel: 'segment' })
    expect(eventSource?.id).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('refuses ids of the house, taken ids, bad origins and names that are empty or too long', async () => {
    await change(CREATE, { id: 'taken', name: 'Taken', channel: 'tracker' })
    const base = { name: 'X', channel: 'tracker' }
    const codes = await Promise.all(
      [
        { ...base, id: '@internal' },
        { ...base, id: 'x'.repeat(65) },
        { ...base, id: 'taken' },
        { ...base, origins: ['https://ok.example', 'shop.example/path'] },
        { ...base, name: '' },
        { ...base, name: 'x'.repeat(121) },
        { ...base, answerWithinMs: 0 },
      ].map(async (input) => (await change(CREATE, input)).userErrors),
    )
    expect(codes.flat()).toEqual([
      { code: 'BAD_SOURCE_ID', path: ['input', 'id'] },
      { code: 'BAD_SOURCE_ID', path: ['input', 'id'] },
      { code: 'SOURCE_EXISTS', path: ['input', 'id'] },
      { code: 'BAD_ORIGIN', path: ['input', 'origins', '1'] },
      { code: 'INVALID_INPUT', path: ['input', 'name'] },
      { code: 'INVALID_INPUT', path: ['input', 'name'] },
      { code: 'INVALID_INPUT', path: ['input', 'answerWithinMs'] },
    ])
  })

  test('is changed by the version it is based on; a stale change answers what it is now', async () => {
    await change(CREATE, { id: 'app', name: 'App', channel: 'tracker', eventsPerSecond: 10 })
    expect(await change(UPDATE, { id: 'app', version: 1, enabled: false, eventsPerSecond: null })).toEqual({
      eventSource: { id: 'app', name: 'App', enabled: false, eventsPerSecond: null, version: 2 },
      userErrors: [],
    })
    expect(await change(UPDATE, { id: 'app', version: 1, name: 'Mine' })).toMatchObject({
      eventSource: { name: 'App', version: 2 },
      userErrors: [{ code: 'STALE_SOURCE', path: ['input', 'version'] }],
    })
    expect(await change(UPDATE, { id: 'gone', version: 1 })).toMatchObject({
      eventSource: null,
      userErrors: [{ code: 'SOURCE_NOT_FOUND', path: ['input', 'id'] }],
    })
  })

  test('of which two saves at once change one version has one of them, and the other is told both', async () => {
    await change(CREATE, { id: 'contested', name: 'First', channel: 'tracker' })
    const save = `mutation ($input: UpdateEventSourceInput!) { updateEventSource(input: $input) { eventSource { name }
      userErrors { code stale { yourVersion currentVersion yours current } } } }`
    const names = ['Mine', 'Yours']
    const answers = await Promise.all(
      names.map((name) =>
        subgraph.ask<{ updateEventSource: { eventSource: { name: string }; userErrors: object[] } }>(save, {
          input: { id: 'contested', version: 1, name, enabled: true },
        }),
      ),
    )
    const results = answers.map(({ updateEventSource }) => updateEventSource)
    const lost = results.findIndex((result) => result.userErrors.length > 0)
    const winner = names[1 - lost]
    expect(results.map((result) => result.eventSource.name)).toEqual([winner, winner])
    expect(results[lost]?.userErrors).toEqual([
      {
        code: 'STALE_SOURCE',
        stale: {
          yourVersion: 1,
          currentVersion: 2,
          yours: { name: names[lost], enabled: true },
          current: { name: winner, enabled: true },
        },
      },
    ])
  })

  test('is trusted only with a write key, which a pixel cannot have', async () => {
    const errorsOf = async (mutation: string, input: object): Promise<object[]> => {
      const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`.replace(
        'RotateWriteKeyInput',
        'EventSourceIdInput',
      )
      const { result } = await subgraph.ask<{ result: { userErrors: object[] } }>(
        `mutation ($input: ${type}!) { result: ${mutation}(input: $input) { userErrors { code path } } }`,
        { input },
      )
      return result.userErrors
    }
    expect(await errorsOf('createEventSource', { id: 'open', name: 'Open', channel: 'tracker' })).toEqual([])
    expect(await errorsOf('updateEventSource', { id: 'open', version: 1, trusted: true })).toEqual([
      { code: 'TRUSTED_WITHOUT_KEY', path: ['input', 'trusted'] },
    ])
    expect(await subgraph.ask('{ eventSource(id: "open") { trusted version } }')).toEqual({
      eventSource: { trusted: false, version: 1 },
    })
    expect(await errorsOf('rotateWriteKey', { id: 'open' })).toEqual([])
    expect(await errorsOf('updateEventSource', { id: 'open', version: 1, trusted: true })).toEqual([])
    expect(await errorsOf('updateEventSource', { id: 'open', version: 2, channel: 'pixel' })).toEqual([
      { code: 'PIXEL_CARRIES_NO_KEY', path: ['input', 'channel'] },
    ])
    expect(await errorsOf('createEventSource', { id: 'pixel', name: 'P', channel: 'pixel', trusted: true })).toEqual([
      { code: 'PIXEL_CARRIES_NO_KEY', path: ['input', 'trusted'] },
    ])
    expect(await errorsOf('createEventSource', { id: 'pixel', name: 'P', channel: 'pixel' })).toEqual([])
    expect(await errorsOf('rotateWriteKey', { id: 'pixel' })).toEqual([
      { code: 'PIXEL_CARRIES_NO_KEY', path: ['input', 'id'] },
    ])
  })

  test('is removed with its schemas', async () => {
    await change(CREATE, { id: 'old', name: 'Old', channel: 'tracker' })
    await subgraph.database.query(
      `INSERT INTO event_schema (event_type_id, source_id, \`schema\`, updated_at) VALUES ('x', 'old', '{}', NOW())`,
    )
    const remove = 'mutation { deleteEventSource(input: { id: "old" }) { deletedId userErrors { code } } }'
    expect(await subgraph.ask(remove)).toEqual({ deleteEventSource: { deletedId: 'old', userErrors: [] } })
    expect(await subgraph.ask(remove)).toEqual({
      deleteEventSource: { deletedId: null, userErrors: [{ code: 'SOURCE_NOT_FOUND' }] },
    })
    expect(await subgraph.database.query('SELECT 1 FROM event_schema')).toEqual([])
    expect(await subgraph.ask('{ eventSource(id: "old") { id } }')).toEqual({ eventSource: null })
  })

  test('is listed by id, page by page, also for viewers, who may change none', async () => {
    const query = `query ($after: String) { eventSources(first: 2, after: $after) { edges { node { id } } pageInfo { endCursor } } }`
    interface Page {
      eventSources: { edges: { node: { id: string } }[]; pageInfo: { endCursor: string } }
    }
    const first = await subgraph.ask<Page>(query, {}, 'viewer')
    const second = await subgraph.ask<Page>(query, { after: first.eventSources.pageInfo.endCursor }, 'viewer')
    const ids = [...first.eventSources.edges, ...second.eventSources.edges].map((edge) => edge.node.id)
    expect(ids).toEqual([...ids].sort())
    expect(new Set(ids).size).toBe(4)
    const { errors } = await subgraph.send(CREATE, { input: { name: 'X', channel: 'tracker' } }, 'viewer')
    expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  })
})

describe('an event type', () => {
  const SAVE = `mutation ($input: CreateEventTypeInput!) { result: createEventType(input: $input) { eventType {
    id name group slots { slot from } eventMappings { to from value } profileMappings { to from value operation } identities { kind from } version }
    userErrors { code path } } }`

  test('is made with its mappings, changed, and removed', async () => {
    const input = {
      id: 'course-booked',
      name: 'Course booked',
      group: 'school',
      eventMappings: [{ to: 'data.course.id', from: 'properties.course' }],
      profileMappings: [
        { to: 'interests.{properties.subject}', value: 1, operation: 'increment' },
        { to: 'traits.waiting', operation: 'delete' },
      ],
      identities: [{ kind: 'email', from: 'properties.email' }],
      slots: [{ slot: 'number_1', from: 'properties.price' }],
    }
    const { result } = await subgraph.ask<{ result: object }>(SAVE, { input })
    expect(result).toMatchObject({
      eventType: {
        ...input,
        eventMappings: [{ to: 'data.course.id', from: 'properties.course', value: null }],
        profileMappings: [
          { to: 'interests.{properties.subject}', from: null, value: 1, operation: 'increment' },
          { to: 'traits.waiting', from: null, value: null, operation: 'delete' },
        ],
      },
      userErrors: [],
    })
    const update = `mutation ($input: UpdateEventTypeInput!) { updateEventType(input: $input) { eventType { name version slots { slot } } userErrors { code } } }`
    expect(await subgraph.ask(update, { input: { id: input.id, version: 1, slots: [] } })).toEqual({
      updateEventType: { eventType: { name: 'Course booked', version: 2, slots: [] }, userErrors: [] },
    })
    expect(await subgraph.ask(update, { input: { id: input.id, version: 1, name: 'Old' } })).toMatchObject({
      updateEventType: { eventType: { version: 2 }, userErrors: [{ code: 'STALE_TYPE' }] },
    })
    const [row] = await subgraph.database.query<{ profile_mappings: string }[]>(
      `SELECT CAST(profile_mappings AS CHAR) AS profile_mappings FROM event_type WHERE id = 'course-booked'`,
    )
    expect(JSON.parse(row?.profile_mappings ?? '')).toEqual([
      { to: 'interests.{properties.subject}', operation: 'increment', value: 1 },
      { to: 'traits.waiting', operation: 'delete' },
    ])
    expect(await subgraph.ask('mutation { deleteEventType(input: { id: "course-booked" }) { deletedId } }')).toEqual({
      deleteEventType: { deletedId: 'course-booked' },
    })
  })

  test('refuses mappings that the pipeline could not use', async () => {
    const bad = [
      [{ eventMappings: [{ to: 'properties.x', from: 'properties.y' }] }, ['eventMappings', '0', 'to']],
      [{ eventMappings: [{ to: 'data.x' }] }, ['eventMappings', '0']],
      [{ eventMappings: [{ to: 'data.x', from: 'profile.y' }] }, ['eventMappings', '0', 'from']],
      [{ profileMappings: [{ to: 'traits', value: {}, operation: 'set' }] }, ['profileMappings', '0', 'to']],
      [{ profileMappings: [{ to: 'traits.__proto__.x', value: 1, operation: 'set' }] }, ['profileMappings', '0', 'to']],
      [{ profileMappings: [{ to: 'interests.{oops}', value: 1, operation: 'set' }] }, ['profileMappings', '0', 'to']],
      [
        {
          slots: [
            { slot: 'text_1', from: 'properties.a' },
            { slot: 'text_1', from: 'properties.b' },
          ],
        },
        ['slots'],
      ],
    ] as const
    for (const [settings, path] of bad) {
      const { result } = await subgraph.ask<{ result: object }>(SAVE, {
        input: { id: 'bad', name: 'Bad', ...settings },
      })
      expect(result).toEqual({ eventType: null, userErrors: [{ code: 'BAD_MAPPING', path: ['input', ...path] }] })
    }
    for (const [input, code] of [
      [{ id: '', name: 'X' }, 'BAD_TYPE_ID'],
      [{ id: 'x'.repeat(129), name: 'X' }, 'BAD_TYPE_ID'],
      [{ id: 'x', name: 'X', tags: ['y'.repeat(65)] }, 'INVALID_INPUT'],
      [{ id: 'x', name: 'X', eventMappings: [{ to: `data.${'x'.repeat(300)}`, value: 1 }] }, 'INVALID_INPUT'],
    ] as const) {
      const { result } = await subgraph.ask<{ result: Payload }>(SAVE, { input })
      expect(result.userErrors[0]?.code).toBe(code)
    }
  })

  test('that is built in is listed in its group, can be changed and not removed', async () => {
    await subgraph.database.query(
      `INSERT INTO event_type (id, name, group_name, tags, sample, event_mappings, profile_mappings, identities, slots, built_in, created_at, updated_at)
       VALUES ('built', 'Built', 'house', '[]', '{}', '[]', '[]', '[]', '{}', TRUE, NOW(), NOW())`,
    )
    expect(
      await subgraph.ask('{ eventTypes(group: "house") { edges { node { id builtIn } } } eventTypeGroups }'),
    ).toEqual({
      eventTypes: { edges: [{ node: { id: 'built', builtIn: true } }] },
      eventTypeGroups: expect.arrayContaining(['house']),
    })
    expect(await subgraph.ask('mutation { deleteEventType(input: { id: "built" }) { userErrors { code } } }')).toEqual({
      deleteEventType: { userErrors: [{ code: 'BUILT_IN_TYPE' }] },
    })
  })
})

describe('an event schema', () => {
  const SET = `mutation ($input: SetEventSchemaInput!) { result: setEventSchema(input: $input) {
    eventType { schemas { sourceId onInvalid schema } } userErrors { code path } } }`
  const schema = { type: 'object', required: ['id'] }

  test('is set, replaced and removed', async () => {
    await subgraph.ask('mutation { createEventType(input: { id: "with-schema", name: "S" }) { userErrors { code } } }')
    const eventTypeId = 'with-schema'
    await subgraph.ask(SET, { input: { eventTypeId, schema: {} } })
    expect(await subgraph.ask(SET, { input: { eventTypeId, schema, onInvalid: 'refuse' } })).toEqual({
      result: { eventType: { schemas: [{ sourceId: null, onInvalid: 'refuse', schema }] }, userErrors: [] },
    })
    const remove = `mutation { removeEventSchema(input: { eventTypeId: "with-schema" }) { eventType { schemas { sourceId } } userErrors { code } } }`
    expect(await subgraph.ask(remove)).toEqual({ removeEventSchema: { eventType: { schemas: [] }, userErrors: [] } })
    expect(await subgraph.ask(remove)).toMatchObject({
      removeEventSchema: { userErrors: [{ code: 'SCHEMA_NOT_FOUND' }] },
    })
  })

  test('is refused when it cannot be compiled, or its type or source is unknown', async () => {
    await subgraph.ask('mutation { createEventType(input: { id: "schemas", name: "S" }) { userErrors { code } } }')
    for (const [input, error] of [
      [
        { eventTypeId: 'schemas', schema: { type: 'no-type' } },
        { code: 'INVALID_SCHEMA', path: ['input', 'schema'] },
      ],
      [
        { eventTypeId: 'nowhere', schema },
        { code: 'TYPE_NOT_FOUND', path: ['input', 'eventTypeId'] },
      ],
      [
        { eventTypeId: 'schemas', sourceId: 'nowhere', schema },
        { code: 'SOURCE_NOT_FOUND', path: ['input', 'sourceId'] },
      ],
    ] as const) {
      expect(await subgraph.ask(SET, { input })).toEqual({ result: { eventType: null, userErrors: [error] } })
    }
  })
})
