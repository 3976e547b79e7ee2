// What clients of the last release rely on is still there.
import { describe, expect, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { apiOf, breakingChanges, INTENDED_BREAKS_FILE, RELEASED_FILE } from '../../gateway/breaking-changes.mjs'
import { SUPERGRAPH_FILE } from '../../gateway/compose.mjs'

const read = async (file: URL): Promise<string> => await readFile(file, 'utf8')

test('the API that is checked in breaks no client of the last release, but where that is meant', async () => {
  const [released, supergraph, intended] = await Promise.all(
    [RELEASED_FILE, SUPERGRAPH_FILE, INTENDED_BREAKS_FILE].map(read),
  )
  expect(await breakingChanges(released, apiOf(supergraph), JSON.parse(intended ?? ''))).toEqual({
    breaking: [],
    pointless: [],
  })
})

describe('a change', () => {
  const changed = async (from: string, to: string, intended: object[] = []) => {
    const released = await read(RELEASED_FILE)
    const current = released.replace(from, to)
    expect(current).not.toBe(released)
    return await breakingChanges(released, current, intended)
  }
  const removed = { type: 'FIELD_REMOVED', path: 'AuditEntry.requestId' }

  test('that takes a field, an argument or a value away is found', async () => {
    expect((await changed('\n  requestId: String!', '')).breaking).toMatchObject([removed])
    expect((await changed('eventSource(id: ID!)', 'eventSource(id: ID!, why: String!)')).breaking).toMatchObject([
      { type: 'FIELD_ARGUMENT_ADDED', path: 'Query.eventSource.why' },
    ])
    expect((await changed('\n  marketer\n', '\n')).breaking).toMatchObject([
      { type: 'ENUM_VALUE_REMOVED', path: 'Role.marketer' },
    ])
  })

  test('that only adds is none', async () => {
    expect(await changed('\n  requestId: String!', '\n  requestId: String!\n  more: String')).toEqual({
      breaking: [],
      pointless: [],
    })
  })

  test('that is meant is let through, and an entry that lets nothing through is found', async () => {
    const entry = { ...removed, why: 'Nobody asks for it.' }
    expect(await changed('\n  requestId: String!', '', [entry])).toEqual({ breaking: [], pointless: [] })
    expect(await changed('\n  requestId: String!', '\n  requestId: String!\n  more: String', [entry])).toEqual({
      breaking: [],
      pointless: [entry],
    })
  })
})
