// What a condition comes to for profiles without a certain behaviour, or outside of a certain segment: when it cannot hold, SQL starts from those who have it.
import type { ASTNode } from '@marcbachmann/cel-js'
import { compile } from '../evaluator.js'
import { Frame } from '../frame.js'
import { childrenOf, isNullLiteral } from '../tree.js'
import type { Value } from '../values.js'
import { checkedChain, isChain, namesIn, isSegments } from './chain.js'

/** Which chains or segment tests are absent. */
export type Absent = (node: ASTNode) => boolean

/** Whether the condition is false or null for everybody for whom these are absent. */
export function needs(node: ASTNode, absent: Absent, now: number): boolean {
  return truth(node, absent, now) === false
}

/** True or false when it is so for everybody without them; undefined when other data decides. */
function truth(node: ASTNode, absent: Absent, now: number): boolean | undefined {
  switch (node.op) {
    case '&&':
    case '||': {
      const parts = node.args.map((part) => truth(part, absent, now))
      const deciding = node.op === '||'
      if (parts.includes(deciding)) return deciding
      return parts.includes(undefined) ? undefined : !deciding
    }
    case '!_': {
      const part = truth(node.args, absent, now)
      return part === undefined ? undefined : !part
    }
    case '?:': {
      const [yes, no] = [truth(node.args[1], absent, now), truth(node.args[2], absent, now)]
      return yes === no ? yes : undefined
    }
    default:
      return truthOfPart(node, absent, now)
  }
}

function truthOfPart(node: ASTNode, absent: Absent, now: number): boolean | undefined {
  const known = valueOf(node, absent, now)
  if (known) return known.value === true
  switch (node.op) {
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      // Nothing compares with null, whatever the other side is.
      if (node.args.some(isNullLiteral)) return undefined
      return node.args.some((side) => valueOf(side, absent, now)?.value === null) ? false : undefined
    default:
      return undefined
  }
}

/** A value that does not depend on any other data. */
function valueOf(node: ASTNode, absent: Absent, now: number): { value: Value } | undefined {
  if (!isKnown(node, absent)) return undefined
  const special = (one: ASTNode) => {
    if (!absent(one)) return undefined
    const value = isChain(one) ? valueOfNothing(one) : false
    return () => value
  }
  return { value: compile(node, { slots: new Map(), special })(new Frame({ now })) }
}

function isKnown(node: ASTNode, absent: Absent): boolean {
  if (absent(node)) return true
  if (isChain(node) || (node.op === 'in' && isSegments(node.args[1]))) return false
  return node.op === 'id' ? namesIn(node)[0] === 'now' : childrenOf(node).every((child) => isKnown(child, absent))
}

function valueOfNothing(node: ASTNode): Value {
  const { end } = checkedChain(node)
  return end === 'count' || end === 'sum' ? 0 : null
}
