// Starts a subgraph: its schema over HTTP, a database, the sign-in check.
import { ApolloServer } from '@apollo/server'
import { dataSource } from '@segue/database'
import { createLogger, createMetrics } from '@segue/service'
import { isIP } from 'node:net'
import type { DataSource } from 'typeorm'
import { createTokenVerifier } from './access-token.js'
import { apolloOptions } from './apollo-options.js'
import type { SubgraphContext } from './context.js'
import { serveGraphql, type GraphqlServer } from './http-server.js'
import type { SubgraphConfig } from './subgraph-config.js'
import { buildSubgraph, type SubgraphDefinition } from './subgraph-schema.js'

/** Queries of a subgraph are short; more connections than this only queue in the database instead of here. */
const CONNECTIONS = 8
/** A gateway's fetch of entities names a few hundred; a mutation carries a workflow's graph. */
const BODY_LIMIT = 4 * 1024 * 1024

/** How a gateway passes on whom it answers. */
export const CLIENT_ADDRESS_HEADER = 'x-segue-client-address'

export interface RunningSubgraph extends GraphqlServer {
  /** For tests, which count statements on it. */
  database: DataSource
}

/** Starts a subgraph. Rejects when its database cannot be reached or its port is taken. */
export async function startSubgraph<Loaders>(
  definition: SubgraphDefinition<Loaders>,
  config: SubgraphConfig,
): Promise<RunningSubgraph> {
  const service = `subgraph-${definition.name}`
  const logger = createLogger(service, config.logLevel).child({ environment: config.environment })
  const { schema, rightOf } = await buildSubgraph(definition)
  const verify = createTokenVerifier(config.tokenPublicKeys, config.environment)
  const database = dataSource({ url: config.databaseUrl, connections: CONNECTIONS })
  await database.initialize()
  try {
    const server = await serveGraphql<SubgraphContext<Loaders>>({
      apollo: new ApolloServer<SubgraphContext<Loaders>>({
        ...apolloOptions<SubgraphContext<Loaders>>({ logger, rightOf }),
        schema,
        introspection: true,
      }),
      context: async (request) => {
        const context: SubgraphContext<Loaders> = {
          account: await verify(request.headers.authorization),
          environment: config.environment,
          peer: clientAddress(request.headers[CLIENT_ADDRESS_HEADER]) ?? request.ip,
          requestId: request.id,
          database,
          loaders: definition.loaders(database),
          renewLoaders() {
            context.loaders = definition.loaders(database)
          },
        }
        return context
      },
      host: config.host,
      port: config.port,
      bodyLimit: BODY_LIMIT,
      checks: { database: () => database.query('SELECT 1') },
      metrics: createMetrics(service),
      logger,
    })
    logger.info({ url: server.url }, 'Listening')
    return {
      ...server,
      database,
      async close() {
        await server.close()
        await database.destroy()
      },
    }
  } catch (error) {
    await database.destroy()
    throw error
  }
}

function clientAddress(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && isIP(header) ? header : undefined
}
