// Turns a syntax tree into closures, once; running them is all that happens per evaluation. The null rules of
// docs/reference/conditions.md live here and in compare.ts; sql/expression.ts walks the same tree.
import type { ASTNode, BinaryOperator } from '@marcbachmann/cel-js'
import { add, calculate, isEqual, isIn, isUnequal, order, subtract } from './compare.js'
import type { Run } from './frame.js'
import { findFunction } from './functions.js'
import { compileLoop, isLoop } from './loops.js'
import { fieldPath, isNullLiteral, literalValue } from './tree.js'
import { readField, readIndex, toValue, type Value } from './values.js'

/** What a part is compiled in. */
export interface Scope {
  /** Loop variables in reach: the slot of each name. */
  readonly slots: ReadonlyMap<string, number>
  /** Compiles what only some conditions have, such as the behaviour that segments ask for; undefined for all else. */
  readonly special?: (node: ASTNode) => Run | undefined
}

const PLAIN: Scope = { slots: new Map() }

/** A part where true or false is asked: only `true` holds; null and values of other kinds do not. */
type Holds = (frame: Parameters<Run>[0]) => boolean

/** Compiles a tree that `check` found nothing wrong with. (What is wrong in it would become null.) */
export function compile(node: ASTNode, scope: Scope = PLAIN): Run {
  const special = scope.special?.(node)
  if (special) return special
  switch (node.op) {
    case 'value':
      return constant(literalValue(node) ?? null)
    case 'id':
      return compileName(node.args, scope)
    case '.':
    case '[]':
      return compileAccess(node, scope)
    case '&&':
      return both(compileHolds(node.args[0], scope), compileHolds(node.args[1], scope))
    case '||':
      return either(compileHolds(node.args[0], scope), compileHolds(node.args[1], scope))
    case '!_':
      return not(compileHolds(node.args, scope))
    case '?:':
      return choose(compileHolds(node.args[0], scope), compile(node.args[1], scope), compile(node.args[2], scope))
    case '-_':
      return negate(compile(node.args, scope))
    case 'list':
      return listOf(node.args.map((element) => compile(element, scope)))
    case 'map':
      return mapOf(node.args.map(([key, value]) => [compile(key, scope), compile(value, scope)]))
    case 'call':
      return compileCall(node.args[0], undefined, node.args[1], scope)
    case 'rcall':
      return compileCall(node.args[0], node.args[1], node.args[2], scope)
    case '.?':
    case '[?]':
      return constant(null)
    default:
      return compileOperator(node.op, node.args, scope)
  }
}

function compileHolds(node: ASTNode, scope: Scope): Holds {
  const run = compile(node, scope)
  return (frame) => run(frame) === true
}

function constant(value: Value): Run {
  return () => value
}

function compileName(name: string, scope: Scope): Run {
  const slot = scope.slots.get(name)
  if (slot !== undefined) return ({ locals }) => locals[slot] ?? null
  if (name === 'now') return ({ context }) => timeOf(context.now)
  return ({ context }) => toValue(context[name])
}

/** `now` is a parameter, never the clock: an evaluation can be repeated, and SQL sees the same instant. */
function timeOf(now: unknown): Value {
  return toValue(typeof now === 'number' ? new Date(now) : now)
}

function compileAccess(node: ASTNode & { op: '.' | '[]' }, scope: Scope): Run {
  const path = fieldPath(node)
  if (path) return compilePath(compileName(path[0], scope), path.slice(1))
  const object = compile(node.args[0], scope)
  if (node.op === '.') {
    const key = node.args[1]
    return (frame) => readField(object(frame), key)
  }
  const index = compile(node.args[1], scope)
  return (frame) => readIndex(object(frame), index(frame))
}

/** Paths of one and two fields, which are most of them, go without a loop. */
function compilePath(root: Run, keys: string[]): Run {
  const [first = '', second = ''] = keys
  if (keys.length === 1) return (frame) => readField(root(frame), first)
  if (keys.length === 2) return (frame) => readField(readField(root(frame), first), second)
  return (frame) => {
    let value = root(frame)
    for (const key of keys) value = readField(value, key)
    return value
  }
}

function compileOperator(operator: BinaryOperator, [left, right]: [ASTNode, ASTNode], scope: Scope): Run {
  if (operator === '==' || operator === '!=') {
    if (isNullLiteral(right)) return nullTest(compile(left, scope), operator === '==')
    if (isNullLiteral(left)) return nullTest(compile(right, scope), operator === '==')
  }
  const among = operator === 'in' && right.op === 'list' ? compileAmong(compile(left, scope), right.args) : undefined
  return among ?? operate(operator, compile(left, scope), compile(right, scope))
}

