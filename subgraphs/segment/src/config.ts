// What the segment subgraph reads from the environment.
import { readSubgraphConfig, type SubgraphConfig } from '@segue/graphql'

export function readSegmentConfig(environment: NodeJS.ProcessEnv): SubgraphConfig {
  return readSubgraphConfig('segment', environment)
}
