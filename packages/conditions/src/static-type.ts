// What kind of value a part gives whatever the data, as far as its text tells.
import type { ASTNode } from '@marcbachmann/cel-js'
import { findFunction, MACROS } from './functions.js'
import { literalValue } from './tree.js'
import { typeName, type TypeName } from './values.js'

/** Tells the kind of nodes that only some conditions have, or whose fields have a kind; undefined for all others. */
export type KnownType = (node: ASTNode) => TypeName | undefined

/** The kind of a node's value when it is not null; undefined when only the data can tell. */
export function staticType(node: ASTNode, known?: KnownType): TypeName | undefined {
  const special = known?.(node)
  if (special) return special
  const literal = literalValue(node)
  if (literal !== undefined) return typeName(literal)
  switch (node.op) {
    case 'id':
      return node.args === 'now' ? 'timestamp' : undefined
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
    case 'in':
    case '&&':
    case '||':
    case '!_':
      return 'bool'
    case '*':
    case '/':
    case '%':
      return 'number'
    case '+':
    case '-':
      return sumType(node.op, staticType(node.args[0], known), staticType(node.args[1], known))
    case 'list':
    case 'map':
      return node.op
    case '?:':
      return same(staticType(node.args[1], known), staticType(node.args[2], known))
    case 'call':
    case 'rcall':
      return callType(node.args[0], node.op === 'rcall')
    default:
      return undefined
  }
}

function sumType(operator: '+' | '-', left: TypeName | undefined, right: TypeName | undefined): TypeName | undefined {
  if (left === 'timestamp' && right === 'timestamp') return operator === '-' ? 'duration' : undefined
  if (left === 'timestamp' || right === 'timestamp') {
    return left === 'duration' || right === 'duration' ? 'timestamp' : undefined
  }
  return same(left, right)
}

function same(left: TypeName | undefined, right: TypeName | undefined): TypeName | undefined {
  return left === right ? left : undefined
}

function callType(name: string, asMethod: boolean): TypeName | undefined {
  const macro = Object.hasOwn(MACROS, name) ? MACROS[name] : undefined
  if (macro?.method === asMethod) return macro.returns
  return findFunction(name, asMethod)?.returns
}
