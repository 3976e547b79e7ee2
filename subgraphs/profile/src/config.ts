// What the profile subgraph reads from the environment.
import { readSubgraphConfig, type SubgraphConfig } from '@segue/graphql'

/** Throws `ConfigError` listing all that is wrong. */
export function readProfileConfig(environment: NodeJS.ProcessEnv): SubgraphConfig {
  return readSubgraphConfig('profile', environment)
}
