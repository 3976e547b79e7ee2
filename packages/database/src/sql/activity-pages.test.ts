import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import type { DataSource } from 'typeorm'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { activityPages, dataSource, resolveAliases, toBytes, toId, type ActivityEntry } from '../index.js'

let database: TestDatabase
let source: DataSource
beforeAll(async () => {
  database = await createMigratedDatabase()
  source = await dataSource({ url: database.url, connections: 4 }).initialize()
})
afterAll(async () => {
  await source.destroy()
  await database.close()
})

const START = Date.UTC(2026, 0, 1)
const newId = (): string => toId(randomBytes(16))

async function add(profileId: string, entries: Omit<ActivityEntry, 'ref'>[]): Promise<void> {
  await source.query('INSERT INTO activity (profile_id, at, kind, ref) VALUES ?', [
    entries.map(({ at, kind }) => [toBytes(profileId), at, kind, randomBytes(16)]),
  ])
}

describe('pages of activity', () => {
  test('fifty profiles with their last entries are three statements', async () => {
    const profiles = Array.from({ length: 50 }, newId)
    for (const profile of profiles) {
      await add(
        profile,
        Array.from({ length: 8 }, (_, i) => ({ at: new Date(START + i * 1000), kind: 'event' as const })),
      )
    }
    let statements = 0
    const counting = {
      query: <Rows>(sql: string, parameters?: unknown[]): Promise<Rows> => {
        statements++
        return source.query<Rows>(sql, parameters)
      },
    }
    const pages = await activityPages(
      counting,
      profiles.map((profileId) => ({ profileId, limit: 3 })),
    )
    expect(statements).toBe(3)
    expect(pages).toHaveLength(50)
    for (const page of pages) {
      expect(page.map(({ at }) => at.getTime() - START)).toEqual([7000, 6000, 5000])
    }
  })

  test('paging is complete and without duplicates among entries of one moment, while others are inserted', async () => {
    const profile = newId()
    const entries = Array.from({ length: 60 }, (_, i) => ({
      at: new Date(START + Math.floor(i / 20) * 1000),
      kind: i % 2 ? ('event' as const) : ('run' as const),
    }))
    await add(profile, entries)
    const before = new Set((await activityPages(source, [{ profileId: profile, limit: 100 }]))[0]?.map((e) => e.ref))
    const seen: string[] = []
    let after: ActivityEntry | undefined
    for (;;) {
      const [page = []] = await activityPages(source, [{ profileId: profile, limit: 7, after }])
      if (page.length === 0) break
      seen.push(...page.map((entry) => entry.ref))
      after = page.at(-1)
      await add(profile, [{ at: new Date(START + 1000), kind: 'event' }])
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect([...before].filter((ref) => !seen.includes(ref))).toEqual([])
  })

  test('rows that a merge has not moved yet are read under the alias, and the alias answers like the profile', async () => {
    const [canonical, alias] = [newId(), newId()]
    await add(canonical, [{ at: new Date(START), kind: 'event' }])
    await add(alias, [{ at: new Date(START + 1), kind: 'run' }])
    await source.query('INSERT INTO profile_alias (alias_id, profile_id, created_at) VALUES (?, ?, ?)', [
      toBytes(alias),
      toBytes(canonical),
      new Date(),
    ])
    await source.query('INSERT INTO profile_move (alias_id, created_at) VALUES (?, ?)', [toBytes(alias), new Date()])
    const [one, other] = await activityPages(source, [
      { profileId: canonical, limit: 10 },
      { profileId: alias, limit: 10 },
    ])
    expect(one?.map((entry) => entry.kind)).toEqual(['run', 'event'])
    expect(other).toEqual(one)
    expect(await resolveAliases(source, [alias.toUpperCase(), canonical])).toEqual([canonical, canonical])
  })

  test('filters by kind, time and what the event is, and reads from either end', async () => {
    const profile = newId()
    await add(profile, [
      { at: new Date(START), kind: 'event' },
      { at: new Date(START + 1), kind: 'run' },
      { at: new Date(START + 2), kind: 'event' },
    ])
    const [all = []] = await activityPages(source, [{ profileId: profile, limit: 10 }])
    await source.query(
      `INSERT INTO event (id, source_id, type, occurred_at, valid, properties, context) VALUES (?, 'shop', 'page-view', ?, TRUE, '{}', '{}')`,
      [toBytes(all[0]?.ref ?? ''), new Date(START + 2)],
    )
    const pages = await activityPages(source, [
      { profileId: profile, limit: 10, kind: 'event' },
      { profileId: profile, limit: 2, oldestFirst: true, after: all[2] },
      { profileId: profile, limit: 10, from: new Date(START + 1), to: new Date(START + 1) },
      { profileId: profile, limit: 10, event: { type: 'page-view', sourceId: 'shop', valid: true } },
      { profileId: profile, limit: 10, event: { type: 'page-view', valid: false } },
    ])
    expect(pages.map((page) => page.map(({ at }) => at.getTime() - START))).toEqual([[2, 0], [1, 2], [1], [2], []])
  })

  test('a page is read from the primary key without sorting', async () => {
    const plan = await source.query<{ key: string; Extra: string | null }[]>(
      `EXPLAIN SELECT at, kind, ref FROM activity WHERE profile_id = ? AND kind = 'event' AND at <= ?
        ORDER BY at DESC, kind DESC, ref DESC LIMIT 11`,
      [randomBytes(16), new Date()],
    )
    expect(plan[0]?.key).toBe('PRIMARY')
    expect(plan[0]?.Extra ?? '').not.toContain('filesort')
  })
})
