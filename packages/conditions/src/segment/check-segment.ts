// Finds what is wrong with a segment's condition: what is wrong in every condition, behaviour, fields and segments that do not exist, and what SQL cannot say.
import type { ASTNode } from '@marcbachmann/cel-js'
import { checkTree, type TreeSchema } from '../check.js'
import { problemAt, type Problem, type ProblemCode } from '../errors.js'
import { isLoop } from '../loops.js'
import { Statement } from '../sql/statement.js'
import { closest } from '../suggest.js'
import { fieldPath, literalValue, rangeOf, textOf } from '../tree.js'
import type { TypeName } from '../values.js'
import { chainType, isChain, isSegments, readChain, type EventTypeInfo, type Selection } from './chain.js'
import { PROFILE_FIELDS, ROWS } from './rows.js'

/** What there is for a segment's condition to name; what is left out is not checked. */
export interface SegmentSchema {
  /** Event types by id, with their slots: sums and comparisons of numbers in slots are answered by an index. */
  eventTypes?: ReadonlyMap<string, EventTypeInfo>
  /** Segments, which a condition names by name or id. */
  segments?: readonly { id: string; name: string }[]
}

/** Longest statement, in characters, and most parameters that one condition may come to. */
const MAX_STATEMENT = 200_000
const MAX_PARAMETERS = 20_000

/** All problems of a parsed tree, in the order of the text. */
export function checkSegmentTree(ast: ASTNode, schema: SegmentSchema): Problem[] {
  const problems = checkTree(ast, new SegmentCheck(schema).tree())
  return problems.length > 0 ? problems : refusals(ast, schema)
}

/** The segment of this name or id. */
export function segmentNamed(written: string, schema: SegmentSchema): { id: string; name: string } | undefined {
  return schema.segments?.find(({ id, name }) => name === written || id === written)
}

/** What SQL cannot say is found by saying it. */
function refusals(ast: ASTNode, schema: SegmentSchema): Problem[] {
  const found = new Map<string, Problem>()
  const refuse = (node: ASTNode, message: string, hint?: string) => {
    found.set(`${node.start} ${message}`, problemAt(node.input, rangeOf(node), 'NOT_IN_SEGMENTS', message, hint))
  }
  const segmentId = (written: string) => segmentNamed(written, schema)?.id
  // Any time will do: what can be said does not depend on it.
  const context = { now: Date.UTC(2026, 0, 1), eventTypes: schema.eventTypes, segmentId, refuse }
  const statement = new Statement(context, 'whole')
  const { text, parameters } = statement.select(statement.holds(ast))
  if (found.size === 0 && (text.length > MAX_STATEMENT || parameters.length > MAX_PARAMETERS)) {
    return [
      problemAt(
        ast.input,
        rangeOf(ast),
        'TOO_LARGE',
        'The condition comes to a statement that is too large for a database.',
        'Split it into segments and combine them.',
      ),
    ]
  }
  return [...found.values()].sort((one, other) => one.start - other.start)
}

class SegmentCheck {
  readonly #schema: SegmentSchema

  constructor(schema: SegmentSchema) {
    this.#schema = schema
  }

  tree(): TreeSchema {
    return { onlyNames: ['profile', 'now'], special: (node) => this.#special(node), known: segmentType }
  }

  #special(node: ASTNode): Problem[] | undefined {
    if (isChain(node)) return this.#chain(node)
    if (node.op === 'in' && isSegments(node.args[1])) return this.#segment(node.args[0])
    if (node.op === 'rcall' && isLoop(node.args[0])) return loopNames(node)
    const path = fieldPath(node)
    return path?.[0] === 'profile' ? profileField(node, path) : undefined
  }

