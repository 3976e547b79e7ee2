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
  getNamedType,
  isInputObjectType,
  isObjectType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql'
import { GraphQLDateTime } from 'graphql-scalars'
import { buildSchema, createResolversMap, type BuildSchemaOptions } from 'type-graphql'
import type { DataSource } from 'typeorm'
import type { MutationContext, SubgraphContext } from './context.js'
import type { Secrets } from './idempotency.js'
import { checkInput } from './input.js'
import { mutationResolver } from './mutation-resolver.js'
import { isSecret } from './secret.js'
import type { PersonalData } from './personal-data.js'
import { checkRepresentations } from './representations.js'
import { printRights, statedRights } from './stated-rights.js'

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
  /** New DataLoaders for a request. What they read of personal data they mask by `personal`, so nothing leaves them unmasked. */
  loaders: (database: DataSource, personal: PersonalData) => Loaders
}

export interface BuiltSubgraph {
  schema: GraphQLSchema
  /** For composition. Every type and field states its right in it. */
  sdl: string
  /** Of each mutation. */
  secrets: ReadonlyMap<string, Secrets>
}

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@tag", "@inaccessible", "@requiresScopes"])`

const NO_PUB_SUB: NonNullable<BuildSchemaOptions['pubSub']> = {
  publish: () => undefined,
  subscribe: () => {
    throw new Error('A subscription has to be made with liveTopic.')
  },
}

/** What was built of each list of resolvers: it takes a tenth of a second, and a process may serve several environments. */
const built = new WeakMap<object, Promise<BuiltSubgraph>>()

/** Builds the schema. Pure: nothing is opened or started. Throws an error that lists the root fields and types that state no right. */
export function buildSubgraph<Loaders>(definition: SubgraphSchema<Loaders>): Promise<BuiltSubgraph> {
  const known = built.get(definition.resolvers) ?? buildAnew(definition)
  built.set(definition.resolvers, known)
  return known
}

async function buildAnew<Loaders>(definition: SubgraphSchema<Loaders>): Promise<BuiltSubgraph> {
  const source = await buildSchema({
    resolvers: definition.resolvers,
    // Asked for where there are subscriptions; ours have topics of their own (live/live-topic.ts).
    pubSub: NO_PUB_SUB,
    scalarsMap: [{ type: Date, scalar: GraphQLDateTime }],
    validateFn: (value, _type, { args }) => checkInput(value, 'input' in args ? ['input'] : []),
  })
  const document = printRights(parse(printSchemaWithDirectives(source)), statedRights(source))
  const sdl = `${LINK}\n\n${print(withNullableRoots(document))}\n`
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
  const secrets = new Map<string, Secrets>()
  for (const [name, resolve] of Object.entries(mutations)) {
    const own = resolve as GraphQLFieldResolver<unknown, MutationContext<Loaders>>
    const marked = secretsOf(source, name)
    secrets.set(name, marked)
    mutations[name] = mutationResolver(name, own, marked)
  }
  const schema = buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: resolvers as never })
  checkRepresentations(schema)
  return { schema, sdl, secrets }
}

const ROOTS = new Set(['Query', 'Mutation', 'Subscription'])

/**
 * Makes every query, mutation and subscription nullable, whatever its decorator says. A subgraph that is away must take only its own part of an answer with it: null for
 * a field that is not nullable would take all of `data`.
 */
function withNullableRoots(document: DocumentNode): DocumentNode {
  const isRoot = (name: string): boolean => ROOTS.has(name)
  return visit(document, {
    ObjectTypeDefinition: (type) => (isRoot(type.name.value) ? undefined : false),
    FieldDefinition: (field) =>
      field.type.kind === Kind.NON_NULL_TYPE ? { ...field, type: field.type.type } : undefined,
  })
}

/** Which fields of a mutation's input and payload are marked as secrets. */
function secretsOf(schema: GraphQLSchema, mutation: string): Secrets {
  const field = schema.getMutationType()?.getFields()[mutation]
  const marked = (type: GraphQLNamedType | undefined): ReadonlySet<string> => {
    const fields = isInputObjectType(type) || isObjectType(type) ? Object.values(type.getFields()) : []
    return new Set(fields.filter(isSecret).map(({ name }) => name))
  }
  const input = field?.args.find(({ name }) => name === 'input')
  return { input: marked(input && getNamedType(input.type)), payload: marked(field && getNamedType(field.type)) }
}
