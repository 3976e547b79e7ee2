// The services of an environment: which process each lives in, and what it is told through its environment variables.
import type { AccountKind } from '@segue/database'
import { ENVIRONMENTS, type EnvironmentName, type EnvironmentPorts } from './config.js'
import type { EnvironmentDatabase } from './database.js'
import type { HealthAddress } from './health.js'
import type { EnvironmentSecrets } from './secrets.js'

const SUBGRAPHS = ['profile', 'event', 'workflow', 'segment', 'platform'] as const
const WORKERS = ['event-worker', 'migration-worker', 'scheduler', 'scheduler-worker', 'delivery-worker'] as const

export type ServiceName = 'collector' | 'gateway' | (typeof WORKERS)[number] | `subgraph-${(typeof SUBGRAPHS)[number]}`

/** A process, with the services in it. */
export interface ProcessPlan {
  name: string
  environments: readonly EnvironmentName[]
  services: readonly ServiceName[]
  /** Most MiB for objects that live. */
  heapMb: number
  /** Most MiB for a half of the space for new objects. */
  youngMb: number
}

/**
 * Few processes, because loading code is what takes time at a start (three seconds for the API alone) and memory
 * afterwards. Each environment has its own edge, which is open to the world and must answer within milliseconds, and
 * its own workers; the APIs, which wait for the database most of the time, share one. `heapMb` and `youngMb` keep
 * garbage from piling up to what the machine has: with Node's defaults everything together takes a fifth more memory
 * and is no faster.
 */
export const PROCESSES: readonly ProcessPlan[] = [
  ...ENVIRONMENTS.map((environment) => ({
    name: `${environment}-edge`,
    environments: [environment],
    services: ['collector'] as const,
    heapMb: 128,
    youngMb: 16,
  })),
  {
    name: 'api',
    environments: ENVIRONMENTS,
    services: [...SUBGRAPHS.map((name) => `subgraph-${name}` as const), 'gateway'],
    heapMb: 256,
    youngMb: 16,
  },
  ...ENVIRONMENTS.map((environment) => ({
    name: `${environment}-workers`,
    environments: [environment],
    services: WORKERS,
    heapMb: 192,
    youngMb: 32,
  })),
]

/** Services that only other services reach, in the order of their ports. */
const INTERNAL: readonly ServiceName[] = [...SUBGRAPHS.map((name) => `subgraph-${name}` as const), ...WORKERS]

/** The kinds of process that own a database account. */
export const ACCOUNT_KINDS: readonly AccountKind[] = [
  'collector',
  ...WORKERS,
  ...SUBGRAPHS.map((name) => `subgraph-${name}` as const),
]

/** A service to start, with its own variables. */
export interface ServiceStart {
  name: ServiceName
  environment: Record<string, string>
}

/** All that the services of one environment are told. */
export interface EnvironmentSettings {
  environment: EnvironmentName
  ports: EnvironmentPorts
  /** Undefined for services that need none. */
  database: EnvironmentDatabase | undefined
  secrets: EnvironmentSecrets
  logLevel: string
  /** Private addresses that deliveries may go to, as the delivery worker takes them. */
  outgoingAllowed: string
}

/** Who starts before there is a database: a gateway makes its query planner meanwhile, and answers without subgraphs until they are there. */
export const NEEDS_NO_DATABASE: ReadonlySet<ServiceName> = new Set(['gateway'])

/** The variables of each of `names`, as `docs/` lists them. */
export function serviceSettings(names: readonly ServiceName[], settings: EnvironmentSettings): ServiceStart[] {
  return names.map((name) => ({ name, environment: variablesOf(name, settings) }))
}

function variablesOf(name: ServiceName, settings: EnvironmentSettings): Record<string, string> {
  const { environment, ports, database, secrets, logLevel } = settings
  const port = String(portOf(name, ports))
  const common = { SEGUE_ENVIRONMENT: environment, SEGUE_LOG_LEVEL: logLevel }
  const url = database?.urls[name]
  const withDatabase = url === undefined ? common : { ...common, SEGUE_MYSQL_URL: url }
  const publicKeys = { SEGUE_TOKEN_PUBLIC_KEYS: JSON.stringify({ keys: [secrets.tokenPublicKey] }) }
  const gatewayKey = { SEGUE_GATEWAY_KEY: secrets.gatewayKey }
  if (name === 'collector') {
    const health = String(healthPortOf(name, ports))
    return {
      ...withDatabase,
      SEGUE_COLLECTOR_PORT: port,
      SEGUE_HEALTH_PORT: health,
      SEGUE_PROFILE_ID_KEY: secrets.profileIdKey,
    }
  }
  if (name === 'gateway') {
    const addresses = SUBGRAPHS.map((subgraph) => [
      `SEGUE_SUBGRAPH_${subgraph.toUpperCase()}_URL`,
      `http://127.0.0.1:${portOf(`subgraph-${subgraph}`, ports)}/graphql`,
    ])
    return { ...common, ...publicKeys, ...gatewayKey, SEGUE_GATEWAY_PORT: port, ...Object.fromEntries(addresses) }
  }
  // Encrypts what the API is told, decrypts it where it leaves the house.
  const secretKeys = { SEGUE_SECRET_KEYS: `local:${secrets.resourceKey}` }
  if (isWorker(name)) {
    const forDeliveries = { ...secretKeys, SEGUE_OUTGOING_ALLOWED: settings.outgoingAllowed }
    return { ...withDatabase, SEGUE_HEALTH_PORT: port, ...(name === 'delivery-worker' ? forDeliveries : {}) }
  }
  return {
    ...withDatabase,
    ...(name === 'subgraph-workflow' ? secretKeys : {}),
    ...publicKeys,
    ...gatewayKey,
    [`SEGUE_${name.replace('-', '_').toUpperCase()}_PORT`]: port,
    ...(name === 'subgraph-platform' ? { SEGUE_TOKEN_PRIVATE_KEY: JSON.stringify(secrets.tokenPrivateKey) } : {}),
  }
}

function isWorker(name: ServiceName): name is (typeof WORKERS)[number] {
  return (WORKERS as readonly string[]).includes(name)
}

/** Where each service tells whether it is ready. */
export function healthAddresses(environment: EnvironmentName, ports: EnvironmentPorts): HealthAddress[] {
  return (['collector', 'gateway', ...INTERNAL] as const).map((name) => ({
    name: `${environment} ${name}`,
    url: `http://127.0.0.1:${healthPortOf(name, ports)}/ready`,
  }))
}

function portOf(name: ServiceName, { collector, gateway, internal }: EnvironmentPorts): number {
  if (name === 'collector') return collector.port
  if (name === 'gateway') return gateway.port
  return internal.port + INTERNAL.indexOf(name)
}

/** The collector answers about its health apart from the public; the others where they answer everything. */
function healthPortOf(name: ServiceName, ports: EnvironmentPorts): number {
  return name === 'collector' ? ports.internal.port + INTERNAL.length : portOf(name, ports)
}
