// Finds what is wrong with a condition before it runs, and says what to write instead.
import type { ASTNode, BinaryOperator } from '@marcbachmann/cel-js'
import { problemAt, type Problem, type ProblemCode } from './errors.js'
import { findFunction, FUNCTIONS, MACROS, type ConditionFunction } from './functions.js'
import { parse } from './parse.js'
import { staticType, type KnownType } from './static-type.js'
import { closest } from './suggest.js'
import { childrenOf, fieldPath, isNullLiteral, literalValue, rangeOf, textOf } from './tree.js'

/** The names that every context has. */
export const CONTEXT_NAMES: readonly string[] = ['profile', 'event', 'session', 'now']

/** What a condition may use, and what is expected of it. */
export interface ConditionSchema {
  /** Top-level names beside `profile`, `event`, `session` and `now`. */
  names?: readonly string[]
  /** `condition` (the default) has to give true or false; `value` may give anything, as in a node that sets a field. */
  expects?: 'condition' | 'value'
}

/** Everything that is wrong with the text, in the order of the text; empty when it can be compiled. Never throws. */
export function checkCondition(source: string, schema: ConditionSchema = {}): Problem[] {
  const parsed = parse(source)
  return 'problem' in parsed ? [parsed.problem] : checkTree(parsed.ast, schema)
}

/** How a tree is checked that is not an ordinary condition: a segment's, or the `where` inside of one. */
export interface TreeSchema extends ConditionSchema {
  /** The top-level names, instead of `profile`, `event`, `session` and `now`. */
  onlyNames?: readonly string[]
  /** Checks what only these trees have; undefined for a node that is like everywhere. Nothing below it is visited then. */
  special?: (node: ASTNode) => Problem[] | undefined
  known?: KnownType
}

/** As `checkCondition`, of a tree that was parsed already. */
export function checkTree(ast: ASTNode, schema: TreeSchema): Problem[] {
  const check = new Check(ast.input, schema.onlyNames ?? [...CONTEXT_NAMES, ...(schema.names ?? [])], schema)
  if (schema.expects !== 'value') check.expectCondition(ast)
  check.visit(ast, [])
  return check.problems.sort((one, other) => one.start - other.start)
}

/** Fields that people write without what they belong to. */
const OWNERS: Record<string, string> = {
  data: 'profile.data',
  traits: 'profile.traits',
  interests: 'profile.interests',
  consents: 'profile.consents',
  counters: 'profile.counters',
  aux: 'profile.aux',
  properties: 'event.properties',
  type: 'event.type',
}

/** What other languages call our literals. */
const OTHER_SPELLINGS: Record<string, string> = {
  none: 'null',
  nil: 'null',
  undefined: 'null',
  null: 'null',
  true: 'true',
  false: 'false',
}

class Check {
  readonly problems: Problem[] = []
  readonly #source: string
  readonly #names: readonly string[]
  readonly #schema: TreeSchema

  constructor(source: string, names: readonly string[], schema: TreeSchema) {
    this.#source = source
    this.#names = names
    this.#schema = schema
  }

  /** Checks a node and all below it; `locals` are the loop variables in reach. */
  visit(node: ASTNode, locals: readonly string[]): void {
    const problems = this.#schema.special?.(node)
    if (problems) {
      this.problems.push(...problems)
      return
    }
    switch (node.op) {
      case 'value':
        return this.#checkLiteral(node)
      case 'id':
        return this.#checkName(node, node.args, locals)
      case 'call':
      case 'rcall':
        return this.#checkCall(node, locals)
      case '&&':
      case '||':
        node.args.forEach((part) => this.expectCondition(part))
        break
      case '!_':
        this.expectCondition(node.args)
        break
      case '?:':
        this.expectCondition(node.args[0])
        break
      case '==':
      case '<':
      case '<=':
      case '>':
      case '>=':
      case 'in':
        this.#checkComparison(node.op, node.args)
        break
    }
    childrenOf(node).forEach((child) => this.visit(child, locals))
  }

