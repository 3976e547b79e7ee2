// What the workflow subgraph reads from the environment.
import { readSubgraphConfig, type SubgraphConfig } from '@segue/graphql'
import { secretKeys, type SecretKey } from '@segue/secrets'

export interface WorkflowConfig extends SubgraphConfig {
  /** Encrypt the credentials of resources; without them none can be stored. */
  secretKeys?: [SecretKey, ...SecretKey[]] | undefined
}

/** Throws `ConfigError` listing all that is wrong. */
export function readWorkflowConfig(environment: NodeJS.ProcessEnv): WorkflowConfig {
  const { extra, ...shared } = readSubgraphConfig('workflow', environment, {
    SEGUE_SECRET_KEYS: secretKeys().optional().describe('Keys of stored credentials; without them none can be stored'),
  })
  return { ...shared, secretKeys: extra.SEGUE_SECRET_KEYS }
}
