// What kind of value a part gives whatever the data, as far as its text tells.
import type { ASTNode } from '@marcbachmann/cel-js'
import { findFunction, MACROS } from './functions.js'
import { literalValue } from './tree.js'
import { typeName, type TypeName } from './values.js'

/** The kind of a node's value when it is not null; undefined when only the data can tell. */
export function staticType(node: ASTNode): TypeName | undefined {
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
      return sumType(node.op, staticType(node.args[0]), staticType(node.args[1]))
    case 'list':
    case 'map':
      return node.op
    case '?:':
      return same(staticType(node.args[1]), staticType(node.args[2]))
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
