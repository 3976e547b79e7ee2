// What every subgraph reads from the environment.
import { COMMON_VARIABLES, mysqlUrl, port, readConfig } from '@segue/service'
import type { JSONWebKeySet } from 'jose'
import { z } from 'zod'
import type { Environment } from './access-token.js'
import { gatewayKey } from './gateway-signature.js'
import { trustedNetworks, type Networks } from './trusted-networks.js'

/** The subgraphs and the port that each listens on when none is configured. */
const DEFAULT_PORTS = { profile: 4101, event: 4102, workflow: 4103, segment: 4104, platform: 4105 } as const

export type SubgraphName = keyof typeof DEFAULT_PORTS

export interface SubgraphConfig {
  environment: Environment
  logLevel: string
  /** mysql:// URL of the subgraph's own account. */
  databaseUrl: string
  host: string
  /** 0 takes a free one. */
  port: number
  tokenPublicKeys: JSONWebKeySet
  /** Hexadecimal; shared with the gateway, which signs with it. */
  gatewayKey: string
  /** Who may connect. */
  trustedNetworks: Networks
}

/** The public keys of access tokens as a variable: a JWKS in JSON. */
export const tokenPublicKeys = json(
  z.object({ keys: z.array(z.looseObject({ kty: z.literal('OKP'), kid: z.string() })).min(1) }),
  'must be a JWKS with at least one Ed25519 key that has a kid',
).describe('Public keys of access tokens as JWKS JSON')

/** A variable that holds JSON of a shape. */
export function json<Schema extends z.ZodType>(
  schema: Schema,
  problem: string,
): z.ZodPipe<z.ZodString, z.ZodTransform<z.infer<Schema>, string>> {
  return z.string().transform((text, context) => {
    try {
      return schema.parse(JSON.parse(text))
    } catch {
      context.addIssue({ code: 'custom', message: problem })
      return z.NEVER
    }
  })
}

/** Reads a subgraph's configuration, with variables of its own in `extra`. Throws `ConfigError`. */
export function readSubgraphConfig<Extra extends z.ZodRawShape = Record<never, never>>(
  name: SubgraphName,
  environment: NodeJS.ProcessEnv,
  extra?: Extra,
): SubgraphConfig & { extra: z.infer<z.ZodObject<Extra>> } {
  const portVariable = `SEGUE_SUBGRAPH_${name.toUpperCase()}_PORT`
  const shared = z.object({
    ...COMMON_VARIABLES,
    SEGUE_MYSQL_URL: mysqlUrl(`The environment's database, through the account of subgraph-${name}`),
    SEGUE_SUBGRAPH_HOST: z.string().default('127.0.0.1').describe('Private address that subgraphs listen on'),
    SEGUE_TOKEN_PUBLIC_KEYS: tokenPublicKeys,
    SEGUE_GATEWAY_KEY: gatewayKey,
    SEGUE_TRUSTED_NETWORKS: trustedNetworks,
  })
  const schema = shared.extend({ [portVariable]: port(DEFAULT_PORTS[name]), ...extra })
  // A computed name loses its type; the schema has just checked the value.
  const values = readConfig(schema, environment) as z.infer<typeof shared> & Record<string, unknown>
  return {
    environment: values.SEGUE_ENVIRONMENT,
    logLevel: values.SEGUE_LOG_LEVEL,
    databaseUrl: values.SEGUE_MYSQL_URL,
    host: values.SEGUE_SUBGRAPH_HOST,
    port: values[portVariable] as number,
    tokenPublicKeys: values.SEGUE_TOKEN_PUBLIC_KEYS as JSONWebKeySet,
    gatewayKey: values.SEGUE_GATEWAY_KEY,
    trustedNetworks: values.SEGUE_TRUSTED_NETWORKS,
    extra: values as unknown as z.infer<z.ZodObject<Extra>>,
  }
}
