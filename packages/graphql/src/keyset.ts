// Keyset pages: a page starts where a cursor's key tuple ends, so page 10,000 costs what page one costs.
import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm'
import { readPageRequest, type Connection, type ConnectionArgs } from './connection.js'
import { decodeCursor, encodeCursor, type KeyKind, type KeyValue, type SqlValue } from './cursor.js'

/** One column of the order. The last one must make rows unique. Columns must be NOT NULL: NULL has no place in an order. */
export interface Key<Row> {
  /** As SQL names it. */
  column: string
  kind: KeyKind
  /** Its value in a row that was read. */
  of: (row: Row) => KeyValue
}

/** A list's order; make it once at the top of a module. */
export interface Keyset<Row> {
  keys: readonly Key<Row>[]
  /** One direction for all columns: an index serves it forward and backward. */
  descending?: boolean
}

/** A page as hand-written SQL takes it. */
export interface SqlPage<Row> {
  /** `(…)` with a `?` for each of `values`; `TRUE` for the first page. */
  condition: string
  values: SqlValue[]
  /** For ORDER BY. */
  order: string
  /** For LIMIT: one more than the page, to see whether there is more. */
  limit: number
  /** The connection of the rows read so. Give it at most `limit` rows in `order`. */
  connection: (rows: readonly Row[]) => Connection<Row>
}

/** What a page asks of hand-written SQL. Throws BAD_CURSOR and BAD_PAGE. */
export function sqlPage<Row>({ keys, descending = false }: Keyset<Row>, args: ConnectionArgs): SqlPage<Row> {
  const { size, backward, cursor } = readPageRequest(args)
  const down = descending !== backward
  const columns = keys.map((key) => key.column)
  const bounds =
    cursor === undefined
      ? undefined
      : decodeCursor(
          cursor,
          keys.map((key) => key.kind),
          backward ? 'before' : 'after',
        )
  return {
    ...(bounds ? beyond(columns, bounds, down ? '<' : '>') : { condition: 'TRUE', values: [] }),
    order: columns.map((column) => `${column} ${down ? 'DESC' : 'ASC'}`).join(', '),
    limit: size + 1,
    connection(rows) {
      const page = rows.slice(0, size)
      if (backward) page.reverse()
      const edges = page.map((node) => ({ node, cursor: encodeCursor(keys.map((key) => key.of(node))) }))
      const more = rows.length > size
      return {
        edges,
        pageInfo: {
          hasNextPage: backward ? cursor !== undefined : more,
          hasPreviousPage: backward ? more : cursor !== undefined,
          startCursor: edges[0]?.cursor ?? null,
          endCursor: edges.at(-1)?.cursor ?? null,
        },
      }
    },
  }
}

/** The page of a TypeORM query; key columns are named as in the builder (`segment.name`). Filters are on the builder already. */
export async function findPage<Row extends ObjectLiteral>(
  query: SelectQueryBuilder<Row>,
  keyset: Keyset<Row>,
  args: ConnectionArgs,
): Promise<Connection<Row>> {
  const { condition, values, limit, connection } = sqlPage(keyset, args)
  const down = (keyset.descending ?? false) !== readPageRequest(args).backward
  let index = 0
  query.andWhere(
    condition.replaceAll('?', () => `:cursor${index++}`),
    Object.fromEntries(values.map((value, position) => [`cursor${position}`, value])),
  )
  for (const { column } of keyset.keys) query.addOrderBy(column, down ? 'DESC' : 'ASC')
  return connection(await query.limit(limit).getMany())
}

/**
 * `(a, b) > (x, y)` as `a >= x AND (a > x OR (a = x AND b > y))`: MariaDB and MySQL use an index for the first part of this, and for no part of a
 * row comparison.
 */
function beyond(
  columns: readonly string[],
  bounds: readonly SqlValue[],
  sign: '<' | '>',
): { condition: string; values: SqlValue[] } {
  const values: SqlValue[] = []
  const strictly = (from: number): string => {
    const [column, bound] = [columns[from], bounds[from]]
    if (column === undefined || bound === undefined) return 'FALSE'
    values.push(bound)
    if (from === columns.length - 1) return `${column} ${sign} ?`
    values.push(bound)
    return `(${column} ${sign} ? OR (${column} = ? AND ${strictly(from + 1)}))`
  }
  const [column, bound] = [columns[0], bounds[0]]
  if (columns.length === 1 || column === undefined || bound === undefined) return { condition: strictly(0), values }
  values.push(bound)
  return { condition: `(${column} ${sign}= ? AND ${strictly(0)})`, values }
}
