// What the gateway reads from the environment.
import { gatewayKey, networks, tokenPublicKeys, trustedNetworks, type Environment, type Networks } from '@segue/graphql'
import { COMMON_VARIABLES, port, readConfig } from '@segue/service'
import type { JSONWebKeySet } from 'jose'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { SUPERGRAPH_FILE } from './supergraph.js'

export interface GatewayConfig {
  environment: Environment
  logLevel: string
  host: string
  /** 0 takes a free one. */
  port: number
  /** Where each subgraph of the supergraph answers GraphQL, by its name. */
  subgraphUrls: Readonly<Record<'profile' | 'event' | 'workflow' | 'segment' | 'platform', string>>
  /** Path of the composed schema; another one that is put there is taken up. */
  supergraphFile: string
  /** Path of a manifest of registered operations. */
  operationsFile: string | undefined
  /** Whether people may ask registered operations only. */
  operationsOnly: boolean
  tokenPublicKeys: JSONWebKeySet
  /** Hexadecimal; shared with the subgraphs, which answer only what is signed with it. */
  gatewayKey: string
  /** Who may connect. */
  trustedNetworks: Networks
  /** Whose `X-Forwarded-For` is believed. */
  trustedProxies: Networks
  /** Whose pages may open WebSockets, beside those of the gateway's own host. */
  origins: ReadonlySet<string>
  /** Whether production answers introspection to admins; staging always answers it to whoever is signed in. */
  introspection: boolean
}

const subgraphUrl = (defaultPort: number) =>
  z
    .url({ protocol: /^https?$/, error: 'must be an http:// URL that ends in /graphql' })
    .default(`http://127.0.0.1:${defaultPort}/graphql`)

/** Origins as browsers send them, with commas between. */
const origins = z
  .string()
  .default('')
  .transform((list) => new Set(list.split(',').flatMap((entry) => entry.trim() || [])))
  .refine(
    (given) => [...given].every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
    'must be origins, as https://console.example.com, with commas between',
  )

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
  SEGUE_GATEWAY_KEY: gatewayKey,
  SEGUE_TRUSTED_NETWORKS: trustedNetworks,
  SEGUE_TRUSTED_PROXIES: networks(''),
  SEGUE_GATEWAY_ORIGINS: origins,
  SEGUE_GATEWAY_INTROSPECTION: z.stringbool().default(false),
  SEGUE_GATEWAY_SUPERGRAPH: z.string().default(fileURLToPath(SUPERGRAPH_FILE)),
  SEGUE_GATEWAY_OPERATIONS: z.string().optional(),
  SEGUE_GATEWAY_OPERATIONS_ONLY: z.stringbool().default(false),
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
    supergraphFile: values.SEGUE_GATEWAY_SUPERGRAPH,
    operationsFile: values.SEGUE_GATEWAY_OPERATIONS,
    operationsOnly: values.SEGUE_GATEWAY_OPERATIONS_ONLY,
    tokenPublicKeys: values.SEGUE_TOKEN_PUBLIC_KEYS as JSONWebKeySet,
    gatewayKey: values.SEGUE_GATEWAY_KEY,
    trustedNetworks: values.SEGUE_TRUSTED_NETWORKS,
    trustedProxies: values.SEGUE_TRUSTED_PROXIES,
    origins: values.SEGUE_GATEWAY_ORIGINS,
    introspection: values.SEGUE_GATEWAY_INTROSPECTION,
  }
}
