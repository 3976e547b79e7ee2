// What the migration worker reads from its environment.
import { COMMON_VARIABLES, mysqlUrl, port, readConfig } from '@segue/service'
import { z } from 'zod'

export interface MigrationWorkerConfig {
  environment: 'production' | 'staging'
  logLevel: string
  mysqlUrl: string
  /** Months of events, runs and activity that are kept; undefined: all. */
  retentionMonths: number | undefined
  /** Months of the audit that are kept; undefined: all. */
  auditRetentionMonths: number | undefined
  healthHost: string
  healthPort: number
}

const VARIABLES = z.object({
  ...COMMON_VARIABLES,
  SEGUE_MYSQL_URL: mysqlUrl(
    'Database of the environment, with the account of the migration worker (all rights on that database)',
  ),
  SEGUE_RETENTION_MONTHS: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('How many whole months of events, runs and activity are kept; without it nothing is dropped'),
  SEGUE_AUDIT_RETENTION_MONTHS: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('How many whole months of the audit are kept; without it nothing is dropped'),
  SEGUE_HEALTH_HOST: z.string().default('127.0.0.1').describe('Address for health, readiness and metrics'),
  SEGUE_HEALTH_PORT: port(9102).describe('Port for health, readiness and metrics'),
})

/** Throws `ConfigError` with everything that is wrong. */
export function readMigrationWorkerConfig(environment: NodeJS.ProcessEnv): MigrationWorkerConfig {
  const variables = readConfig(VARIABLES, environment)
  return {
    environment: variables.SEGUE_ENVIRONMENT,
    logLevel: variables.SEGUE_LOG_LEVEL,
    mysqlUrl: variables.SEGUE_MYSQL_URL,
    retentionMonths: variables.SEGUE_RETENTION_MONTHS,
    auditRetentionMonths: variables.SEGUE_AUDIT_RETENTION_MONTHS,
    healthHost: variables.SEGUE_HEALTH_HOST,
    healthPort: variables.SEGUE_HEALTH_PORT,
  }
}
