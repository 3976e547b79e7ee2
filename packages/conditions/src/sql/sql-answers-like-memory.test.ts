import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { createConnection, type Connection } from 'mysql2/promise'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { checkSegment, compileSegment, type SegmentCondition } from '../index.js'
import { anyCondition, EVENT_TYPES, NOW, person, SEGMENTS } from '../testing/any-condition.js'
import { dataOf, idsOf, store, type Person } from '../testing/population.js'

let database: TestDatabase
let connection: Connection
let people: Person[]
const schema = { eventTypes: EVENT_TYPES, segments: SEGMENTS }
// Each takes some 20 ms.
const RUNS = 200
const TIME = 180_000

beforeAll(async () => {
  database = await createMigratedDatabase()
  connection = await createConnection({ uri: database.url, charset: 'utf8mb4' })
  people = fc.sample(person, { numRuns: 120, seed: 7 })
  await store(
    connection,
    people,
    new Map([...EVENT_TYPES].map(([type, { slots }]) => [type, (slots ?? {}) as Record<string, string>])),
  )
})
afterAll(async () => {
  await connection.end()
  await database.close()
})

function inMemory(condition: SegmentCondition, now: number): string[] {
  return people
    .filter((one) => condition.evaluate(dataOf(one, now)))
    .map(({ id }) => id)
    .sort()
}

describe('SQL and memory', () => {
  it(
    'give the same answers for any condition, for all profiles and for some',
    async () => {
      let compared = 0
      await fc.assert(
        fc.asyncProperty(anyCondition, fc.subarray([...Array(120).keys()]), async (source, some) => {
          fc.pre(checkSegment(source, schema).length === 0)
          compared++
          const condition = compileSegment(source, schema)
          const expected = inMemory(condition, NOW)
          expect(await idsOf(connection, condition.toSql({ now: NOW }))).toEqual(expected)
          const ids = some.map((index) => people[index]?.id ?? '')
          const within = { ids: ids.map((id) => Buffer.from(id.replaceAll('-', ''), 'hex')) }
          expect(await idsOf(connection, condition.toSql({ now: NOW, within }))).toEqual(
            expected.filter((id) => ids.includes(id)),
          )
        }),
        { numRuns: RUNS, maxSkipsPerRun: 100 },
      )
      expect(compared).toBeGreaterThanOrEqual(RUNS)
    },
    TIME,
  )

  it(
    'find everybody whose answer time has changed',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          anyCondition,
          fc.constantFrom(1, 3_600_000, 86_400_000, 10 * 86_400_000),
          async (source, later) => {
            fc.pre(checkSegment(source, schema).length === 0)
            const condition = compileSegment(source, schema)
            const [from, to] = [NOW, NOW + later]
            const [before, after] = [new Set(inMemory(condition, from)), new Set(inMemory(condition, to))]
            const changed = people.map(({ id }) => id).filter((id) => before.has(id) !== after.has(id))
            const affected = condition.affectedByTime({ from, to })
            const found = affected ? await idsOf(connection, affected) : []
            expect(changed.filter((id) => !found.includes(id))).toEqual([])
          },
        ),
        { numRuns: RUNS, maxSkipsPerRun: 100 },
      )
    },
    TIME,
  )
})
