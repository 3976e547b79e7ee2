// A whole condition as one SELECT of profile ids: tables of behaviour and segments joined by profile, the condition as its WHERE.
import type { ASTNode } from '@marcbachmann/cel-js'
import { toBytes } from '../segment/ids.js'
import { checkedChain, isChain, isSegments, selectionKey, type EventTypeInfo } from '../segment/chain.js'
import { needs, type Absent } from '../segment/presence.js'
import { PROFILE_FIELDS } from '../segment/rows.js'
import { Expression } from './expression.js'
import type { Field, Names } from './parts.js'
import { join, name, parameter, sql, type Sql } from './fragment.js'
import { documentField, milliseconds } from './json.js'
import { SelectionTable, type Access } from './selection.js'

/** Which profiles a statement looks at: all, these, or those whose ids lie in a range (16 bytes each, `upTo` inclusive). */
export type Within = { ids: readonly Buffer[] } | { after: Buffer | null; upTo: Buffer | null }

export interface StatementContext {
  now: number
  eventTypes: ReadonlyMap<string, EventTypeInfo> | undefined
  /** The id of a segment by the name or id that a condition writes. */
  segmentId: (written: string) => string | undefined
  refuse: Names['refuse']
}

/** A condition for one way of reaching rows. */
export class Statement {
  readonly #context: StatementContext
  readonly #access: Access
  readonly #selections = new Map<string, SelectionTable>()
  readonly #segments = new Map<string, { alias: string; id: string; required: boolean }>()
  #readsProfile = false
  #aliases = 0

  constructor(context: StatementContext, access: Access) {
    this.#context = context
    this.#access = access
  }

  /**
   * The condition, as WHERE. Call it before `select`: it finds out what has to be joined. Another `now` is that of the condition
   * only; behaviour stays that of the statement's.
   */
  holds(ast: ASTNode, now: number = this.#context.now): Sql {
    return new Expression(this.#names(now)).holds(ast)
  }

  /** Whether other tables than `profile` are read. */
  get joins(): boolean {
    return this.#selections.size + this.#segments.size > 0
  }

  /** Whether the statement starts from rows of behaviour or of a segment instead of from all profiles. */
  get isDriven(): boolean {
    return this.#required().length > 0
  }

  /** The condition, as `holds`, where it is the whole of WHERE: tables without which it cannot hold are looked at first. */
  whole(ast: ASTNode): Sql {
    const where = this.holds(ast)
    for (const [key, table] of this.#selections) table.required = this.#needs(ast, (node) => chainKey(node) === key)
    for (const [written, table] of this.#segments)
      table.required = this.#needs(ast, (node) => segmentName(node) === written)
    return where
  }

  /** `SELECT profile_id …` over all profiles, or over the WITH tables `chunk` and `owner`. */
  select(where: Sql): Sql {
    const tables = [...this.#selections.values()].map((table) => ({
      alias: table.alias,
      required: table.required,
      sql: table.table(),
      joins: table.joins(),
    }))
    const segments = [...this.#segments.values()].map(({ alias, id, required }) => ({
      alias,
      required,
      sql: this.#membership(alias, id),
      joins: [],
    }))
    const all = [...segments, ...tables].sort((one, other) => Number(other.required) - Number(one.required))
    const [first, ...rest] = all
    const isDriven = this.#access === 'whole' && first?.required === true
    const id = isDriven ? name(`${first.alias}.profile_id`) : this.#access === 'whole' ? sql`p.id` : sql`c.id`
    const start = isDriven
      ? [first.sql, ...first.joins, ...(this.#readsProfile ? [sql`JOIN profile p ON p.id = ${id}`] : [])]
      : this.#access === 'whole'
        ? [sql`profile p`]
        : [sql`chunk c`, ...(this.#readsProfile ? [sql`JOIN profile p ON p.id = c.id`] : [])]
    const joined = (isDriven ? rest : all).flatMap((table) => [
      sql`${table.required ? sql`JOIN` : sql`LEFT JOIN`} ${table.sql} ON ${name(`${table.alias}.profile_id`)} = ${id}`,
      ...table.joins,
    ])
    const settled = this.#access === 'whole' && all.length > 0 ? [sql` AND ${settledOnly(id)}`] : []
    return sql`SELECT ${id} AS profile_id FROM ${join([...start, ...joined], ' ')} WHERE (${where})${join(settled, ' ')}`
  }

  #required(): unknown[] {
    return [...this.#selections.values(), ...this.#segments.values()].filter((table) => table.required)
  }

  #needs(ast: ASTNode, absent: Absent): boolean {
    return needs(ast, absent, this.#context.now)
  }

  #names(now: number): Names {
    return {
      now,
      refuse: this.#context.refuse,
      field: (path) => this.#profileField(path),
      chain: (node) => {
        const chain = checkedChain(node)
        const key = selectionKey(chain)
        const context = { ...this.#context, access: this.#access }
        const table = this.#selections.get(key) ?? new SelectionTable(`s${this.#aliases++}`, chain.selection, context)
        this.#selections.set(key, table)
        return table.field(chain)
      },
      inSegment: (node) => this.#inSegment(node),
    }
  }

  #inSegment(node: ASTNode): Sql {
    const written = node.op === 'value' && typeof node.args === 'string' ? node.args : ''
    const id = this.#context.segmentId(written)
    if (id === undefined) return sql`FALSE`
    const table = this.#segments.get(written) ?? { alias: `m${this.#aliases++}`, id, required: false }
    this.#segments.set(written, table)
    return sql`(${name(`${table.alias}.profile_id`)} IS NOT NULL)`
  }

  /** A segment's profiles. Primary key of `segment_membership`. */
  #membership(alias: string, id: string): Sql {
    const segment = parameter(toBytes(id))
    return this.#access === 'whole'
      ? sql`(SELECT m.profile_id FROM segment_membership m WHERE m.segment_id = ${segment}) ${name(alias)}`
      : sql`(SELECT DISTINCT o.profile_id FROM owner o JOIN segment_membership m ON m.segment_id = ${segment} AND m.profile_id = o.owner_id) ${name(alias)}`
  }

  #profileField([root, first, ...rest]: readonly [string, ...string[]]): Field | undefined {
    if (root !== 'profile' || first === undefined || !Object.hasOwn(PROFILE_FIELDS, first)) return undefined
    const field = PROFILE_FIELDS[first]
    if (!field || field.kind === 'list') return undefined
    this.#readsProfile = true
    if (field.kind === 'json') return documentField(sql`p.document`, [first, ...rest])
    if (rest.length > 0) return { json: sql`NULL` }
    const column = name(`p.${field.column}`)
    if (field.kind === 'timestamp') return { kind: 'timestamp', sql: milliseconds(column), column }
    return { kind: 'string', sql: uuidText(column) }
  }
}

