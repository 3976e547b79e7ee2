// Behaviour in a condition: events("order-placed").within("30d").where(…).count(), taken apart into what it asks.
import type { ASTNode } from '@marcbachmann/cel-js'
import { problemAt, type Problem, type ProblemCode } from '../errors.js'
import { staticType } from '../static-type.js'
import { closest } from '../suggest.js'
import { parseDuration } from '../time.js'
import { childrenOf, fieldPath, literalValue, rangeOf, textOf } from '../tree.js'
import type { TypeName } from '../values.js'
import { ROWS, type Over } from './rows.js'

/** How a chain ends: what it makes of the events it has. */
export type End = 'count' | 'sum' | 'avg' | 'min' | 'max' | 'first' | 'last'

/** A bound of time: an expression of nothing but `now` and written times; or a length before `now`. */
export type Bound = { ms: number } | { node: ASTNode }

/** Which events or sessions are asked for: one per `events(…)` with its steps. */
export interface Selection {
  over: Over
  /** The event type; empty for sessions. */
  type: string
  /** Later than (exclusive), or from (inclusive). */
  from: { bound: Bound; inclusive: boolean }[]
  /** Before; all bounds above are exclusive. */
  before: Bound[]
  where: ASTNode[]
  /** Only those (not) followed by one of these within so many milliseconds. */
  followed: { by: Selection; within: number; wanted: boolean }[]
}

export interface Chain {
  node: ASTNode
  selection: Selection
  end: End
  /** Of sum and the like: the field of a row. Of first and last: what is read of the row. The row's own name comes first. */
  path: [string, ...string[]] | undefined
}

/** What a schema says of event types: their slots, such as `{ number_1: 'properties.value' }`. */
export interface EventTypeInfo {
  slots?: Readonly<Record<string, string>>
}

const ENDS: readonly string[] = ['count', 'sum', 'avg', 'min', 'max', 'first', 'last']
const STEPS: Record<string, string> = {
  within: '.within("30d")',
  before: '.before(timestamp("2026-01-31"))',
  after: '.after(now - duration("30d"))',
  between: '.between(timestamp("2026-01-01"), timestamp("2026-02-01"))',
  where: '.where(properties.country == "PL")',
  followedBy: '.followedBy(events("order-placed"), "2d")',
  notFollowedBy: '.notFollowedBy(events("order-placed"), "2d")',
}

/** Whether a node is behaviour, complete or not: its innermost receiver is `events(…)` or `sessions()`. */
export function isChain(node: ASTNode): boolean {
  return baseOf(node) !== undefined
}

function baseOf(node: ASTNode): (ASTNode & { op: 'call' }) | undefined {
  if (node.op === 'call') return node.args[0] === 'events' || node.args[0] === 'sessions' ? node : undefined
  if (node.op === 'rcall') return baseOf(node.args[1])
  return node.op === '.' || node.op === '[]' ? baseOf(node.args[0]) : undefined
}

/** Takes a chain apart; or tells what is wrong with it. `node` has to be one (`isChain`). */
export function readChain(node: ASTNode): { chain: Chain } | { problems: Problem[] } {
  const reader = new ChainReader(node)
  const chain = reader.read()
  return chain && reader.problems.length === 0 ? { chain } : { problems: reader.problems }
}

/** As `readChain`, for trees that were checked. */
export function checkedChain(node: ASTNode): Chain {
  const read = readChain(node)
  if ('problems' in read) throw new Error(`Behaviour was compiled before it was checked: ${textOf(node)}`)
  return read.chain
}

/** The kind of what a chain gives; undefined when only the data can tell. */
export function chainType(node: ASTNode): TypeName | undefined {
  const read = isChain(node) ? readChain(node) : undefined
  if (!read || 'problems' in read) return undefined
  const { end, path, selection } = read.chain
  if (end !== 'first' && end !== 'last') return 'number'
  const kind = path && path.length === 1 ? ROWS[selection.over].fields[path[0]]?.kind : undefined
  return kind === 'json' ? undefined : kind
}

/** Text that is the same for chains over the same rows: they share one pass. */
export function selectionKey(chain: Chain): string {
  let node: ASTNode = chain.node
  while (node.op === '.' || node.op === '[]') node = node.args[0]
  return textOf(node.op === 'rcall' ? node.args[1] : node)
}

class ChainReader {
  readonly problems: Problem[] = []
  readonly #node: ASTNode

  constructor(node: ASTNode) {
    this.#node = node
  }

