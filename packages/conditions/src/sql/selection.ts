// events(…) and sessions() as one grouped table: a row per profile, a column for each end that a condition asks of the same selection.
import type { ASTNode } from '@marcbachmann/cel-js'
import { constantOf } from '../segment/behaviour.js'
import type { Bound, Chain, EventTypeInfo, Selection } from '../segment/chain.js'
import { ROWS } from '../segment/rows.js'
import { Expression } from './expression.js'
import type { Field, Names } from './parts.js'
import { join, name, parameter, sql, type Sql } from './fragment.js'
import { datetime, documentField, jsonNumber, milliseconds } from './json.js'

/**
 * How rows are reached. `whole`: by type and time, for all profiles; index behaviour of `event` (sessions: the table).
 * `owners`: by profile, for those in the WITH table `owner`, whose rows may still lie under merged profiles; primary keys of
 * `activity` and `event`, index of_profile of `session`.
 */
export type Access = 'whole' | 'owners'

export interface SelectionContext {
  now: number
  access: Access
  eventTypes: ReadonlyMap<string, EventTypeInfo> | undefined
  refuse: Names['refuse']
}

const TABLES = { events: sql`event`, sessions: sql`session` }
const AT = { events: sql`e.occurred_at`, sessions: sql`e.started_at` }

/** A selection's table while a statement is made: ends add columns to it. */
export class SelectionTable {
  readonly alias: string
  /** Whether the condition cannot hold for profiles without such rows. */
  required = false
  readonly #selection: Selection
  readonly #context: SelectionContext
  readonly #columns = new Map<string, { name: string; sql: Sql }>()
  /** Whole rows that first() and last() read: joined by their id. */
  readonly #rows = new Map<'first' | 'last', string>()

  constructor(alias: string, selection: Selection, context: SelectionContext) {
    this.alias = alias
    this.#selection = selection
    this.#context = context
  }