/** `x == null` and `x != null` ask whether the field is there: the only comparisons that null takes part in. */
function nullTest(run: Run, wanted: boolean): Run {
  return (frame) => (run(frame) === null) === wanted
}

/** `x in ["a", "b"]` with written strings and numbers is one lookup, however long the list. */
function compileAmong(element: Run, options: readonly ASTNode[]): Run | undefined {
  const values = options.map(literalValue)
  if (!values.every((value) => typeof value === 'string' || typeof value === 'number')) return undefined
  const set = new Set<Value>(values)
  return (frame) => set.has(element(frame))
}

function operate(operator: BinaryOperator, left: Run, right: Run): Run {
  switch (operator) {
    case '==':
      return (frame) => isEqual(left(frame), right(frame))
    case '!=':
      return (frame) => isUnequal(left(frame), right(frame))
    // What cannot be ordered compares as NaN, with which no comparison holds.
    case '<':
      return (frame) => (order(left(frame), right(frame)) ?? NaN) < 0
    case '<=':
      return (frame) => (order(left(frame), right(frame)) ?? NaN) <= 0
    case '>':
      return (frame) => (order(left(frame), right(frame)) ?? NaN) > 0
    case '>=':
      return (frame) => (order(left(frame), right(frame)) ?? NaN) >= 0
    case 'in':
      return (frame) => isIn(left(frame), right(frame))
    case '+':
      return (frame) => add(left(frame), right(frame))
    case '-':
      return (frame) => subtract(left(frame), right(frame))
    default:
      return (frame) => calculate(operator, left(frame), right(frame))
  }
}

function both(left: Holds, right: Holds): Run {
  return (frame) => left(frame) && right(frame)
}

function either(left: Holds, right: Holds): Run {
  return (frame) => left(frame) || right(frame)
}

function not(part: Holds): Run {
  return (frame) => !part(frame)
}

function choose(condition: Holds, yes: Run, no: Run): Run {
  return (frame) => (condition(frame) ? yes(frame) : no(frame))
}

function negate(run: Run): Run {
  return (frame) => subtract(0, run(frame))
}

function listOf(elements: Run[]): Run {
  return (frame) => elements.map((element) => element(frame))
}

/** Keys that are no strings are left out. */
function mapOf(entries: (readonly [Run, Run])[]): Run {
  return (frame) => {
    const pairs: [string, Value][] = []
    for (const [key, value] of entries) {
      const name = key(frame)
      if (typeof name === 'string') pairs.push([name, value(frame)])
    }
    // From entries, so that a key `__proto__` stays a key.
    return Object.fromEntries(pairs)
  }
}

function compileCall(name: string, receiver: ASTNode | undefined, args: readonly ASTNode[], scope: Scope): Run {
  const [first, second, third] = args
  if (receiver && isLoop(name) && first?.op === 'id' && second) {
    const slot = Math.max(-1, ...scope.slots.values()) + 1
    const inner = { ...scope, slots: new Map([...scope.slots, [first.args, slot]]) }
    const [over, body] = [compile(receiver, scope), compile(second, inner)]
    return compileLoop(name, { over, slot, body, mapped: third && compile(third, inner) })
  }
  if (!receiver && name === 'has' && first) return nullTest(compile(first, scope), false)
  return compileFunction(name, receiver, args, scope)
}

function compileFunction(name: string, receiver: ASTNode | undefined, args: readonly ASTNode[], scope: Scope): Run {
  const called = findFunction(name, receiver !== undefined)
  if (!called) return constant(null)
  const operands = receiver ? [receiver, ...args] : args
  const absent = constant(null)
  const [first = absent, second = absent, third = absent] = operands.map((operand) => compile(operand, scope))

  const last = args.at(-1)
  if (called.literal && last) {
    const written = literalValue(last)
    const prepared = typeof written === 'string' ? called.literal.prepare(written) : undefined
    return prepared ? (frame) => prepared(first(frame)) : absent
  }
  // Functions are pure: with one written argument, as in duration("30d"), the result is worked out once.
  const written = !receiver && last ? literalValue(last) : undefined
  if (written !== undefined) return constant(called.apply(written, null, null))
  return (frame) => called.apply(first(frame), second(frame), third(frame))
}
