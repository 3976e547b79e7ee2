// The gateway: one federated GraphQL API over the subgraphs of one environment.
import { ApolloGateway } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { apolloOptions, createTokenVerifier, serveGraphql, type GraphqlServer, type RightName } from '@segue/graphql'
import { createLogger, createMetrics, type Logger } from '@segue/service'
import type { GatewayConfig } from './config.js'
import type { GatewayContext } from './context.js'
import { SubgraphSource } from './subgraph-source.js'
import { publicFields, readSupergraph } from './supergraph.js'

/** A workflow's graph is the largest thing that comes in; ten times the largest seen. */
const BODY_LIMIT = 1024 * 1024

/** Starts the gateway. Subgraphs may be away: it answers without them until they are there. */
export async function start(config: GatewayConfig): Promise<GraphqlServer> {
  const logger = createLogger('gateway', config.logLevel).child({ environment: config.environment })
  const supergraph = await readSupergraph()
  const verify = createTokenVerifier(config.tokenPublicKeys, config.environment)
  const sources = new Map(
    Object.entries(config.subgraphUrls).map(([name, url]) => [name, new SubgraphSource(name, url, logger)]),
  )
  const server = await serveGraphql<GatewayContext>({
    apollo: new ApolloServer<GatewayContext>({
      ...apolloOptions<GatewayContext>({ logger, rightOf: rightsOf(supergraph, config), isClients: isSubgraphs }),
      gateway: createGateway(supergraph, sources, logger),
      introspection: config.environment === 'staging' || config.introspection,
    }),
    context: async (request) => ({
      account: await verify(request.headers.authorization),
      authorization: request.headers.authorization,
      requestId: request.id,
      clientAddress: request.ip,
    }),
    host: config.host,
    port: config.port,
    bodyLimit: BODY_LIMIT,
    checks: Object.fromEntries([...sources].map(([name, source]) => [name, () => source.check()])),
    metrics: createMetrics('gateway'),
    logger,
  })
  logger.info({ url: server.url }, 'Listening')
  return {
    ...server,
    async close() {
      await server.close()
      await Promise.all([...sources.values()].map((source) => source.close()))
    },
  }
}

function createGateway(
  supergraphSdl: string,
  sources: ReadonlyMap<string, SubgraphSource>,
  logger: Logger,
): ApolloGateway {
  return new ApolloGateway({
    supergraphSdl,
    logger,
    buildService({ name }) {
      const source = sources.get(name)
      if (!source) throw new Error(`The supergraph has a subgraph "${name}" that no variable gives an address for.`)
      return source
    },
  })
}

/**
 * The gateway asks for a sign-in wherever the operation is not public; which right it needs beyond that its subgraph knows and decides.
 * Introspection is an admin's on production.
 */
function rightsOf(supergraph: string, config: GatewayConfig): (type: string, field: string) => RightName {
  const open = publicFields(supergraph)
  return (type, field) => {
    if (field === '__typename' || open.has(`${type}.${field}`)) return 'public'
    if (field.startsWith('__')) return config.environment === 'production' ? 'schema.read' : 'read'
    return 'read'
  }
}

/** Errors out of a subgraph's answer: it has masked them already. */
function isSubgraphs(formatted: { extensions?: Record<string, unknown> }): boolean {
  return typeof formatted.extensions?.['serviceName'] === 'string'
}