  /** What an end gives, as an expression over this table's row; NULL columns stand for profiles without one. */
  field({ end, path }: Chain): Field {
    const { over } = this.#selection
    if (end === 'first' || end === 'last') return this.#fieldOfOne(end, path ?? [ROWS[over].at])
    if (end === 'count') return number(sql`(${this.#orZero(this.#column('count', sql`COUNT(*)`))} + 0e0)`)
    const value = this.#value(path ?? ['properties'])
    const key = (path ?? []).join('\n')
    if (end === 'min') return number(this.#column(`min ${key}`, sql`MIN(${value})`))
    if (end === 'max') return number(this.#column(`max ${key}`, sql`MAX(${value})`))
    const scaled = sql`CASE WHEN ${value} BETWEEN -1e15 AND 1e15 THEN FLOOR(${value} * 1e6 + 0.5e0) END`
    const sum = this.#column(`sum ${key}`, sql`SUM(${scaled})`)
    if (end === 'sum') return number(sql`(${this.#orZero(sum)} / 1e6)`)
    const counted = this.#column(`counted ${key}`, sql`COUNT(${scaled})`)
    return number(sql`(${sum} / 1e6 / NULLIF(${counted}, 0))`)
  }

  /** The grouped table. */
  table(): Sql {
    const columns = [...this.#columns.values()].map((column) => sql`${column.sql} AS ${name(column.name)}`)
    const { rows, profile } = this.#selection.followed.length > 0 ? this.#followedRows() : this.#rowsOf(this.#selection)
    return sql`(SELECT ${join([sql`${profile} AS profile_id`, ...columns], ', ')} FROM ${rows} GROUP BY ${profile}) ${name(this.alias)}`
  }

  /** Joins of the rows that first() and last() read. Primary key. */
  joins(): Sql[] {
    return [...this.#rows].map(([end, alias]) => {
      const id = sql`SUBSTRING(${name(`${this.alias}.${end}_row`)}, 24)`
      return sql`LEFT JOIN ${TABLES[this.#selection.over]} ${name(alias)} ON ${name(`${alias}.id`)} = ${id}`
    })
  }

  #fieldOfOne(end: 'first' | 'last', path: readonly [string, ...string[]]): Field {
    const at = AT[this.#selection.over]
    const [first, ...rest] = path
    const aggregate = end === 'first' ? sql`MIN` : sql`MAX`
    if (first === ROWS[this.#selection.over].at) {
      const column = this.#column(`${end} time`, sql`${aggregate}(${at})`)
      return { kind: 'timestamp', sql: milliseconds(column), column }
    }
    // Time as text of 23 characters, then the id: the largest is the latest row, the index is enough to find it.
    this.#columns.set(`${end} row`, { name: `${end}_row`, sql: sql`${aggregate}(CONCAT(CAST(${at} AS BINARY), e.id))` })
    const alias = `${this.alias}_${end}`
    this.#rows.set(end, alias)
    return rowField(this.#selection, alias, first, rest, undefined) ?? number(sql`NULL`)
  }

  #column(key: string, aggregate: Sql): Sql {
    const column = this.#columns.get(key) ?? { name: `c${this.#columns.size}`, sql: aggregate }
    this.#columns.set(key, column)
    return name(`${this.alias}.${column.name}`)
  }

  /** Counts and sums of nothing are 0; where the condition needs a row there is one. */
  #orZero(column: Sql): Sql {
    return sql`COALESCE(${column}, 0)`
  }

  /** The number in a field of a row: its slot, when the event type has one. */
  #value([first, ...rest]: readonly [string, ...string[]]): Sql {
    const field = rowField(this.#selection, 'e', first, rest, this.#context.eventTypes)
    if (!field) return sql`NULL`
    if ('kind' in field) return field.sql
    return field.number ?? jsonNumber(field.json)
  }

  /** FROM and WHERE of plain rows, aliased e. */
  #rowsOf(selection: Selection, extra: readonly Sql[] = []): { rows: Sql; profile: Sql } {
    const at = AT[selection.over]
    const isEvents = selection.over === 'events'
    const times = this.#times(selection)
    const where = [
      ...(isEvents ? [sql`e.type = ${parameter(selection.type)}`] : []),
      ...times.map((time) => time(at)),
      ...extra,
      ...this.#where(selection),
    ]
    if (this.#context.access === 'whole') {
      return {
        rows: sql`${TABLES[selection.over]} e WHERE ${join([...where, sql`e.profile_id IS NOT NULL`], ' AND ')}`,
        profile: sql`e.profile_id`,
      }
    }
    const joined = isEvents
      ? sql`owner o STRAIGHT_JOIN activity a ON ${join([sql`a.profile_id = o.owner_id AND a.kind = 'event'`, ...times.map((time) => time(sql`a.at`))], ' AND ')}
        STRAIGHT_JOIN event e ON e.id = a.ref`
      : sql`owner o STRAIGHT_JOIN session e ON e.profile_id = o.owner_id`
    return { rows: sql`${joined} WHERE ${join(where, ' AND ')}`, profile: sql`o.profile_id` }
  }

  /**
   * Rows with the time of the next follower: both kinds in one table, sorted once by profile and time, whatever their number.
   * A follower of the same instant does not follow: it is sorted away from the row.
   */
  #followedRows(): { rows: Sql; profile: Sql } {
    const { followed } = this.#selection
    const columns = this.#rowColumns()
    const { rows, profile } = this.#rowsOf(this.#selection)
    const own = sql`SELECT ${profile} AS profile_id, e.occurred_at, 0 AS follower, ${join(
      columns.map((column) => sql`e.${column}`),
      ', ',
    )} FROM ${rows}`
    const others = followed.map(({ by }, index) => {
      const follower = this.#rowsOf(by)
      const nulls = join(
        columns.map((column) => sql`NULL AS ${column}`),
        ', ',
      )
      return sql`SELECT ${follower.profile} AS profile_id, e.occurred_at, ${parameter(index + 1)} AS follower, ${nulls} FROM ${follower.rows}`
    })
    const next = followed.map((_, index) => {
      const at = sql`MIN(CASE WHEN w.follower = ${parameter(index + 1)} THEN w.occurred_at END)`
      return sql`${at} OVER (PARTITION BY w.profile_id ORDER BY w.occurred_at DESC, w.follower ROWS UNBOUNDED PRECEDING) AS ${name(`next_${index}`)}`
    })
    const tests = followed.map(({ within, wanted }, index) => {
      const at = name(`e.next_${index}`)
      const inTime = sql`${at} <= e.occurred_at + INTERVAL ${parameter(within * 1000)} MICROSECOND`
      return wanted
        ? sql`(${inTime})`
        : sql`((${inTime}) IS NOT TRUE AND e.occurred_at <= ${datetime(this.#context.now - within)})`
    })
    const marked = sql`(SELECT w.*, ${join(next, ', ')} FROM (${join([own, ...others], ' UNION ALL ')}) w) e`
    return { rows: sql`${marked} WHERE ${join([sql`e.follower = 0`, ...tests], ' AND ')}`, profile: sql`e.profile_id` }
  }

