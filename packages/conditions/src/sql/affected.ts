// Which profiles' answers time alone can change between two moments: those with an event that a window lets go or takes in, and those for
// whom a comparison with `now` turns.
import type { ASTNode } from '@marcbachmann/cel-js'
import { chainsIn, checkedChain, isChain, type Bound, type Selection } from '../segment/chain.js'
import { readsNow } from '../segment/parts.js'
import { childrenOf } from '../tree.js'
import { join, parameter, sql, type Sql } from './fragment.js'
import { datetime } from './json.js'
import { boundTime } from './selection.js'
import { selectAll, type StatementContext } from './statement.js'

/** `SELECT profile_id` of those whose answer may differ; undefined when nobody's can. A superset: they are evaluated again. */
export function affectedByTime(ast: ASTNode, context: StatementContext, from: number, to: number): Sql | undefined {
  const rows = chainsIn(ast).flatMap((node) => changedRows(checkedChain(node).selection, from, to))
  const turned = timeParts(ast).map((part) => turnedFor(part, context, from, to))
  const all = [...rows, ...turned]
  return all.length === 0 ? undefined : sql`SELECT DISTINCT x.profile_id FROM (${join(all, ' UNION ALL ')}) x`
}

/** Profiles with rows that a selection takes in or lets go between the two moments. */
function changedRows(selection: Selection, from: number, to: number): Sql[] {
  const bounds: Bound[] = [...selection.from.map(({ bound }) => bound), ...selection.before]
  const moving = bounds.filter((bound) => 'ms' in bound || readsNow(bound.node))
  const edges = [
    ...moving.map((bound): [number, number] => [boundTime(bound, from), boundTime(bound, to)]),
    // An event of a clock that is ahead lay in the future when it was looked at.
    [from, to] as [number, number],
    ...selection.followed.flatMap(({ within, wanted }): [number, number][] =>
      wanted ? [] : [[from - within, to - within]],
    ),
  ]
  const isWhole = selection.where.some(readsNow) || edges.flat().some(Number.isNaN)
  const spans = isWhole
    ? [undefined]
    : edges.map(([one, other]): [number, number] => [Math.min(one, other), Math.max(one, other)])
  return [
    ...spans.map((span) => rowsBetween(selection, span)),
    ...selection.followed.flatMap(({ by }) => changedRows(by, from, to)),
  ]
}

/** Profiles with rows of a time, both ends included, merged ones resolved. Index behaviour; few rows, so each may be looked up. */
function rowsBetween({ over, type }: Selection, span: [number, number] | undefined): Sql {
  const [table, at] = over === 'events' ? [sql`event`, sql`e.occurred_at`] : [sql`session`, sql`e.started_at`]
  const conditions = [
    sql`e.profile_id IS NOT NULL`,
    ...(over === 'events' ? [sql`e.type = ${parameter(type)}`] : []),
    ...(span ? [sql`${at} >= ${datetime(span[0])} AND ${at} <= ${datetime(span[1])}`] : []),
  ]
  return sql`SELECT COALESCE(a.profile_id, e.profile_id) AS profile_id FROM ${table} e
    LEFT JOIN profile_alias a ON a.alias_id = e.profile_id WHERE ${join(conditions, ' AND ')}`
}

/** The smallest parts that give true or false and read `now` outside of behaviour. */
function timeParts(node: ASTNode): ASTNode[] {
  if (!readsNow(node)) return []
  switch (node.op) {
    case '&&':
    case '||':
    case '!_':
    case '?:':
      return childrenOf(node).flatMap(timeParts)
    default:
      return [node]
  }
}

/** Profiles for whom a part holds at one of the moments only; everybody when it may have turned and turned back in between. */
function turnedFor(part: ASTNode, context: StatementContext, from: number, to: number): Sql {
  if (!turnsOnce(part)) return sql`SELECT p.id AS profile_id FROM profile p`
  // Behaviour is that of the later moment in both: where it changed in between, its rows are found above.
  const turned = selectAll({ ...context, now: to }, (statement) => {
    const [before, after] = [statement.holds(part, from), statement.holds(part)]
    return sql`((${before}) IS TRUE) <> ((${after}) IS TRUE)`
  })
  return sql`SELECT y.profile_id FROM (${turned}) y`
}

/** Whether a part can only turn once as time goes on: it compares, and `now` is only added to and subtracted from. */
function turnsOnce(part: ASTNode): boolean {
  switch (part.op) {
    case '<':
    case '<=':
    case '>':
    case '>=':
      return part.args.every(isStraight)
    default:
      return false
  }
}

function isStraight(node: ASTNode): boolean {
  if (!readsNow(node) || isChain(node)) return true
  if (node.op === 'id') return true
  if (node.op === '+' || node.op === '-') return node.args.every(isStraight)
  return false
}
