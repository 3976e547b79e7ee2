// What an operation may bring along: limits on its document, its values and its variables, checked before it runs.
import type { ApolloServerPlugin } from '@apollo/server'
import {
  getVariableValues,
  type GraphQLError,
  Kind,
  visit,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import { LiteralTooDeep, UnknownOperation, UserError } from './errors.js'
import { MAX_INPUT_DEPTH } from './input.js'
import { measure } from './query-cost.js'

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
          const variables = coerceVariables(schema, operation, request.variables ?? {})
          checkLiterals(document)
          measure(schema, document, operation)(variables)
        },
      }
    },
  }
}

/** The variables of an operation with their defaults, as the schema's types have them. Throws BAD_USER_INPUT. */
export function coerceVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  // Before anything walks them recursively: what is deep enough ends the stack.
  if (isDeeper(variables, MAX_VARIABLE_DEPTH)) {
    const message = `The variables are nested deeper than ${MAX_VARIABLE_DEPTH} levels.`
    throw new UserError('BAD_USER_INPUT', message, { status: 400 })
  }
  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, {
    maxErrors: 5,
  })
  const [error] = errors ?? []
  if (error) throw new UserError('BAD_USER_INPUT', withoutValues(error), { status: 400 })
  return coerced ?? {}
}

/**
 * GraphQL's own message quotes the whole variable, with the password that may be in it beside the mistake, and suggests names to those who may not see the schema.
 */
function withoutValues({ message, originalError }: GraphQLError): string {
  const [start = message, value = ''] = message.split(' got invalid value ', 2)
  if (value === '') return message
  const reason = (originalError?.message ?? '').replace(/(: .*|,? ?Did you mean .*)$/s, '')
  const place = / at "([\w.[\]]+)"$/.exec(value.slice(0, value.lastIndexOf(`; ${originalError?.message ?? ''}`)))?.[1]
  return `${start} has a wrong value${place === undefined ? '' : ` at ${place}`}. ${reason}`
}

/** Throws QUERY_TOO_DEEP for values written into a document that are nested too deeply: in arguments, directives and defaults of variables. */
export function checkLiterals(document: DocumentNode): void {
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
  visit(document, { [Kind.LIST]: level, [Kind.OBJECT]: level })
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}
