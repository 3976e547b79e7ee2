// What the gateway reads from the environment.
import { tokenPublicKeys, type Environment } from '@segue/graphql'
import { COMMON_VARIABLES, port, readConfig } from '@segue/service'
import type { JSONWebKeySet } from 'jose'
import { z } from 'zod'

export interface GatewayConfig {
  environment: Environment
  logLevel: string
  host: string
  /** 0 takes a free one. */
  port: number
  /** Where each subgraph of the supergraph answers GraphQL, by its name. */
  subgraphUrls: Readonly<Record<string, string>>
  tokenPublicKeys: JSONWebKeySet
  /** Whether production answers introspection to admins; staging always answers it to whoever is signed in. */
  introspection: boolean
}

const subgraphUrl = (defaultPort: number) =>
  z
    .url({ protocol: /^https?$/, error: 'must be an http:// URL that ends in /graphql' })
    .default(`http://127.0.0.1:${defaultPort}/graphql`)

const schema = z.object({
  ...COMMON_VARIABLES,
  SEGUE_GATEWAY_HOST: z.string().default('127.0.0.1').describe('Private address that the gateway listens on'),
  SEGUE_GATEWAY_PORT: port(4000),
  SEGUE_SUBGRAPH_PROFILE_URL: subgraphUrl(4101),
  SEGUE_SUBGRAPH_EVENT_URL: subgraphUrl(4102),
  SEGUE_SUBGRAPH_WORKFLOW_URL: subgraphUrl(4103),
  SEGUE_SUBGRAPH_SEGMENT_URL: subgraphUrl(4104),
  SEGUE_SUBGRAPH_PLATFORM_URL: subgraphUrl(4105),
  SEGUE_TOKEN_PUBLIC_KEYS: tokenPublicKeys,
  SEGUE_GATEWAY_INTROSPECTION: z.stringbool().default(false),
})

/** Reads the gateway's configuration. Throws `ConfigError`. */
export function readGatewayConfig(environment: NodeJS.ProcessEnv): GatewayConfig {
  const values = readConfig(schema, environment)
  return {
    environment: values.SEGUE_ENVIRONMENT,
    logLevel: values.SEGUE_LOG_LEVEL,
    host: values.SEGUE_GATEWAY_HOST,
    port: values.SEGUE_GATEWAY_PORT,
    subgraphUrls: {
      profile: values.SEGUE_SUBGRAPH_PROFILE_URL,
      event: values.SEGUE_SUBGRAPH_EVENT_URL,
      workflow: values.SEGUE_SUBGRAPH_WORKFLOW_URL,
      segment: values.SEGUE_SUBGRAPH_SEGMENT_URL,
      platform: values.SEGUE_SUBGRAPH_PLATFORM_URL,
    },
    tokenPublicKeys: values.SEGUE_TOKEN_PUBLIC_KEYS as JSONWebKeySet,
    introspection: values.SEGUE_GATEWAY_INTROSPECTION,
  }
}
