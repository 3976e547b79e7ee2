// What the workflow subgraph reads from the environment.
import { readSubgraphConfig, type SubgraphConfig } from '@segue/graphql'

/** Throws `ConfigError` listing all that is wrong. */
export function readWorkflowConfig(environment: NodeJS.ProcessEnv): SubgraphConfig {
  return readSubgraphConfig('workflow', environment)
}
