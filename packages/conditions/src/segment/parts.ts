// What a segment's condition reads, and what it costs: taken from its tree, for the graph of who depends on whom.
import type { ASTNode } from '@marcbachmann/cel-js'
import { lineAndColumn } from '../errors.js'
import { slotOf } from '../sql/selection.js'
import { childrenOf, fieldPath, literalValue, rangeOf, textOf } from '../tree.js'
import { chainsIn, checkedChain, isChain, isSegments, type Chain } from './chain.js'
import { segmentNamed, type SegmentSchema } from './check-segment.js'

/** What can change a condition's answer. */
export interface SegmentNeeds {
  /** Fields of the profile, as `traits.plan`; a field stands for all below it. */
  fields: readonly string[]
  /** Events of these types. */
  eventTypes: readonly string[]
  /** Visits. */
  sessions: boolean
  /** Ids of segments that it is composed of. */
  segments: readonly string[]
  /** Time alone: it reads `now`, or behaviour, of which nothing after `now` counts. */
  time: boolean
}

/** How a part is answered for a whole database: `index` alone; `rows`, each matching event is read; `scan`, every profile or session is. */
export interface SegmentCost {
  kind: 'index' | 'rows' | 'scan'
  source: string
  line: number
  column: number
  start: number
  end: number
  message: string
  hint?: string
}

export function needsOf(ast: ASTNode, schema: SegmentSchema): SegmentNeeds {
  const chains = chainsIn(ast).map(checkedChain)
  const selections = chains.flatMap(({ selection }) => [selection, ...selection.followed.map(({ by }) => by)])
  return {
    fields: unique(fieldsIn(ast)),
    eventTypes: unique(selections.filter(({ over }) => over === 'events').map(({ type }) => type)),
    sessions: selections.some(({ over }) => over === 'sessions'),
    segments: unique(segmentsIn(ast).flatMap((written) => segmentNamed(written, schema)?.id ?? [])),
    time: readsNow(ast) || chains.length > 0,
  }
}

export function costOf(ast: ASTNode, schema: SegmentSchema, isDriven: boolean): SegmentCost[] {
  const costs = chainsIn(ast).map((node) => chainCost(checkedChain(node), schema))
  if (isDriven) return costs
  const message = 'Every profile is looked at, because it also can hold for those who did nothing.'
  const hint =
    'A part that only some can fulfil, joined by &&, makes it quick: events("…").count() > 0, or "segment" in profile.segments.'
  return [...costs, { kind: 'scan', source: ast.input, ...placeOf(ast), message, hint }]
}

function chainCost({ node, selection, path, end }: Chain, schema: SegmentSchema): SegmentCost {
  const at = { source: textOf(node), ...placeOf(node) }
  if (selection.over === 'sessions')
    return { kind: 'scan', ...at, message: 'Every session is looked at: no index finds them by time.' }
  const isOne = end === 'first' || end === 'last'
  const read = [...selection.where.flatMap(pathsIn), ...(path && !isOne ? [path] : [])]
  const isFast = (one: readonly string[]) =>
    ['number_1', 'number_2'].includes(slotOf(selection.type, one, schema.eventTypes) ?? '') ||
    one[0] === 'occurredAt' ||
    one[0] === 'type' ||
    one[0] === 'now'
  const slow = read.find((one) => !isFast(one))
  const bounded = selection.from.length > 0 ? '' : ' Without .within(…) or .after(…) it is all there ever were.'
  if (slow) {
    const hint = `Map ${slow.join('.')} to number_1 or number_2 of the event type, if it is a number${bounded === '' ? '' : ', and say within what time'}.`
    return {
      kind: 'rows',
      ...at,
      message: `Each ${selection.type} of that time is read, because ${slow.join('.')} is in no index.${bounded}`,
      hint,
    }
  }
  return { kind: 'index', ...at, message: `An index answers it.${bounded}` }
}

/** Whether `now` is read, other than inside of a chain. */
export function readsNow(node: ASTNode): boolean {
  if (isChain(node)) return false
  return node.op === 'id' ? node.args === 'now' : childrenOf(node).some(readsNow)
}

function fieldsIn(node: ASTNode): string[] {
  if (isChain(node) || isSegments(node)) return []
  const path = fieldPath(node)
  if (path) return path[0] === 'profile' && path.length > 1 ? [path.slice(1).join('.')] : []
  return childrenOf(node).flatMap(fieldsIn)
}

function segmentsIn(node: ASTNode): string[] {
  if (node.op === 'in' && isSegments(node.args[1])) return [String(literalValue(node.args[0]))]
  return isChain(node) ? [] : childrenOf(node).flatMap(segmentsIn)
}

function pathsIn(node: ASTNode): (readonly string[])[] {
  const path = fieldPath(node)
  return path ? [path] : childrenOf(node).flatMap(pathsIn)
}

function placeOf(node: ASTNode): Pick<SegmentCost, 'line' | 'column' | 'start' | 'end'> {
  const range = rangeOf(node)
  return { ...range, ...lineAndColumn(node.input, range.start) }
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort()
}
