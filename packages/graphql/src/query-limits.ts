// How deep and how large an operation may be, measured before it runs.
import type { ApolloServerPlugin } from '@apollo/server'
import {
  getNamedType,
  getVariableValues,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  visit,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { DEFAULT_PAGE_SIZE } from './connection.js'
import { LiteralTooDeep, QueryTooDeep, QueryTooLarge, UnknownOperation, UserError } from './errors.js'
import { MAX_INPUT_DEPTH } from './input.js'

/**
 * Levels of fields. A connection takes three (`events { edges { node`), so this is four connections inside each other and what hangs on
 * their nodes; a gateway's fetch at a subgraph is never deeper than what it was asked.
 */
const MAX_DEPTH = 20
/** Fields, fragments spelled out: bounds what aliases and fragments in fragments can ask in a small document. The page's largest asks 150. */
const MAX_FIELDS = 2000
/** Nodes of lists: 200 profiles with their last 100 events each, about 20 MB. */
const MAX_NODES = 20_000
/**
 * Levels of objects and lists in values that are written into a document: a workflow's draft takes six. The gateway's planner looks at each level
 * twice as often as at the one around it, so twenty take it seconds and forty for ever. Variables cost it nothing.
 */
const MAX_LITERAL_DEPTH = 8
/** Levels of objects and lists in variables: those of an input, in the list or object that may hold it. */
const MAX_VARIABLE_DEPTH = MAX_INPUT_DEPTH + 3
/** What a document may have before it is even parsed; the parser stops there. */
export const MAX_TOKENS = 10_000

/** Refuses operations that are too deep (QUERY_TOO_DEEP) or too large (QUERY_TOO_LARGE), and variables of a wrong type or too deep (BAD_USER_INPUT). */
export function queryLimitsPlugin<Context extends object>(): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operation, request }) {
          if (!operation) throw UnknownOperation()
          // Before anything walks them recursively: what is deep enough ends the stack.
          if (isDeeper(request.variables, MAX_VARIABLE_DEPTH)) {
            const message = `The variables are nested deeper than ${MAX_VARIABLE_DEPTH} levels.`
            throw new UserError('BAD_USER_INPUT', message, { status: 400 })
          }
          const { coerced, errors } = getVariableValues(
            schema,
            operation.variableDefinitions ?? [],
            request.variables ?? {},
            { maxErrors: 5 },
          )
          const [error] = errors ?? []
          if (error) throw new UserError('BAD_USER_INPUT', error.message, { status: 400 })
          checkLiterals(document)
          checkLimits(schema, document, operation, coerced ?? {})
        },
      }
    },
  }
}

/** Throws QUERY_TOO_DEEP. Covers arguments, directives and defaults of variables. */
function checkLiterals(document: DocumentNode): void {
  let depth = 0
  const level = {
    enter: (): void => {
      depth += 1
      if (depth > MAX_LITERAL_DEPTH) throw LiteralTooDeep({ limit: MAX_LITERAL_DEPTH })
    },
    leave: (): void => {
      depth -= 1
    },
  }
  visit(document, { ListValue: level, ObjectValue: level })
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}

/** Throws QUERY_TOO_DEEP or QUERY_TOO_LARGE. `variables` are coerced. Stops at the first limit, so a hostile document costs no more than an honest one. */
function checkLimits(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): void {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node)
  let fields = 0
  let nodes = 0

  const walk = (
    set: SelectionSetNode,
    type: GraphQLCompositeType | undefined,
    depth: number,
    parents: number,
  ): void => {
    if (depth > MAX_DEPTH) throw QueryTooDeep({ depth, limit: MAX_DEPTH })
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        fields += 1
        if (fields > MAX_FIELDS) throw QueryTooLarge({ limit: MAX_FIELDS, what: 'fields' })
        if (!selection.selectionSet) continue
        const field = fieldType(type, selection.name.value)
        const size = field?.name.endsWith('Connection') ? pageSize(selection, variables) : undefined
        if (size !== undefined) {
          nodes += parents * size
          if (nodes > MAX_NODES) throw QueryTooLarge({ limit: MAX_NODES, what: 'nodes' })
        }
        walk(selection.selectionSet, field, depth + 1, parents * (size ?? 1))
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value
        walk(selection.selectionSet, condition ? named(schema, condition) : type, depth, parents)
      } else {
        const fragment = fragments.get(selection.name.value)
        if (fragment) walk(fragment.selectionSet, named(schema, fragment.typeCondition.name.value), depth, parents)
      }
    }
  }
  walk(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined, 1, 1)
}

function fieldType(type: GraphQLCompositeType | undefined, field: string): GraphQLCompositeType | undefined {
  if (!isObjectType(type) && !isInterfaceType(type)) return undefined
  const result = type.getFields()[field]?.type
  const inner = result && getNamedType(result)
  return isCompositeType(inner) ? inner : undefined
}

function named(schema: GraphQLSchema, name: string): GraphQLCompositeType | undefined {
  const type = schema.getType(name)
  return isCompositeType(type) ? type : undefined
}

/** The page a connection field asks for; sizes that are not allowed are the resolver's to refuse. */
function pageSize(field: FieldNode, variables: Record<string, unknown>): number {
  for (const { name, value } of field.arguments ?? []) {
    if (name.value !== 'first' && name.value !== 'last') continue
    const size =
      value.kind === Kind.VARIABLE ? variables[value.name.value] : value.kind === Kind.INT ? Number(value.value) : null
    if (typeof size === 'number') return Math.max(size, 0)
  }
  return DEFAULT_PAGE_SIZE
}
