// From a document to an operation that may be run any number of times: parsed, measured, validated, its rights known and its plan made.
import { buildOperationContext } from '@apollo/gateway'
import { operationFromDocument } from '@apollo/federation-internals'
import type { QueryPlan } from '@apollo/query-planner'
import {
  checkLiterals,
  MAX_TOKENS,
  measure,
  neededRights,
  NotSignedIn,
  operationOf,
  type Cost,
  type RightName,
} from '@segue/graphql'
import {
  GraphQLError,
  Kind,
  type OperationTypeNode,
  parse,
  specifiedRules,
  validate,
  visit,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import { AliasedIntrospection, CannotPlan, NoIntrospection, ParseFailed } from './errors.js'
import type { Supergraph } from './supergraph.js'

/** An operation of a client, ready to run against the supergraph that it was prepared for. Nothing in it is anybody's data but what its document spells out. */
export interface Operation {
  kind: OperationTypeNode
  /** Empty when it has none. */
  name: string
  definition: OperationDefinitionNode
  document: DocumentNode
  /** All of them are needed. */
  rights: ReadonlySet<RightName>
  cost: Cost
  plan: QueryPlan
  context: ReturnType<typeof buildOperationContext>
  supergraph: Supergraph
}

/** What decides about a document beside itself. */
export interface Preparing {
  supergraph: Supergraph
  /** Nobody is signed in: refused as soon as that is known, before anything slow. */
  anonymous: boolean
  /** The right that introspection needs; undefined where it is refused. */
  introspection: RightName | undefined
}

/**
 * Prepares an operation. Cheap refusals come first: how long it is, whether it needs a sign-in, how large it is; only then it is validated, which takes the square of its size.
 * Throws `UserError`s; several mistakes of one document are an `InvalidDocument`.
 */
export function prepareOperation(query: string, operationName: string | undefined, preparing: Preparing): Operation {
  const { supergraph } = preparing
  const document = parseDocument(query)
  const definition = operationOf(document, operationName)
  if (preparing.anonymous) refuseStrangers(supergraph.stated, document, definition)
  const cost = measure(supergraph.api, document, definition)
  checkLiterals(document)
  const errors = validateDocument(supergraph.api, document)
  if (errors.length > 0) throw new InvalidDocument(errors)
  if (rootFields(document, definition).some(isIntrospection)) {
    if (preparing.introspection === undefined) throw NoIntrospection()
    refuseAliases(document)
  }
  const name = definition.name?.value
  return {
    kind: definition.operation,
    name: name ?? '',
    definition,
    document,
    rights: neededRights(supergraph.stated, document, name, preparing.introspection),
    cost,
    plan: plan(supergraph, document, name),
    context: buildOperationContext({
      schema: supergraph.api,
      operationDocument: document,
      ...(name === undefined ? {} : { operationName: name }),
    } as Parameters<typeof buildOperationContext>[0]),
    supergraph,
  }
}

/** A document that breaks rules of GraphQL: all that it breaks. */
export class InvalidDocument extends Error {
  override readonly name = 'InvalidDocument'
  constructor(readonly errors: readonly GraphQLError[]) {
    super('The document is not valid.')
  }
}

function parseDocument(query: string): DocumentNode {
  try {
    return parse(query, { maxTokens: MAX_TOKENS })
  } catch (error) {
    // What is nested deep enough ends the parser's stack instead.
    const problem = error instanceof GraphQLError ? error.message : 'The document is nested too deeply.'
    throw ParseFailed({ problem })
  }
}

/** Suggestions of other names would show the schema to those who may not see it. */
function validateDocument(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
  return rulesBroken(schema, document).map(({ message, locations }) => {
    const error = new GraphQLError(message.replace(/ ?Did you mean .*$/s, ''), {
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    })
    return locations ? Object.assign(error, { locations }) : error
  })
}

function rulesBroken(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
  try {
    return validate(schema, document, specifiedRules, { maxErrors: 20 })
  } catch (error) {
    // A rule itself gives up on some documents, as on a subscription whose root field depends on a variable.
    throw CannotPlan({ problem: error instanceof GraphQLError ? error.message : 'it cannot be checked.' })
  }
}

function plan({ federatedApi, planner }: Supergraph, document: DocumentNode, name: string | undefined): QueryPlan {
  try {
    return planner.buildQueryPlan(
      operationFromDocument(federatedApi, document, name === undefined ? {} : { operationName: name }),
    )
  } catch (error) {
    // The planner's own limits, on documents that would take it too long.
    if (error instanceof GraphQLError) throw CannotPlan({ problem: error.message })
    throw error
  }
}

/** Throws UNAUTHENTICATED unless all root fields are public. */
function refuseStrangers(stated: GraphQLSchema, document: DocumentNode, definition: OperationDefinitionNode): void {
  const root = stated.getRootType(definition.operation)?.getFields() ?? {}
  const isPublic = (name: string): boolean =>
    name === '__typename' ||
    (root[name]?.astNode?.directives ?? []).some(
      ({ name: directive, arguments: given }) =>
        directive.value === 'tag' && given?.[0]?.value.kind === Kind.STRING && given[0].value.value === 'public',
    )
  if (!rootFields(document, definition).every(isPublic)) throw NotSignedIn()
}

/** The schema is answered here, out of what costs and limits of lists know nothing of: a hundred aliases would have it written a hundred times. */
function refuseAliases(document: DocumentNode): void {
  visit(document, {
    Field: ({ alias }) => {
      if (alias) throw AliasedIntrospection()
    },
  })
}

function isIntrospection(field: string): boolean {
  return field === '__schema' || field === '__type'
}

/** Names of the fields an operation selects at its root, also through fragments; directives that leave fields out are not looked at. */
function rootFields(document: DocumentNode, definition: OperationDefinitionNode): string[] {
  const names = new Set<string>()
  const seen = new Set<string>()
  const collect = ({ selections }: OperationDefinitionNode['selectionSet']): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) names.add(selection.name.value)
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet)
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value)
        for (const node of document.definitions) {
          if (node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === selection.name.value)
            collect(node.selectionSet)
        }
      }
    }
  }
  collect(definition.selectionSet)
  return [...names]
}
