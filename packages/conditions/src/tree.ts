// Questions about the syntax tree that checking, evaluating and explaining all ask.
import type { ASTNode } from '@marcbachmann/cel-js'
import { toValue, type Value } from './values.js'

/** The value of a literal; undefined when the node is none (or one that conditions do not have). */
export function literalValue(node: ASTNode): Value | undefined {
  if (node.op === '-_') {
    const value = literalValue(node.args)
    return typeof value === 'number' ? -value : undefined
  }
  if (node.op !== 'value' || node.args instanceof Uint8Array) return undefined
  // An unsigned literal (1u) is an object around a bigint.
  return typeof node.args === 'object' && node.args !== null ? Number(node.args.valueOf()) : toValue(node.args)
}

export function isNullLiteral(node: ASTNode): boolean {
  return node.op === 'value' && node.args === null
}

/** `a.b["c"]` as the list of its names, the top-level one first; undefined when the node is anything else. */
export function fieldPath(node: ASTNode): [string, ...string[]] | undefined {
  if (node.op === 'id') return [node.args]
  if (node.op !== '.' && node.op !== '[]') return undefined
  const key = node.op === '.' ? node.args[1] : literalValue(node.args[1])
  const parent = typeof key === 'string' ? fieldPath(node.args[0]) : undefined
  return parent && typeof key === 'string' ? [...parent, key] : undefined
}

/** The text of a node as it was written. */
export function textOf(node: ASTNode): string {
  const { start, end } = rangeOf(node)
  return node.input.slice(start, end)
}

/** Where a node stands in its text. The parser leaves out brackets around operands; here they come back in pairs. */
export function rangeOf(node: ASTNode): { start: number; end: number } {
  let { start, end } = node
  const missing = unpaired(node.input.slice(start, end))
  for (let count = 0; count < missing.opening; count++) start = node.input.lastIndexOf('(', start - 1)
  for (let count = 0; count < missing.closing; count++) end = node.input.indexOf(')', end) + 1
  return { start, end }
}

const TEXT_OR_COMMENT = /"""[^]*?"""|'''[^]*?'''|"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|\/\/[^\n]*/g

/** How many brackets a fragment lacks before it and after it. */
function unpaired(fragment: string): { opening: number; closing: number } {
  let depth = 0
  let lowest = 0
  for (const [bracket] of fragment.replace(TEXT_OR_COMMENT, '').matchAll(/[()]/g)) {
    depth += bracket === '(' ? 1 : -1
    lowest = Math.min(lowest, depth)
  }
  return { opening: -lowest, closing: depth - lowest }
}

/** The parts directly below a node. */
export function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return []
    case '.':
    case '.?':
      return [node.args[0]]
    case 'call':
      return node.args[1]
    case 'rcall':
      return [node.args[1], ...node.args[2]]
    case 'map':
      return node.args.flat()
    case '!_':
    case '-_':
      return [node.args]
    default:
      return node.args
  }
}
