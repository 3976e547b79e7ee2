// What the delivery worker reads from its environment.
import { allowedDestinations } from '@segue/outgoing'
import { secretKeys, type SecretKey } from '@segue/secrets'
import { COMMON_VARIABLES, mysqlUrl, port, readConfig } from '@segue/service'
import { z } from 'zod'

export interface DeliveryWorkerConfig {
  environment: 'production' | 'staging'
  logLevel: string
  mysqlUrl: string
  healthHost: string
  healthPort: number
  /** Private host names, addresses and networks that may be called all the same. */
  outgoingAllowed: string[]
  /** Undefined: no secret of a resource can be read. */
  secretKeys: [SecretKey, ...SecretKey[]] | undefined
  /** Most deliveries at once, to all destinations. */
  concurrency: number
  /** How long a delivery that fails is tried again. */
  giveUpHours: number
}

const VARIABLES = z.object({
  ...COMMON_VARIABLES,
  SEGUE_MYSQL_URL: mysqlUrl('Database of the environment, with the account of the delivery worker'),
  SEGUE_HEALTH_HOST: z.string().default('127.0.0.1').describe('Address for health, readiness and metrics'),
  SEGUE_HEALTH_PORT: port(9105).describe('Port for health, readiness and metrics'),
  SEGUE_OUTGOING_ALLOWED: allowedDestinations(),
  SEGUE_SECRET_KEYS: secretKeys().optional(),
  SEGUE_DELIVERY_CONCURRENCY: z.coerce.number().int().min(1).max(5000).default(1000),
  SEGUE_DELIVERY_GIVE_UP_HOURS: z.coerce.number().int().min(1).max(720).default(72),
})

/** Throws `ConfigError` with everything that is wrong. */
export function readDeliveryWorkerConfig(environment: NodeJS.ProcessEnv): DeliveryWorkerConfig {
  const variables = readConfig(VARIABLES, environment)
  return {
    environment: variables.SEGUE_ENVIRONMENT,
    logLevel: variables.SEGUE_LOG_LEVEL,
    mysqlUrl: variables.SEGUE_MYSQL_URL,
    healthHost: variables.SEGUE_HEALTH_HOST,
    healthPort: variables.SEGUE_HEALTH_PORT,
    outgoingAllowed: variables.SEGUE_OUTGOING_ALLOWED,
    secretKeys: variables.SEGUE_SECRET_KEYS,
    concurrency: variables.SEGUE_DELIVERY_CONCURRENCY,
    giveUpHours: variables.SEGUE_DELIVERY_GIVE_UP_HOURS,
  }
}
