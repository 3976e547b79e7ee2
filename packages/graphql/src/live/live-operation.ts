// A subscription's document, checked once for all who send the same: it costs as much as a query, and a thousand clients of a page send one.
import {
  getOperationAST,
  GraphQLError,
  Kind,
  parse,
  validate,
  visit,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { SubscriptionsOnly, UnknownOperation, UserError } from '../errors.js'
import { measure, type Cost } from '../query-cost.js'
import { checkLiterals, coerceVariables, MAX_TOKENS } from '../query-limits.js'

/** Documents that are remembered: a page has a handful. */
const REMEMBERED = 200

/** A valid subscription. */
export interface LiveOperation {
  text: string
  document: DocumentNode
  operation: OperationDefinitionNode
  operationName: string | undefined
  cost: Cost
  /** The variable that only says where to go on; who differs in nothing else watches the same. Undefined when it says more. */
  afterVariable: string | undefined
  /** The place to go on from, by the coerced variables. */
  afterOf: (variables: Readonly<Record<string, unknown>>) => string | undefined
}

/** What a client sends. */
export interface LivePayload {
  query: string
  operationName?: string | null | undefined
  variables?: Record<string, unknown> | null | undefined
}

/** Checks documents of subscriptions; throws user errors. */
export type OperationReader = (payload: LivePayload) => LiveOperation

export function createOperationReader(schema: GraphQLSchema): OperationReader {
  const remembered = new Map<string, LiveOperation>()
  return ({ query, operationName }) => {
    const name = operationName ?? undefined
    const key = `${name ?? ''}\n${query}`
    const known = remembered.get(key)
    if (known) return known
    const operation = readOperation(schema, query, name)
    if (remembered.size >= REMEMBERED) remembered.delete(remembered.keys().next().value ?? '')
    remembered.set(key, operation)
    return operation
  }
}

/** The variables with their defaults, within the limits of the operation. Throws BAD_USER_INPUT and QUERY_TOO_LARGE. */
export function readVariables(
  schema: GraphQLSchema,
  { operation, cost }: LiveOperation,
  { variables }: LivePayload,
): Readonly<Record<string, unknown>> {
  const coerced = coerceVariables(schema, operation, variables ?? {})
  cost(coerced)
  return coerced
}

function readOperation(schema: GraphQLSchema, text: string, operationName: string | undefined): LiveOperation {
  const document = parsed(text)
  const operation = getOperationAST(document, operationName)
  if (!operation) throw UnknownOperation()
  if (operation.operation !== 'subscription') throw SubscriptionsOnly()
  checkLiterals(document)
  const cost = measure(schema, document, operation)
  const [error] = problems(schema, document)
  if (error) throw new UserError('GRAPHQL_VALIDATION_FAILED', error.message, { status: 400 })
  const after = rootField(document, operation.selectionSet)?.arguments?.find(
    ({ name }) => name.value === 'after',
  )?.value
  const variable = after?.kind === Kind.VARIABLE ? after.name.value : undefined
  const isElsewhere = variable !== undefined && usesOf(document, variable) > 1
  const literal = after?.kind === Kind.STRING ? after.value : undefined
  return {
    text,
    document,
    operation,
    operationName,
    cost,
    afterVariable: isElsewhere ? undefined : variable,
    afterOf: (variables) => {
      const given = variable === undefined ? literal : variables[variable]
      return typeof given === 'string' ? given : undefined
    },
  }
}

function parsed(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: MAX_TOKENS })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    throw new UserError('GRAPHQL_PARSE_FAILED', error.message, { status: 400 })
  }
}

function problems(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
  try {
    return validate(schema, document)
  } catch (error) {
    // Thrown, not returned, for `@include(if: $variable)` at the root field of a subscription.
    if (error instanceof GraphQLError) return [error]
    throw error
  }
}

/** The first field of a selection, also inside fragments; a valid subscription has no other. */
function rootField(document: DocumentNode, { selections }: SelectionSetNode): FieldNode | undefined {
  const [first] = selections
  if (!first || first.kind === Kind.FIELD) return first
  if (first.kind === Kind.INLINE_FRAGMENT) return rootField(document, first.selectionSet)
  const name = first.name.value
  const fragment = document.definitions.find(
    (node) => node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === name,
  )
  return fragment?.kind === Kind.FRAGMENT_DEFINITION ? rootField(document, fragment.selectionSet) : undefined
}

/** How often a variable is used, beside its definition. */
function usesOf(document: DocumentNode, variable: string): number {
  let uses = -1
  visit(document, {
    Variable: ({ name }) => {
      if (name.value === variable) uses += 1
    },
  })
  return uses
}