  #chain(node: ASTNode): Problem[] {
    const read = readChain(node)
    return 'problems' in read ? read.problems : this.#selection(node, read.chain.selection)
  }

  #selection(node: ASTNode, selection: Selection): Problem[] {
    const { over, type } = selection
    const names = [...Object.keys(ROWS[over].fields), 'now']
    const known = (one: ASTNode) => rowType(one, selection)
    const special = (one: ASTNode): Problem[] | undefined => {
      if (isChain(one))
        return [
          problem(
            one,
            'NOT_IN_SEGMENTS',
            'Inside of where() there is one event, not all of them.',
            'Use .followedBy(…) or a second events(…).',
          ),
        ]
      const path = fieldPath(one)
      const root =
        path?.[0] === undefined || !Object.hasOwn(ROWS[over].fields, path[0]) ? undefined : ROWS[over].fields[path[0]]
      if (root && root.kind !== 'json' && path && path.length > 1)
        return [problem(one, 'UNKNOWN_FIELD', `${path[0]} has no fields.`)]
      return one.op === 'rcall' && isLoop(one.args[0]) ? loopNames(one) : undefined
    }
    const inside = selection.where.flatMap((condition) => checkTree(condition, { onlyNames: names, special, known }))
    const types = over === 'events' ? this.#eventType(node, type) : []
    return [...types, ...inside, ...selection.followed.flatMap(({ by }) => this.#selection(node, by))]
  }

  #eventType(node: ASTNode, type: string): Problem[] {
    const { eventTypes } = this.#schema
    if (!eventTypes || eventTypes.has(type)) return []
    const meant = closest(type, [...eventTypes.keys()])
    return [
      problem(
        literalNode(node, type) ?? node,
        'UNKNOWN_EVENT_TYPE',
        `There is no event type ${JSON.stringify(type)}.`,
        meant && `Did you mean "${meant}"?`,
      ),
    ]
  }

  #segment(node: ASTNode): Problem[] {
    const written = literalValue(node)
    if (typeof written !== 'string')
      return [
        problem(
          node,
          'LITERAL_NEEDED',
          'The segment has to be written out, in quotes.',
          'Such as "vip" in profile.segments.',
        ),
      ]
    if (segmentNamed(written, this.#schema)) return []
    const meant = closest(
      written,
      (this.#schema.segments ?? []).map(({ name }) => name),
    )
    return [
      problem(
        node,
        'UNKNOWN_SEGMENT',
        `There is no segment ${JSON.stringify(written)}.`,
        meant && `Did you mean "${meant}"?`,
      ),
    ]
  }
}

function problem(node: ASTNode, code: ProblemCode, message: string, hint?: string): Problem {
  return problemAt(node.input, rangeOf(node), code, message, hint)
}

/** The literal of a text below a node, to point at. */
function literalNode(node: ASTNode, text: string): ASTNode | undefined {
  if (literalValue(node) === text) return node
  if (node.op === 'call') return node.args[1].map((one) => literalNode(one, text)).find(Boolean)
  if (node.op === 'rcall') return [node.args[1], ...node.args[2]].map((one) => literalNode(one, text)).find(Boolean)
  return node.op === '.' || node.op === '[]' ? literalNode(node.args[0], text) : undefined
}

/** Loop variables must not hide what SQL reads by name. */
function loopNames(node: ASTNode & { op: 'rcall' }): Problem[] | undefined {
  const [variable] = node.args[2]
  if (variable?.op !== 'id' || (variable.args !== 'profile' && variable.args !== 'now')) return undefined
  return [
    problem(
      variable,
      'NOT_IN_SEGMENTS',
      `${variable.args} already means something here.`,
      'Give the variable another name.',
    ),
  ]
}

function profileField(node: ASTNode, [, first, ...rest]: readonly string[]): Problem[] {
  const known = Object.keys(PROFILE_FIELDS)
  if (first === undefined)
    return [
      problem(
        node,
        'NOT_IN_SEGMENTS',
        'The profile as a whole is not compared.',
        `Name a field: ${known.map((one) => `profile.${one}`).join(', ')}.`,
      ),
    ]
  const field = Object.hasOwn(PROFILE_FIELDS, first) ? PROFILE_FIELDS[first] : undefined
  if (!field)
    return [
      problem(
        node,
        'UNKNOWN_FIELD',
        `A profile has no field ${first}.`,
        `Did you mean profile.${closest(first, known) ?? `traits.${first}`}?`,
      ),
    ]
  if (field.kind === 'list')
    return [
      problem(
        node,
        'NOT_IN_SEGMENTS',
        `${textOf(node)} can only be asked for one segment.`,
        'Such as "vip" in profile.segments.',
      ),
    ]
  if (field.kind !== 'json' && rest.length > 0)
    return [problem(node, 'UNKNOWN_FIELD', `profile.${first} is a ${field.kind}, which has no fields.`)]
  return []
}

/** The kind of what a segment reads, when the data cannot change it. */
function segmentType(node: ASTNode): TypeName | undefined {
  if (isChain(node)) return chainType(node)
  const path = fieldPath(node)
  const kind =
    path?.[0] === 'profile' && path.length === 2 && Object.hasOwn(PROFILE_FIELDS, path[1] ?? '')
      ? PROFILE_FIELDS[path[1] ?? '']?.kind
      : undefined
  return kind === 'json' ? undefined : kind
}

function rowType(node: ASTNode, { over }: Selection): TypeName | undefined {
  const kind =
    node.op === 'id' && Object.hasOwn(ROWS[over].fields, node.args) ? ROWS[over].fields[node.args]?.kind : undefined
  return kind === 'json' ? undefined : kind
}
