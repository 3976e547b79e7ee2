// What the scheduler reads from its environment.
import { COMMON_VARIABLES, mysqlUrl, port, readConfig } from '@segue/service'
import { z } from 'zod'

export interface SchedulerConfig {
  environment: 'production' | 'staging'
  logLevel: string
  mysqlUrl: string
  healthHost: string
  healthPort: number
}

const VARIABLES = z.object({
  ...COMMON_VARIABLES,
  SEGUE_MYSQL_URL: mysqlUrl('Database of the environment, with the account of the scheduler'),
  SEGUE_HEALTH_HOST: z.string().default('127.0.0.1').describe('Address for health, readiness and metrics'),
  SEGUE_HEALTH_PORT: port(9103).describe('Port for health, readiness and metrics'),
})

/** Throws `ConfigError` with everything that is wrong. */
export function readSchedulerConfig(environment: NodeJS.ProcessEnv): SchedulerConfig {
  const variables = readConfig(VARIABLES, environment)
  return {
    environment: variables.SEGUE_ENVIRONMENT,
    logLevel: variables.SEGUE_LOG_LEVEL,
    mysqlUrl: variables.SEGUE_MYSQL_URL,
    healthHost: variables.SEGUE_HEALTH_HOST,
    healthPort: variables.SEGUE_HEALTH_PORT,
  }
}
