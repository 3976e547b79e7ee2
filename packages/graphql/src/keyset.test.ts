import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connect, toBytes, toId } from '@segue/database'
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import type { Pool, RowDataPacket } from 'mysql2/promise'
import { createTestDatabase, type TestDatabase } from '../../../test/setup/database.js'
import { readPageRequest, type Connection } from './connection.js'
import { sqlPage, type Keyset } from './keyset.js'

interface Row {
  id: string
  name: string
  at: Date
}

let database: TestDatabase
let pool: Pool
let rows: Row[]

beforeAll(async () => {
  database = await createTestDatabase()
  pool = connect({ url: database.url, connections: 1 })
  await pool.query(
    `CREATE TABLE thing (id BINARY(16) PRIMARY KEY, name VARCHAR(20) NOT NULL, at DATETIME(3) NOT NULL, KEY (at, name, id))`,
  )
  // Few names and times, so that most pages end among equals.
  rows = Array.from({ length: 60 }, (_, i) => ({
    id: randomUUID(),
    name: `name ${i % 3}`,
    at: new Date(1_700_000_000_000 + (i % 5)),
  }))
  await pool.query('INSERT INTO thing (id, name, at) VALUES ?', [
    rows.map((row) => [toBytes(row.id), row.name, row.at]),
  ])
})
afterAll(async () => {
  await pool?.end()
  await database?.close()
})

const keyset = (descending: boolean): Keyset<Row> => ({
  descending,
  keys: [
    { column: 'at', kind: 'time', of: (row) => row.at },
    { column: 'name', kind: 'text', of: (row) => row.name },
    { column: 'id', kind: 'id', of: (row) => row.id },
  ],
})

async function read(descending: boolean, args: Parameters<typeof sqlPage>[1]): Promise<Connection<Row>> {
  const page = sqlPage(keyset(descending), args)
  const [found] = await pool.query<RowDataPacket[]>(
    `SELECT id, name, at FROM thing WHERE ${page.condition} ORDER BY ${page.order} LIMIT ${page.limit}`,
    page.values,
  )
  return page.connection(found.map((row) => ({ id: toId(row['id']), name: row['name'], at: row['at'] })))
}

const inOrder = (descending: boolean): string[] => {
  const ids = [...rows]
    .sort((a, b) => a.at.getTime() - b.at.getTime() || a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1))
    .map((row) => row.id)
  return descending ? ids.reverse() : ids
}

describe('pages put together are the list', () => {
  test('in either order, from either end, whatever their sizes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.boolean(),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 60, maxLength: 60 }),
        async (descending, backward, sizes) => {
          let ids: string[] = []
          let cursor: string | null = null
          for (const size of sizes) {
            const page: Connection<Row> = await read(
              descending,
              backward ? { last: size, before: cursor } : { first: size, after: cursor },
            )
            const found = page.edges.map((edge) => edge.node.id)
            ids = backward ? [...found, ...ids] : [...ids, ...found]
            cursor = backward ? page.pageInfo.startCursor : page.pageInfo.endCursor
            expect(backward ? page.pageInfo.hasPreviousPage : page.pageInfo.hasNextPage).toBe(ids.length < rows.length)
            if (ids.length >= rows.length) break
          }
          expect(ids).toEqual(inOrder(descending))
        },
      ),
      { numRuns: 30 },
    )
  })

  test('with an index serving the start of a page', async () => {
    const first = await read(false, { first: 30 })
    const page = sqlPage(keyset(false), { first: 5, after: first.pageInfo.endCursor })
    const [plan] = await pool.query<RowDataPacket[]>(
      `EXPLAIN SELECT id FROM thing FORCE INDEX (at) WHERE ${page.condition} ORDER BY ${page.order} LIMIT ${page.limit}`,
      page.values,
    )
    expect(plan[0]).toMatchObject({ type: 'range', key: 'at' })
    expect(String(plan[0]?.['Extra'])).not.toContain('filesort')
  })
})

describe('a page request', () => {
  test('has a size of 25 when none is asked for, and may be empty', () => {
    expect(readPageRequest({})).toEqual({ size: 25, backward: false, cursor: undefined })
    expect(readPageRequest({ first: 0 }).size).toBe(0)
    expect(readPageRequest({ before: 'x' })).toEqual({ size: 25, backward: true, cursor: 'x' })
  })

  test.each([
    [{ first: 201 }],
    [{ first: -1 }],
    [{ last: 201 }],
    [{ first: 1, last: 1 }],
    [{ first: 1, before: 'x' }],
    [{ last: 1, after: 'x' }],
    [{ after: 'x', before: 'y' }],
  ])('is refused: %j', (args) => {
    expect(() => readPageRequest(args)).toThrow(expect.objectContaining({ code: 'BAD_PAGE' }))
  })
})

test('no text is a cursor but one that was made for the list', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json().map((text) => Buffer.from(text).toString('base64url')),
      ),
      (after) => {
        expect(() => sqlPage(keyset(false), { after })).toThrow(expect.objectContaining({ code: 'BAD_CURSOR' }))
      },
    ),
  )
})
