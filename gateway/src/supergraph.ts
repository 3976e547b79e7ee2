// The composed supergraph, and what the gateway makes of it once: schemas to check documents against, and a planner.
import { QueryPlanner } from '@apollo/query-planner'
import { Supergraph as ComposedSupergraph, type Schema } from '@apollo/federation-internals'
import { buildASTSchema, parse, type GraphQLSchema } from 'graphql'

/** Checked in beside the sources; `npm run compose` writes it. */
export const SUPERGRAPH_FILE = new URL('../supergraph.graphql', import.meta.url)

export interface Supergraph {
  /** What clients see. */
  api: GraphQLSchema
  /** The same as the planner knows it. */
  federatedApi: Schema
  /** With everything that only the gateway knows, the rights of fields among it. */
  stated: GraphQLSchema
  /** As `executeQueryPlan` takes it. */
  executable: GraphQLSchema
  planner: QueryPlanner
}

/** Reads a supergraph. Throws for one that is broken, or that has a subgraph which is not among `subgraphs`. Takes some hundred milliseconds. */
export function readSupergraph(sdl: string, subgraphs: ReadonlySet<string>): Supergraph {
  const composed = ComposedSupergraph.build(withoutSecurity(sdl), { validateSupergraph: true })
  for (const { name } of composed.subgraphsMetadata()) {
    if (!subgraphs.has(name))
      throw new Error(`The supergraph has a subgraph "${name}" that no variable gives an address for.`)
  }
  const federatedApi = composed.apiSchema()
  return {
    api: federatedApi.toGraphQLJSSchema(),
    federatedApi,
    stated: buildASTSchema(parse(sdl), { assumeValid: true }),
    executable: composed.schema.toGraphQLJSSchema(),
    planner: new QueryPlanner(composed),
  }
}

/**
 * Apollo's libraries refuse a schema whose security features they do not know themselves, and `@requiresScopes` is one: only Apollo's router knows it. Here
 * operations are checked against it on the `stated` schema.
 */
function withoutSecurity(sdl: string): string {
  return sdl.replace(/(@link\(url: "[^"]*\/requiresScopes\/[^"]*"), for: SECURITY\)/, '$1)')
}
