// What the collector reads from the environment.
import { z } from 'zod'
import { COMMON_VARIABLES, mysqlUrl, networkList, port, readConfig } from '@segue/service'

const VARIABLES = z.object({
  ...COMMON_VARIABLES,
  SEGUE_MYSQL_URL: mysqlUrl('URL of the database, with the account for collectors'),
  SEGUE_COLLECTOR_HOST: z.string().default('127.0.0.1').describe('Address that events are taken in at'),
  SEGUE_COLLECTOR_PORT: port(4000).describe('Port that events are taken in at'),
  SEGUE_HEALTH_HOST: z.string().default('127.0.0.1').describe('Private address of /health, /ready and /metrics'),
  SEGUE_HEALTH_PORT: port(4001).describe('Private port of /health, /ready and /metrics'),
  SEGUE_PROFILE_ID_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits')
    .describe(
      'Key of the profile ids that are given out: 64 hexadecimal digits, the same for all collectors of an environment',
    ),
  SEGUE_TRUSTED_PROXIES: networkList('').describe(
    'Proxies whose X-Forwarded-For is believed: addresses or networks, with commas between',
  ),
  SEGUE_COLLECTOR_MAX_BODY_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .max(8 * 1024 * 1024)
    .default(512_000)
    .describe('Largest body of a request, also after unpacking'),
  SEGUE_COLLECTOR_EVENTS_PER_SECOND: z.coerce
    .number()
    .int()
    .min(1)
    .default(20_000)
    .describe('Events a second that a source may send which states no rate of its own'),
})

/** Configuration of a collector. */
export interface CollectorConfig {
  environment: 'production' | 'staging'
  logLevel: string
  mysqlUrl: string
  host: string
  port: number
  health: { host: string; port: number }
  /** 32 bytes. */
  profileIdKey: Buffer
  trustedProxies: string[]
  maxBodyBytes: number
  eventsPerSecond: number
}

/** Reads the configuration; throws a `ConfigError` that lists everything that is wrong. */
export function readCollectorConfig(environment: NodeJS.ProcessEnv): CollectorConfig {
  const read = readConfig(VARIABLES, environment)
  return {
    environment: read.SEGUE_ENVIRONMENT,
    logLevel: read.SEGUE_LOG_LEVEL,
    mysqlUrl: read.SEGUE_MYSQL_URL,
    host: read.SEGUE_COLLECTOR_HOST,
    port: read.SEGUE_COLLECTOR_PORT,
    health: { host: read.SEGUE_HEALTH_HOST, port: read.SEGUE_HEALTH_PORT },
    profileIdKey: Buffer.from(read.SEGUE_PROFILE_ID_KEY, 'hex'),
    trustedProxies: read.SEGUE_TRUSTED_PROXIES,
    maxBodyBytes: read.SEGUE_COLLECTOR_MAX_BODY_BYTES,
    eventsPerSecond: read.SEGUE_COLLECTOR_EVENTS_PER_SECOND,
  }
}
