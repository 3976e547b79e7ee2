// From resolver classes to a federated schema: type-graphql's schema, printed with its directives, given to Apollo's subgraph builder.
import { buildSubgraphSchema } from '@apollo/subgraph'
import { printSchemaWithDirectives } from '@graphql-tools/utils'
import {
  Kind,
  parse,
  print,
  visit,
  type DocumentNode,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql'
import { GraphQLDateTime } from 'graphql-scalars'
import { buildSchema, createResolversMap, type BuildSchemaOptions } from 'type-graphql'
import type { DataSource } from 'typeorm'
import type { SubgraphContext } from './context.js'
import { checkInput } from './input.js'
import { answerUserErrors } from './mutation.js'
import { RIGHTS, type RightName } from './rights.js'

/** Resolves an entity another subgraph refers to: its key fields in, the object out; null when it does not exist. */
export type ReferenceResolver<Loaders> = (
  reference: Record<string, unknown>,
  context: SubgraphContext<Loaders>,
) => Promise<object | null>

/** What a subgraph's schema is made of; known without a database or a port, which is how the supergraph is composed. */
export interface SubgraphSchema<Loaders = object> {
  /** Its name in the supergraph. */
  name: string
  /** type-graphql resolver classes. */
  resolvers: BuildSchemaOptions['resolvers']
  /** How entities of this subgraph are found from elsewhere, by type name. Use loaders: a list arrives one by one. */
  references: Record<string, ReferenceResolver<Loaders>>
}

/** A subgraph that can be started. */
export interface SubgraphDefinition<Loaders = object> extends SubgraphSchema<Loaders> {
  /** New DataLoaders for a request. */
  loaders: (database: DataSource) => Loaders
}

export interface BuiltSubgraph {
  schema: GraphQLSchema
  /** For composition. */
  sdl: string
  /** The right that a root field needs. */
  rightOf: (type: string, field: string) => RightName
}

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@tag"])`

/** Builds the schema. Pure: nothing is opened or started. */
export async function buildSubgraph<Loaders>(definition: SubgraphSchema<Loaders>): Promise<BuiltSubgraph> {
  const source = await buildSchema({
    resolvers: definition.resolvers,
    scalarsMap: [{ type: Date, scalar: GraphQLDateTime }],
    validateFn: (value, _type, { args }) => checkInput(value, 'input' in args ? ['input'] : []),
  })
  const sdl = `${LINK}\n\n${print(withNullableRoots(parse(printSchemaWithDirectives(source))))}\n`
  const resolvers = createResolversMap(source) as Record<string, Record<string, unknown>>
  for (const [type, resolve] of Object.entries(definition.references)) {
    // Async also where `resolve` throws at once: a synchronous throw would take the whole list of entities with it.
    resolvers[type] = {
      ...resolvers[type],
      __resolveReference: async (reference: Record<string, unknown>, context: SubgraphContext<Loaders>) =>
        await resolve(reference, context),
    }
  }
  const mutations = resolvers['Mutation'] ?? {}
  for (const [name, resolve] of Object.entries(mutations)) {
    mutations[name] = answerUserErrors(resolve as GraphQLFieldResolver<unknown, SubgraphContext<Loaders>>)
  }
  const schema = buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: resolvers as never })
  return { schema, sdl, rightOf: rightsOf(source) }
}

/**
 * Makes every query and mutation nullable, whatever its decorator says. A subgraph that is away must take only its own part of an answer with it: null for
 * a field that is not nullable would take all of `data`.
 */
function withNullableRoots(document: DocumentNode): DocumentNode {
  const isRoot = (name: string): boolean => name === 'Query' || name === 'Mutation'
  return visit(document, {
    ObjectTypeDefinition: (type) => (isRoot(type.name.value) ? undefined : false),
    FieldDefinition: (field) =>
      field.type.kind === Kind.NON_NULL_TYPE ? { ...field, type: field.type.type } : undefined,
  })
}

function rightsOf(schema: GraphQLSchema): BuiltSubgraph['rightOf'] {
  const stated = (root: GraphQLObjectType | null | undefined, field: string): RightName | undefined => {
    const right = root?.getFields()[field]?.extensions['right']
    return right === 'public' || (typeof right === 'string' && right in RIGHTS) ? (right as RightName) : undefined
  }
  return (type, field) => {
    if (field === '__typename') return 'public'
    if (field === '_service' || field.startsWith('__')) return 'schema.read'
    if (type === 'Mutation') return stated(schema.getMutationType(), field) ?? 'write'
    return stated(type === 'Subscription' ? schema.getSubscriptionType() : schema.getQueryType(), field) ?? 'read'
  }
}