  read(): Chain | undefined {
    const fields: string[] = []
    let node = this.#node
    while (node.op === '.' || node.op === '[]') {
      const key = node.op === '.' ? node.args[1] : literalValue(node.args[1])
      if (typeof key !== 'string') {
        return this.#report(
          node,
          'NOT_IN_SEGMENTS',
          'Lists inside of events are not reached by position here.',
          'Use .where(properties.list.exists(x, …)).count() > 0.',
        )
      }
      fields.unshift(key)
      node = node.args[0]
    }
    if (node.op !== 'rcall' || !ENDS.includes(node.args[0])) {
      const hint =
        node.op === 'rcall' && !(node.args[0] in STEPS)
          ? this.#hintFor(node.args[0])
          : 'Such as .count() > 0, .sum("value") or .last().occurredAt.'
      return this.#report(
        node,
        'INCOMPLETE_BEHAVIOUR',
        `${textOf(node)} has to end with one of ${ENDS.map((end) => `.${end}()`).join(', ')}.`,
        hint,
      )
    }
    const selection = this.#selection(node.args[1])
    const end = node.args[0] as End
    if (!selection) return undefined
    if (end === 'first' || end === 'last') return this.#ofOne(node, end, selection, fields)
    if (fields.length > 0)
      return this.#report(this.#node, 'UNKNOWN_FIELD', `.${end}() gives a number, which has no fields.`)
    return this.#ofAll(node, end, selection)
  }

  #ofOne(node: ASTNode & { op: 'rcall' }, end: End, selection: Selection, fields: string[]): Chain | undefined {
    if (node.args[2].length > 0) return this.#report(node, 'WRONG_ARGUMENTS', `.${end}() takes no arguments.`)
    const { over } = selection
    const [first, ...rest] = fields
    if (first === undefined) {
      return this.#report(
        node,
        'INCOMPLETE_BEHAVIOUR',
        `.${end}() gives a whole ${over === 'events' ? 'event' : 'session'}.`,
        `Say what of it: .${end}().${ROWS[over].at}.`,
      )
    }
    const field = Object.hasOwn(ROWS[over].fields, first) ? ROWS[over].fields[first] : undefined
    if (!field || (rest.length > 0 && field.kind !== 'json'))
      return this.#unknownField(this.#node, over, fields.join('.'))
    return { node: this.#node, selection, end, path: [first, ...rest] }
  }

  #ofAll(node: ASTNode & { op: 'rcall' }, end: End, selection: Selection): Chain | undefined {
    const [argument, ...others] = node.args[2]
    if (end === 'count') {
      if (argument)
        return this.#report(node, 'WRONG_ARGUMENTS', '.count() takes no arguments.', 'Conditions go into .where(…).')
      return { node, selection, end, path: undefined }
    }
    const text = argument && literalValue(argument)
    const example = `It is written .${end}("${selection.over === 'events' ? 'value' : 'events'}").`
    if (!argument || others.length > 0)
      return this.#report(node, 'WRONG_ARGUMENTS', `.${end}() takes the name of one field.`, example)
    if (typeof text !== 'string')
      return this.#report(argument, 'LITERAL_NEEDED', `.${end}() needs the field written out, in quotes.`, example)
    const names = text.split('.')
    if (names.includes(''))
      return this.#report(argument, 'IMPOSSIBLE_VALUE', `${textOf(argument)} is no field.`, example)
    if (selection.over === 'sessions') {
      if (text !== 'events') return this.#unknownField(argument, 'sessions', text)
      return { node, selection, end, path: ['events'] }
    }
    const [root = '', ...rest] = names
    const path: [string, ...string[]] =
      rest.length > 0 && (root === 'properties' || root === 'data') ? [root, ...rest] : ['properties', ...names]
    return { node, selection, end, path }
  }

  /** Reads `events("a").within(…)…` without an end. */
  #selection(node: ASTNode): Selection | undefined {
    if (node.op === 'call' && node.args[0] === 'events') return this.#events(node)
    if (node.op === 'call' && node.args[0] === 'sessions') {
      if (node.args[1].length > 0)
        return this.#report(node, 'WRONG_ARGUMENTS', 'sessions() takes no arguments.', 'Conditions go into .where(…).')
      return { over: 'sessions', type: '', from: [], before: [], where: [], followed: [] }
    }
    if (node.op !== 'rcall' || !Object.hasOwn(STEPS, node.args[0])) {
      const name = node.op === 'rcall' ? `.${node.args[0]}()` : textOf(node)
      return this.#report(
        node,
        'INCOMPLETE_BEHAVIOUR',
        `${name} is no step between events() and its end.`,
        node.op === 'rcall' ? this.#hintFor(node.args[0]) : undefined,
      )
    }
    const selection = this.#selection(node.args[1])
    return selection && this.#step(node, node.args[0], node.args[2], selection)
  }

  #events(node: ASTNode & { op: 'call' }): Selection | undefined {
    const [argument, ...others] = node.args[1]
    const hint = 'It is written events("order-placed").'
    if (!argument || others.length > 0)
      return this.#report(node, 'WRONG_ARGUMENTS', 'events() takes one event type.', hint)
    const type = literalValue(argument)
    if (typeof type !== 'string')
      return this.#report(argument, 'LITERAL_NEEDED', 'events() needs the event type written out, in quotes.', hint)
    // Databases ignore spaces at the end of a text when they search; an event type has none.
    if (type.trim() !== type || type === '' || type.length > 128)
      return this.#report(argument, 'IMPOSSIBLE_VALUE', `${textOf(argument)} is no event type.`, hint)
    return { over: 'events', type, from: [], before: [], where: [], followed: [] }
  }

  #step(node: ASTNode, name: string, args: readonly ASTNode[], selection: Selection): Selection | undefined {
    const [first, second] = args
    const wanted = name === 'between' || name === 'followedBy' || name === 'notFollowedBy' ? 2 : 1
    if (args.length !== wanted || !first) {
      return this.#report(
        node,
        'WRONG_ARGUMENTS',
        `.${name}() takes ${wanted} argument${wanted === 1 ? '' : 's'}.`,
        `It is written ${STEPS[name]}.`,
      )
    }
    switch (name) {
      case 'within': {
        const ms = this.#length(first, name)
        return ms === undefined
          ? undefined
          : { ...selection, from: [...selection.from, { bound: { ms }, inclusive: false }] }
      }
      case 'where':
        return { ...selection, where: [...selection.where, first] }
      case 'after':
      case 'before':
      case 'between': {
        const bounds = args.map((argument) => this.#time(argument, name))
        const [from, to = from] = bounds
        if (!from || !to) return undefined
        if (name === 'before') return { ...selection, before: [...selection.before, from] }
        const after = { ...selection, from: [...selection.from, { bound: from, inclusive: name === 'between' }] }
        return name === 'between' ? { ...after, before: [...selection.before, to] } : after
      }
      default:
        return second && this.#followed(name === 'followedBy', first, second, name, selection)
    }
  }

  #followed(
    wanted: boolean,
    follower: ASTNode,
    length: ASTNode,
    name: string,
    selection: Selection,
  ): Selection | undefined {
    if (!isChain(follower))
      return this.#report(
        follower,
        'INCOMPLETE_BEHAVIOUR',
        `.${name}() asks for events.`,
        `It is written ${STEPS[name]}.`,
      )
    const by = this.#selection(follower)
    const within = this.#length(length, name)
    if (!by || within === undefined) return undefined
    if (
      by.over !== 'events' ||
      selection.over !== 'events' ||
      by.followed.length > 0 ||
      by.from.length + by.before.length > 0
    ) {
      return this.#report(
        follower,
        'NOT_IN_SEGMENTS',
        `.${name}() compares events with events, which may only have a .where(…).`,
        'The time between them is the second argument.',
      )
    }
    return { ...selection, followed: [...selection.followed, { by, within, wanted }] }
  }

  #length(node: ASTNode, name: string): number | undefined {
    const text = literalValue(node)
    if (typeof text !== 'string') {
      this.#report(
        node,
        'LITERAL_NEEDED',
        `.${name}() needs the time written out, in quotes.`,
        'Such as "30d" or "12h".',
      )
      return undefined
    }
    const ms = Math.trunc(parseDuration(text)?.ms ?? 0)
    // A hundred years: beyond them the arithmetic of databases ends.
    if (ms >= 1 && ms <= 3_153_600_000_000) return ms
    this.#report(node, 'IMPOSSIBLE_VALUE', `${textOf(node)} is no length of time.`, 'Such as "30d" or "12h".')
    return undefined
  }

  #time(node: ASTNode, name: string): Bound | undefined {
    const outside = namesIn(node).find((one) => one !== 'now')
    if (outside !== undefined || chainsIn(node).length > 0) {
      return this.#report(
        node,
        'NOT_IN_SEGMENTS',
        `.${name}() takes a time that is the same for everybody.`,
        `Such as ${STEPS[name]}.`,
      )
    }
    if (staticType(node) !== 'timestamp') {
      return this.#report(node, 'IMPOSSIBLE_VALUE', `${textOf(node)} is no timestamp.`, `It is written ${STEPS[name]}.`)
    }
    return { node }
  }

  #unknownField(node: ASTNode, over: Over, name: string): undefined {
    const known = Object.keys(ROWS[over].fields)
    const meant = closest(name, known)
    return this.#report(
      node,
      'UNKNOWN_FIELD',
      `${over === 'events' ? 'An event' : 'A session'} has no field ${name}.`,
      meant
        ? `Did you mean ${meant}?`
        : over === 'events'
          ? `Did you mean properties.${name}?`
          : `There are ${known.join(', ')}.`,
    )
  }

  #hintFor(name: string): string | undefined {
    const meant = closest(name, [...ENDS, ...Object.keys(STEPS)])
    return meant && `Did you mean ${STEPS[meant] ?? `.${meant}()`}?`
  }

  #report(node: ASTNode, code: ProblemCode, message: string, hint?: string): undefined {
    this.problems.push(problemAt(node.input, rangeOf(node), code, message, hint))
  }
}

/** The top-level names that an expression uses, loop variables among them. */
export function namesIn(node: ASTNode): string[] {
  if (node.op === 'id') return [node.args]
  return childrenOf(node).flatMap(namesIn)
}

/** All chains of a tree, outermost first; those inside of a chain's steps are no chains of their own. */
export function chainsIn(node: ASTNode): ASTNode[] {
  return isChain(node) ? [node] : childrenOf(node).flatMap(chainsIn)
}

/** Whether a node reads the profile's segments. */
export function isSegments(node: ASTNode): boolean {
  const path = fieldPath(node)
  return path?.length === 2 && path[0] === 'profile' && path[1] === 'segments'
}
