// What the event subgraph reads from the environment.
import { readSubgraphConfig, type SubgraphConfig } from '@segue/graphql'

/** Throws `ConfigError` listing all that is wrong. */
export function readEventConfig(environment: NodeJS.ProcessEnv): SubgraphConfig {
  return readSubgraphConfig('event', environment)
}