  /** The columns that ends read, beside profile and time. */
  #rowColumns(): Sql[] {
    const texts = [...this.#columns.values()].map((column) => column.sql.text).join(' ')
    return [
      sql`id`,
      ...['number_1', 'number_2', 'number_3', 'properties', 'data', 'type', 'source_id']
        .filter((column) => texts.includes(`e.${column}`))
        .map(name),
    ]
  }

  #where(selection: Selection): Sql[] {
    const { now, eventTypes, refuse } = this.#context
    const names: Names = {
      now,
      field: ([first, ...rest]) => rowField(selection, 'e', first, rest, eventTypes),
      chain: () => undefined,
      inSegment: () => sql`FALSE`,
      refuse,
    }
    return selection.where.map((condition: ASTNode) => new Expression(names).holds(condition))
  }

  #times(selection: Selection): ((at: Sql) => Sql)[] {
    const { now } = this.#context
    return boundsOf(selection, now).map(
      ({ ms, operator }) =>
        (at: Sql) =>
          Number.isNaN(ms) ? sql`FALSE` : sql`${at} ${operator} ${datetime(ms)}`,
    )
  }
}

const AFTER = sql`>`
const FROM = sql`>=`
const BEFORE = sql`<`
const UNTIL = sql`<=`

/** The times a row has to lie between; NaN for a bound that is no time. Nothing after `now` counts. */
function boundsOf(selection: Selection, now: number): { ms: number; operator: Sql }[] {
  return [
    ...selection.from.map(({ bound, inclusive }) => ({
      ms: boundTime(bound, now),
      operator: inclusive ? FROM : AFTER,
    })),
    ...selection.before.map((bound) => ({ ms: boundTime(bound, now), operator: BEFORE })),
    { ms: now, operator: UNTIL },
  ]
}

/** A bound in milliseconds. */
export function boundTime(bound: Bound, now: number): number {
  if ('ms' in bound) return now - bound.ms
  const value = constantOf(bound.node, now)
  return value instanceof Date ? value.getTime() : Number.NaN
}

/** A field of an event or a session under an alias. */
function rowField(
  selection: Selection,
  alias: string,
  first: string,
  rest: readonly string[],
  eventTypes: ReadonlyMap<string, EventTypeInfo> | undefined,
): Field | undefined {
  const { fields } = ROWS[selection.over]
  const field = Object.hasOwn(fields, first) ? fields[first] : undefined
  if (!field) return undefined
  const column = name(`${alias}.${field.column}`)
  switch (field.kind) {
    case 'json': {
      const slot = slotOf(selection.type, [first, ...rest], eventTypes)
      return { ...documentField(column, rest), number: slot === undefined ? undefined : name(`${alias}.${slot}`) }
    }
    case 'timestamp':
      return rest.length > 0 ? { json: sql`NULL` } : { kind: 'timestamp', sql: milliseconds(column), column }
    case 'number':
      return rest.length > 0 ? { json: sql`NULL` } : number(sql`(${column} + 0e0)`)
    case 'string':
      return rest.length > 0 ? { json: sql`NULL` } : { kind: 'string', sql: sql`CONVERT(${column} USING utf8mb4)` }
  }
}

/** The column that holds a field's numbers. */
export function slotOf(
  type: string,
  path: readonly string[],
  eventTypes: ReadonlyMap<string, EventTypeInfo> | undefined,
): string | undefined {
  const slots = Object.entries(eventTypes?.get(type)?.slots ?? {})
  return slots.find(([column, from]) => /^number_[123]$/.test(column) && from === path.join('.'))?.[0]
}

function number(value: Sql): Field {
  return { kind: 'number', sql: value }
}