  /** Reports a part that can only give something else than true or false. */
  expectCondition(node: ASTNode): void {
    const type = staticType(node, this.#schema.known)
    if (type === undefined || type === 'bool') return
    const hint = fieldPath(node) ? undefined : 'Compare it with something, as in size(profile.interests) > 0.'
    this.#report(node, 'NOT_A_CONDITION', `${textOf(node)} gives a ${type} where true or false is needed.`, hint)
  }

  #checkLiteral(node: ASTNode & { op: 'value' }): void {
    const value = literalValue(node)
    if (value === undefined) {
      this.#report(node, 'NOT_SUPPORTED', 'Conditions have no byte strings.', 'Write the text without the b.')
    } else if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      this.#report(node, 'IMPOSSIBLE_VALUE', `${textOf(node)} is too large to be exact.`, 'Compare it as text: "…".')
    }
  }

  #checkName(node: ASTNode, name: string, locals: readonly string[]): void {
    if (locals.includes(name) || this.#names.includes(name)) return
    const known = [...locals, ...this.#names]
    const spelling = OTHER_SPELLINGS[name.toLowerCase()]
    const owned = Object.hasOwn(OWNERS, name) ? OWNERS[name] : undefined
    const meant = spelling ?? owned ?? closest(name, known)
    const hint = meant ? `Did you mean ${meant}?` : `There are ${known.join(', ')}. Text needs quotes: "${name}".`
    this.#report(node, 'UNKNOWN_NAME', `There is no ${name} here.`, hint)
  }

  #checkCall(node: ASTNode & { op: 'call' | 'rcall' }, locals: readonly string[]): void {
    const [name, receiver, args] = node.op === 'call' ? [node.args[0], undefined, node.args[1]] : node.args
    if (receiver?.op === 'id' && receiver.args === 'cel' && name === 'bind') {
      return this.#report(node, 'NOT_SUPPORTED', 'Conditions have no cel.bind.', 'Write the expression out.')
    }
    if (receiver) this.visit(receiver, locals)
    const macro = Object.hasOwn(MACROS, name) ? MACROS[name] : undefined
    const called = macro?.method === (receiver !== undefined) ? macro : findFunction(name, receiver !== undefined)
    if (!called) {
      this.#reportUnknownFunction(node, name, receiver !== undefined)
    } else if (args.length < called.arguments[0] || args.length > called.arguments[1]) {
      const message = `${name}() takes ${amount(called.arguments)}, not ${args.length}.`
      return this.#report(node, 'WRONG_ARGUMENTS', message, `It is written ${called.signature}.`)
    } else if (called !== macro) {
      this.#checkLiteralArgument(node, findFunction(name, receiver !== undefined), args)
    }
    this.#visitArguments(node, name, args, macro?.method === true, locals)
  }

  /** Visits arguments; those of a loop with its variable in reach. */
  #visitArguments(
    node: ASTNode,
    name: string,
    args: readonly ASTNode[],
    isLoop: boolean,
    locals: readonly string[],
  ): void {
    const [first] = args
    if (isLoop && first?.op === 'id') {
      const inner = [...locals, first.args]
      const [, body, mapped] = args
      if (body && (name !== 'map' || mapped)) this.expectCondition(body)
      return args.slice(1).forEach((argument) => this.visit(argument, inner))
    }
    if (name === 'has' && first && !fieldPath(first)) {
      this.#report(node, 'WRONG_ARGUMENTS', 'has() asks for a field.', 'It is written has(profile.traits.plan).')
    }
    args.forEach((argument) => this.visit(argument, locals))
  }

  #checkLiteralArgument(node: ASTNode, called: ConditionFunction | undefined, args: readonly ASTNode[]): void {
    const last = args.at(-1)
    if (!called || !last) return
    const value = literalValue(last)
    if (called.literal) {
      if (typeof value !== 'string') {
        const hint = `Such as ${called.literal.example}.`
        this.#report(last, 'LITERAL_NEEDED', `${called.name}() needs this text written out, in quotes.`, hint)
      } else if (!called.literal.prepare(value)) {
        const hint = `Such as ${called.literal.example}.`
        this.#report(last, 'IMPOSSIBLE_VALUE', `${called.name}() cannot use ${textOf(last)}.`, hint)
      }
    } else if (!called.method && value !== undefined && called.apply(value, null, null) === null) {
      this.#report(last, 'IMPOSSIBLE_VALUE', `${textOf(node)} is no ${called.returns}.`, called.help)
    }
  }

  #checkComparison(operator: BinaryOperator, [left, right]: [ASTNode, ASTNode]): void {
    const range = { start: rangeOf(left).start, end: rangeOf(right).end }
    const text = this.#source.slice(range.start, range.end)
    if (operator !== '==' && (isNullLiteral(left) || isNullLiteral(right))) {
      const field = textOf(isNullLiteral(left) ? right : left)
      const hint = `To ask whether it is there, write ${field} != null.`
      return this.#report(range, 'ALWAYS_FALSE', `${text} never holds: null has no order and is in nothing.`, hint)
    }
    if (operator === 'in') return
    const [leftType, rightType] = [staticType(left, this.#schema.known), staticType(right, this.#schema.known)]
    if (!leftType || !rightType || leftType === rightType || leftType === 'null' || rightType === 'null') return
    this.#report(range, 'ALWAYS_FALSE', `${text} never holds: it compares a ${leftType} with a ${rightType}.`)
  }

  #reportUnknownFunction(node: ASTNode & { op: 'call' | 'rcall' }, name: string, asMethod: boolean): void {
    const all = [...FUNCTIONS, ...Object.entries(MACROS).map(([macro, entry]) => ({ ...entry, name: macro }))]
    const otherForm = all.find((candidate) => candidate.name === name && candidate.method !== asMethod)
    const sameForm = all.filter((candidate) => candidate.method === asMethod)
    const meant = closest(
      name,
      sameForm.map((candidate) => candidate.name),
    )
    const hint = otherForm
      ? `It is written ${otherForm.signature}.`
      : (ALIASES[name.toLowerCase()] ??
        (meant && `Did you mean ${sameForm.find((one) => one.name === meant)?.signature}?`))
    const kind = asMethod ? 'method' : 'function'
    this.#report(functionNameRange(node, name), 'UNKNOWN_FUNCTION', `There is no ${kind} ${name}().`, hint)
  }

  #report(range: { start: number; end: number }, code: ProblemCode, message: string, hint?: string): void {
    this.problems.push(problemAt(this.#source, range, code, message, hint))
  }
}