/**
 * Leaves out profiles with rows that still lie under a merged profile, and merged profiles that are no more: those are asked by
 * `owners` in the same statement. Few or none; NOT IN is looked up in memory.
 */
function settledOnly(id: Sql): Sql {
  return sql`${id} NOT IN (SELECT a.profile_id FROM profile_move v JOIN profile_alias a ON a.alias_id = v.alias_id)
    AND ${id} NOT IN (SELECT v.alias_id FROM profile_move v)`
}

/**
 * The SELECT of all profiles for whom `where` gives something that holds. Those that a merge has left with rows to be moved are asked in
 * the same statement by owner, so that it is right at every moment.
 */
export function selectAll(context: StatementContext, where: (statement: Statement) => Sql): Sql {
  const [whole, owners] = [new Statement(context, 'whole'), new Statement(context, 'owners')]
  const [all, moving] = [where(whole), where(owners)]
  if (!whole.joins) return whole.select(all)
  return sql`${ownersOf(MOVING)} ${whole.select(all)} UNION ALL ${owners.select(moving)}`
}

/** The SELECT of those in a part of all profiles. */
export function selectWithin(context: StatementContext, where: (statement: Statement) => Sql, within: Within): Sql {
  const owners = new Statement(context, 'owners')
  const holds = where(owners)
  return sql`${ownersOf(chunkOf(within))} ${owners.select(holds)}`
}

/** WITH tables of profiles whose rows are reached by owner: `chunk(id)`, and `owner(profile_id, owner_id)` with merged profiles still to be moved. */
function ownersOf(chunk: Sql): Sql {
  return sql`WITH chunk AS (${chunk}), owner AS (SELECT id AS profile_id, id AS owner_id FROM chunk UNION ALL
    SELECT a.profile_id, a.alias_id FROM chunk JOIN profile_alias a ON a.profile_id = chunk.id JOIN profile_move v ON v.alias_id = a.alias_id)`
}

/** Profiles that a merge has left with rows to be moved. */
const MOVING = sql`SELECT DISTINCT p.id FROM profile_move v JOIN profile_alias a ON a.alias_id = v.alias_id JOIN profile p ON p.id = a.profile_id`

/** The profiles of a part that exist. Primary key. */
function chunkOf(within: Within): Sql {
  if ('ids' in within) {
    // Nobody has the id of sixteen zero bytes: an empty list is an error to databases.
    const ids = within.ids.length > 0 ? within.ids : [Buffer.alloc(16)]
    return sql`SELECT id FROM profile WHERE id IN (${join(ids.map(parameter), ', ')})`
  }
  const bounds = [
    ...(within.after ? [sql`id > ${parameter(within.after)}`] : []),
    ...(within.upTo ? [sql`id <= ${parameter(within.upTo)}`] : []),
  ]
  return sql`SELECT id FROM profile WHERE ${join([...bounds, sql`TRUE`], ' AND ')}`
}

/** The key of a chain's rows; undefined for other nodes. */
function chainKey(node: ASTNode): string | undefined {
  return isChain(node) ? selectionKey(checkedChain(node)) : undefined
}

function segmentName(node: ASTNode): string | undefined {
  return node.op === 'in' && isSegments(node.args[1]) && node.args[0].op === 'value'
    ? String(node.args[0].args)
    : undefined
}

function uuidText(id: Sql): Sql {
  const hex = sql`HEX(${id})`
  return sql`CONVERT(LOWER(CONCAT(LEFT(${hex}, 8), '-', SUBSTRING(${hex}, 9, 4), '-', SUBSTRING(${hex}, 13, 4), '-', SUBSTRING(${hex}, 17, 4), '-', RIGHT(${hex}, 12))) USING utf8mb4)`
}
