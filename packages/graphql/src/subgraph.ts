// Starts a subgraph: its schema over HTTP, a database, the sign-in check.
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import { dataSource } from '@segue/database'
import { createLogger, createMetrics } from '@segue/service'
import { isIP } from 'node:net'
import type { DataSource } from 'typeorm'
import { createTokenVerifier } from './access-token.js'
import { apolloOptions } from './apollo-options.js'
import type { SubgraphContext } from './context.js'
import {
  CLIENT_ADDRESS_HEADER,
  createSignatureCheck,
  REFRESH_TOKEN_HEADER,
  SET_REFRESH_TOKEN_HEADER,
} from './gateway-signature.js'
import { createRightsCheck } from './needed-rights.js'
import { personalDataFor } from './personal-data.js'
import { personalFields } from './personal-fields.js'
import { presentWith } from './live/live-errors.js'
import { serveSubscriptions, type LiveServer } from './live/live-server.js'
import { serveGraphql, type GraphqlServer } from './http-server.js'
import { watchRevocations, type Revocations } from './revocations.js'
import type { SubgraphConfig } from './subgraph-config.js'
import { buildSubgraph, type SubgraphDefinition } from './subgraph-schema.js'
import { createTransactions } from './transactions.js'

/** Queries of a subgraph are short; more connections than this only queue in the database instead of here. */
const CONNECTIONS = 8
/** The others are for queries, and for mutations that ask for a second one. */
const CONNECTIONS_OF_MUTATIONS = 5
/** A gateway's fetch of entities names a few hundred; a mutation carries a workflow's graph. */
const BODY_LIMIT = 4 * 1024 * 1024

export interface RunningSubgraph extends GraphqlServer {
  /** For tests, which count statements on it. */
  database: DataSource
  /** Which tokens count no more, also for what is asked outside of HTTP. */
  revocations: Revocations
  /** How many subscriptions there are, and how many different things they watch. */
  watched(): { subscribers: number; streams: number }
}

/** Starts a subgraph. Rejects when its database cannot be reached or its port is taken. */
export async function startSubgraph<Loaders>(
  definition: SubgraphDefinition<Loaders>,
  config: SubgraphConfig,
): Promise<RunningSubgraph> {
  const service = `subgraph-${definition.name}`
  const logger = createLogger(service, config.logLevel).child({ environment: config.environment })
  const { schema } = await buildSubgraph(definition)
  const verify = createTokenVerifier(config.tokenPublicKeys, config.environment)
  const database = dataSource({ url: config.databaseUrl, connections: CONNECTIONS })
  await database.initialize()
  const inTransaction = createTransactions(database, CONNECTIONS_OF_MUTATIONS)
  const markedPaths = personalFields(database)
  const contextFor = async (
    given: Pick<SubgraphContext, 'account' | 'peer' | 'userAgent' | 'refreshToken' | 'requestId'>,
  ): Promise<SubgraphContext<Loaders>> => {
    const personal = await personalDataFor(given.account, markedPaths)
    const context: SubgraphContext<Loaders> = {
      ...given,
      environment: config.environment,
      setRefreshToken(token, maxAgeSeconds) {
        this.answer.refreshToken = { token, maxAgeSeconds }
      },
      answer: {},
      personal,
      database,
      loaders: definition.loaders(database, personal),
      // `this`: Apollo executes with a copy of the context.
      renewLoaders() {
        this.loaders = definition.loaders(database, personal)
      },
      inTransaction,
    }
    return context
  }
  let revocations: Revocations | undefined
  try {
    const watched = (revocations = await watchRevocations(config.databaseUrl, logger))
    const { refuseRevoked } = watched
    const refusalOf = createRightsCheck(schema)
    const check = createSignatureCheck(config.gatewayKey)
    const options = apolloOptions<SubgraphContext<Loaders>>({ logger, refusalOf })
    let live: LiveServer | undefined
    const server = await serveGraphql<SubgraphContext<Loaders>>({
      apollo: new ApolloServer<SubgraphContext<Loaders>>({
        ...options,
        plugins: [...options.plugins, refreshTokenPlugin()],
        schema,
        introspection: true,
      }),
      context: async (request) => {
        const account = await verify(request.headers.authorization)
        refuseRevoked(account)
        return await contextFor({
          account,
          peer: clientAddress(request.headers[CLIENT_ADDRESS_HEADER]) ?? request.ip,
          userAgent: request.headers['user-agent'] ?? '',
          refreshToken: text(request.headers[REFRESH_TOKEN_HEADER]),
          requestId: request.id,
        })
      },
      serveSockets: (http) =>
        (live = serveSubscriptions(http, {
          schema,
          databaseUrl: config.databaseUrl,
          logger,
          verify,
          revocations: watched,
          check,
          refusalOf,
          present: presentWith(options.formatError),
          // A message goes to all who may see the same: it is nobody's own.
          contextOf: (account, requestId) =>
            contextFor({ account, requestId, peer: '', userAgent: '', refreshToken: undefined }),
        })),
      host: config.host,
      port: config.port,
      bodyLimit: BODY_LIMIT,
      check,
      trustedNetworks: config.trustedNetworks,
      checks: { database: () => database.query('SELECT 1') },
      metrics: createMetrics(service),
      logger,
    })
    logger.info({ url: server.url }, 'Listening')
    return {
      ...server,
      database,
      revocations: watched,
      watched: () => live?.hub.size ?? { subscribers: 0, streams: 0 },
      async close() {
        await server.close()
        await watched.close()
        await database.destroy()
      },
    }
  } catch (error) {
    await revocations?.close()
    await database.destroy()
    throw error
  }
}

/** Tells the gateway which refresh token its client's cookie is to hold. */
function refreshTokenPlugin(): ApolloServerPlugin<SubgraphContext<unknown>> {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ response: { http, body }, contextValue: { answer } }) {
          const given = answer.refreshToken
          // What failed after it was given was rolled back.
          const failed = body.kind === 'single' && (body.singleResult.errors ?? []).length > 0
          if (given && !failed) http.headers.set(SET_REFRESH_TOKEN_HEADER, `${given.token};${given.maxAgeSeconds}`)
        },
      }
    },
  }
}

function text(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && header !== '' ? header : undefined
}

function clientAddress(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && isIP(header) ? header : undefined
}
