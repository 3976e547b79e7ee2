// What a local start reads from the environment: which database server, which ports. All that is wrong is told at once.
import { ConfigError, readConfig } from '@segue/service/config'
import { z } from 'zod'

/** The two sets of everything: real data, and test data for the people who orchestrate it. */
export const ENVIRONMENTS = ['production', 'staging'] as const
export type EnvironmentName = (typeof ENVIRONMENTS)[number]

/** A port and the variable that sets it, so that a complaint about the port can say what to change. */
export interface OwnedPort {
  port: number
  variable: string
}

/** Where an environment listens. Everything is on 127.0.0.1. */
export interface EnvironmentPorts {
  collector: OwnedPort
  gateway: OwnedPort
  /** The first of the ports that only the services themselves use; the others follow it. */
  internal: OwnedPort
}

export interface LocalConfig {
  /** A server to use, with an account that may create databases and accounts; undefined: a private one. */
  mysqlUrl: string | undefined
  ports: Record<EnvironmentName, EnvironmentPorts>
  logLevel: string
  /** Private addresses that deliveries may go to, as the delivery worker takes them: none unless said so. */
  outgoingAllowed: string
  /** Take in a sample of real data on the first start. */
  sampleData: boolean
}

/** How many internal ports an environment has: five subgraphs, the health of five workers and of the collector, with room. */
const INTERNAL_PORTS = 16

const port = z.coerce.number('must be a port number').int().min(1).max(65_535)

const variables = z.object({
  SEGUE_MYSQL_URL: z
    .string()
    .regex(/^mysql:\/\/[^@/]+@[^@/]+\/?$/, 'must look like mysql://user:password@host:3306, without a database name')
    .optional(),
  SEGUE_PORT_BASE: z.coerce.number('must be a port number').int().min(1).max(65_000).optional(),
  SEGUE_PRODUCTION_COLLECTOR_PORT: port.optional(),
  SEGUE_PRODUCTION_GATEWAY_PORT: port.optional(),
  SEGUE_PRODUCTION_INTERNAL_PORT: port.optional(),
  SEGUE_STAGING_COLLECTOR_PORT: port.optional(),
  SEGUE_STAGING_GATEWAY_PORT: port.optional(),
  SEGUE_STAGING_INTERNAL_PORT: port.optional(),
  SEGUE_OUTGOING_ALLOWED: z.string().default(''),
  SEGUE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  SEGUE_SAMPLE_DATA: z.enum(['yes', 'no'], 'must be yes or no').default('yes'),
})

/** Throws `ConfigError`. */
export function localConfig(environment: NodeJS.ProcessEnv): LocalConfig {
  const read = readConfig(variables, environment)
  const base = read.SEGUE_PORT_BASE
  const owned = (name: keyof typeof read & `${string}_PORT`, fallback: number, offset: number): OwnedPort => {
    const single = read[name]
    if (single !== undefined) return { port: single, variable: name }
    if (base !== undefined) return { port: base + offset, variable: `SEGUE_PORT_BASE (or ${name})` }
    return { port: fallback, variable: name }
  }
  const ports = {
    production: {
      collector: owned('SEGUE_PRODUCTION_COLLECTOR_PORT', 8080, 0),
      gateway: owned('SEGUE_PRODUCTION_GATEWAY_PORT', 4000, 2),
      internal: owned('SEGUE_PRODUCTION_INTERNAL_PORT', 4101, 101),
    },
    staging: {
      collector: owned('SEGUE_STAGING_COLLECTOR_PORT', 8081, 1),
      gateway: owned('SEGUE_STAGING_GATEWAY_PORT', 4001, 3),
      internal: owned('SEGUE_STAGING_INTERNAL_PORT', 4201, 201),
    },
  }
  const problems = portProblems(ports)
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    mysqlUrl: read.SEGUE_MYSQL_URL,
    ports,
    logLevel: read.SEGUE_LOG_LEVEL,
    outgoingAllowed: read.SEGUE_OUTGOING_ALLOWED,
    sampleData: read.SEGUE_SAMPLE_DATA === 'yes',
  }
}

/** Every port that an environment uses, with the variable to change for it. */
export function allPorts(ports: EnvironmentPorts): OwnedPort[] {
  const { collector, gateway, internal } = ports
  const internals = Array.from({ length: INTERNAL_PORTS }, (_, n) => ({ ...internal, port: internal.port + n }))
  return [collector, gateway, ...internals]
}

function portProblems(ports: Record<EnvironmentName, EnvironmentPorts>): string[] {
  const owners = new Map<number, string>()
  const problems = new Set<string>()
  for (const { port: number, variable } of ENVIRONMENTS.flatMap((name) => allPorts(ports[name]))) {
    const other = owners.get(number)
    if (other !== undefined) problems.add(`${variable}: port ${number} is also the port of ${other}`)
    if (number > 65_535) problems.add(`${variable}: port ${number} does not exist; choose a lower one`)
    owners.set(number, variable)
  }
  return [...problems]
}
