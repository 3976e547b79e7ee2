// Says which part of a condition holds and which does not, and with what values.
import type { ASTNode } from '@marcbachmann/cel-js'
import { lineAndColumn } from './errors.js'
import { compile, type Scope } from './evaluator.js'
import { Frame, type Context, type Run } from './frame.js'
import { isLoop } from './loops.js'
import { childrenOf, fieldPath, isNullLiteral, literalValue, rangeOf, textOf } from './tree.js'
import { toJson, typeName, type JsonValue, type Value } from './values.js'

/** A value that a part looked at: a field, or an expression inside a comparison. */
export interface Operand {
  source: string
  value: JsonValue
}

/** One part of an explained condition. */
export interface ExplainedPart {
  /** The part as it was written. */
  source: string
  /** Where it stands in the text: offsets from 0 (`end` exclusive), line and column from 1. */
  position: { start: number; end: number; line: number; column: number }
  value: JsonValue
  /** Whether the value is true. */
  holds: boolean
  operands: Operand[]
  /** The parts that `&&`, `||`, `!` and `? :` are made of; each is evaluated, also where the whole did not need it. */
  children: ExplainedPart[]
  /** Why the part does not hold, when its values did not fit: an absent field, different kinds. */
  note?: string
}

/** A part with its compiled closures; built once, when a condition is first explained. */
interface Part {
  node: ASTNode
  run: Run
  operands: { node: ASTNode; run: Run }[]
  children: Part[]
}

/** What explaining has to know of conditions that have more than the language everywhere. */
export interface ExplainScope {
  scope?: Scope
  /** Whether a node is shown as one operand, with nothing of what is inside. */
  isWhole?: (node: ASTNode) => boolean
}

/** Prepares the explaining of a tree. The function it gives never throws. */
export function compileExplanation(ast: ASTNode, options: ExplainScope = {}): (context: Context) => ExplainedPart {
  const root = partOf(ast, options)
  return (context) => explainPart(root, context)
}

function partOf(node: ASTNode, options: ExplainScope): Part {
  const children = logicalParts(node)
  const operands = children.length > 0 ? [] : operandsOf(node, options)
  return {
    node,
    run: compile(node, options.scope),
    operands: operands.map((operand) => ({ node: operand, run: compile(operand, options.scope) })),
    children: children.map((child) => partOf(child, options)),
  }
}

/** The parts of `a && b && c` are three, though the tree pairs them. */
function logicalParts(node: ASTNode): readonly ASTNode[] {
  if (node.op === '!_' || node.op === '?:') return childrenOf(node)
  if (node.op !== '&&' && node.op !== '||') return []
  const parts: ASTNode[] = []
  let left: ASTNode = node
  while (left.op === node.op) {
    parts.unshift(left.args[1])
    left = left.args[0]
  }
  return [left, ...parts]
}

/** The expressions inside a part that carry data, each text once. Bodies of loops see many elements: left out. */
function operandsOf(node: ASTNode, { isWhole = (one) => fieldPath(one) !== undefined }: ExplainScope): ASTNode[] {
  const found = new Map<string, ASTNode>()
  const collect = (candidate: ASTNode) => {
    if (literalValue(candidate) !== undefined) return
    found.set(textOf(candidate), candidate)
    if (!isWhole(candidate)) below(candidate).forEach(collect)
  }
  if (isWhole(node)) collect(node)
  else below(node).forEach(collect)
  return [...found.values()]
}

function below(node: ASTNode): readonly ASTNode[] {
  return node.op === 'rcall' && isLoop(node.args[0]) ? [node.args[1]] : childrenOf(node)
}

function explainPart(part: Part, context: Context): ExplainedPart {
  const { node } = part
  const { value, failure } = evaluate(part.run, context)
  const operands = part.operands.map((operand) => ({ ...operand, value: evaluate(operand.run, context).value }))
  const note = failure ?? (value === true ? undefined : noteOn(node, value, operands))
  return {
    source: textOf(node),
    position: { ...rangeOf(node), ...lineAndColumn(node.input, rangeOf(node).start) },
    value: safeJson(value),
    holds: value === true,
    operands: operands.map((operand) => ({ source: textOf(operand.node), value: safeJson(operand.value) })),
    children: part.children.map((child) => explainPart(child, context)),
    ...(note === undefined ? {} : { note }),
  }
}

function evaluate(run: Run, context: Context): { value: Value; failure?: string } {
  try {
    return { value: run(new Frame(context)) }
  } catch (error) {
    return { value: null, failure: `It could not be evaluated: ${error instanceof Error ? error.message : 'unknown'}.` }
  }
}

/** Data nested beyond the stack cannot be shown; the explanation stays whole. */
function safeJson(value: Value): JsonValue {
  try {
    return toJson(value)
  } catch {
    return null
  }
}

function noteOn(node: ASTNode, value: Value, operands: { node: ASTNode; value: Value }[]): string | undefined {
  const absent = operands.find((operand) => operand.value === null)
  const asksForNull = node.op === '==' || node.op === '!=' ? node.args.some(isNullLiteral) : false
  if (absent && !asksForNull && node.op !== 'call') return `${textOf(absent.node)} is absent.`
  if (node.op === '<' || node.op === '<=' || node.op === '>' || node.op === '>=' || node.op === '==') {
    const [left, right] = node.args.map((side) => typeName(sideValue(side, operands)))
    return left === right || asksForNull ? undefined : `A ${left} is compared with a ${right}.`
  }
  if (typeof value === 'boolean') return undefined
  return value === null
    ? 'It has no value: an operand is absent or does not fit.'
    : `It is a ${typeName(value)}, not true or false.`
}

function sideValue(side: ASTNode, operands: { node: ASTNode; value: Value }[]): Value {
  return literalValue(side) ?? operands.find((operand) => textOf(operand.node) === textOf(side))?.value ?? null
}
