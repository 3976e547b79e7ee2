// The gateway: one federated GraphQL API over the subgraphs of one environment.
import { createGatewaySigner, createTokenVerifier } from '@segue/graphql'
import { createLogger, createMetrics } from '@segue/service'
import { ApiKeys } from './api-keys.js'
import type { GatewayConfig } from './config.js'
import { createExplorer } from './explorer.js'
import { createGraphqlEndpoint } from './graphql-endpoint.js'
import { EndedSessions } from './live/ended-sessions.js'
import { LiveHub } from './live/live-hub.js'
import { createLiveMetrics } from './live/live-metrics.js'
import { serveLive } from './live/live-server.js'
import { startGatewayServer } from './http-server.js'
import { createGatewayMetrics } from './metrics.js'
import { Operations } from './operations.js'
import { readRegisteredOperations } from './registered-operations.js'
import { createSignIn } from './sign-in.js'
import { SubgraphSource, type QueriesUnderWay } from './subgraph-source.js'
import { loadSupergraph, watchSupergraph } from './supergraph-file.js'

export interface RunningGateway {
  port: number
  /** Where queries go. */
  url: string
  /** Answers what is under way, then ends. */
  close(): Promise<void>
}

/** Starts the gateway. Subgraphs may be away: it answers without them until they are there. */
export async function start(config: GatewayConfig): Promise<RunningGateway> {
  const { environment, supergraphFile } = config
  const logger = createLogger('gateway', config.logLevel).child({ environment })
  const registry = createMetrics('gateway')
  const metrics = createGatewayMetrics(registry)
  const sign = createGatewaySigner(config.gatewayKey)
  const underWay: QueriesUnderWay = new Map()
  const { platform: platformUrl, ...otherUrls } = config.subgraphUrls
  const sourceOf = (name: string, url: string): SubgraphSource =>
    new SubgraphSource({ name, url, logger, sign, metrics: metrics.subgraph(name), underWay })
  const platform = sourceOf('platform', platformUrl)
  const sources: Readonly<Record<string, SubgraphSource>> = {
    ...Object.fromEntries(Object.entries(otherUrls).map(([name, url]) => [name, sourceOf(name, url)])),
    platform,
  }
  const names = new Set(Object.keys(sources))
  const operations = new Operations(await loadSupergraph(supergraphFile, names), {
    sources,
    introspection: introspectionRight(config),
    logger,
    plans: metrics.plans,
  })
  const apiKeys = new ApiKeys(environment, platform)
  const registered = await readRegisteredOperations(config.operationsFile, config.operationsOnly)
  const signIn = createSignIn(createTokenVerifier(config.tokenPublicKeys, environment), apiKeys)
  const endpoint = createGraphqlEndpoint({
    environment,
    trustedProxies: config.trustedProxies,
    operations,
    registered,
    signIn,
    apiKeys,
    metrics,
    logger,
  })
  const server = await startGatewayServer({
    host: config.host,
    port: config.port,
    trustedNetworks: config.trustedNetworks,
    endpoint,
    explorer: createExplorer(),
    checks: Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, () => source.check()])),
    metrics: registry,
    logger,
  })
  const liveMetrics = createLiveMetrics(registry)
  const live = serveLive(server.server, {
    operations,
    registered,
    signIn,
    endedSessions: new EndedSessions(platform, logger),
    hub: new LiveHub({ sources, subgraphUrls: config.subgraphUrls, sign, logger, metrics: liveMetrics }),
    trustedProxies: config.trustedProxies,
    allowedOrigins: config.origins,
    logger,
    metrics: liveMetrics,
  })
  const unwatch = watchSupergraph(supergraphFile, names, logger, (supergraph) => operations.replace(supergraph))
  logger.info({ url: server.url }, 'Listening')
  return {
    port: server.port,
    url: server.url,
    async close() {
      unwatch()
      await live.close()
      await server.close()
      await Promise.all(Object.values(sources).map((source) => source.close()))
    },
  }
}

/** On staging whoever is signed in may look at the schema; on production who has a right of its own, where it is allowed at all. */
function introspectionRight({ environment, introspection }: GatewayConfig): 'own.read' | 'schema.read' | undefined {
  if (environment === 'staging') return 'own.read'
  return introspection ? 'schema.read' : undefined
}