/** What other languages call our functions. */
const ALIASES: Record<string, string> = {
  lower: 'Write .lowerAscii().',
  tolowercase: 'Write .lowerAscii().',
  upper: 'Write .upperAscii().',
  touppercase: 'Write .upperAscii().',
  length: 'Write size(value).',
  len: 'Write size(value).',
  count: 'Write size(value).',
  includes: 'Write text.contains(part), or element in list.',
  today: 'Write now.',
  date: 'Write timestamp("2026-01-31").',
  isnull: 'Write value == null.',
  isempty: 'Write size(value) == 0.',
  some: 'Write list.exists(x, condition).',
  any: 'Write list.exists(x, condition).',
  every: 'Write list.all(x, condition).',
  number: 'Write double(value).',
  float: 'Write double(value).',
}

/** Where the name of a call stands: at its start, or behind the receiver and its dot. */
function functionNameRange(node: ASTNode & { op: 'call' | 'rcall' }, name: string): { start: number; end: number } {
  const from = node.op === 'rcall' ? node.args[1].end : node.start
  const start = Math.max(from, node.input.indexOf(name, from))
  return { start, end: start + name.length }
}

function amount([min, max]: readonly [number, number]): string {
  if (min === max) return min === 0 ? 'no arguments' : `${min} argument${min === 1 ? '' : 's'}`
  return `${min} to ${max} arguments`
}
