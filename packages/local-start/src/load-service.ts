// The code of each service, loaded when asked for: a process pays only for the services that live in it.
import type { Running } from '@segue/service'
import type { ServiceName } from './services.js'

/** Starts a service with its variables. Throws `ConfigError`. */
export type StartService = (environment: NodeJS.ProcessEnv) => Promise<Running>

/** What a service's folder offers: how to read its configuration, and how to start it with that. */
async function service<Config>(
  code: Promise<{ start: (config: Config) => Promise<Running> }>,
  configuration: Promise<(environment: NodeJS.ProcessEnv) => Config>,
): Promise<StartService> {
  const [{ start }, readConfig] = await Promise.all([code, configuration])
  return (environment) => start(readConfig(environment))
}

const SERVICES: Record<ServiceName, () => Promise<StartService>> = {
  collector: () =>
    service(
      import('@segue/collector'),
      import('@segue/collector/config').then((config) => config.readCollectorConfig),
    ),
  gateway: () =>
    service(
      import('@segue/gateway'),
      import('@segue/gateway/config').then((config) => config.readGatewayConfig),
    ),
  'event-worker': () =>
    service(
      import('@segue/event-worker'),
      import('@segue/event-worker/config').then((config) => config.readEventWorkerConfig),
    ),
  'migration-worker': () =>
    service(
      import('@segue/migration-worker'),
      import('@segue/migration-worker/config').then((config) => config.readMigrationWorkerConfig),
    ),
  scheduler: () =>
    service(
      import('@segue/scheduler'),
      import('@segue/scheduler/config').then((config) => config.readSchedulerConfig),
    ),
  'scheduler-worker': () =>
    service(
      import('@segue/scheduler-worker'),
      import('@segue/scheduler-worker/config').then((config) => config.readSchedulerWorkerConfig),
    ),
  'delivery-worker': () =>
    service(
      import('@segue/delivery-worker'),
      import('@segue/delivery-worker/config').then((config) => config.readDeliveryWorkerConfig),
    ),
  'subgraph-profile': () =>
    service(
      import('@segue/subgraph-profile'),
      import('@segue/subgraph-profile/config').then((config) => config.readProfileConfig),
    ),
  'subgraph-event': () =>
    service(
      import('@segue/subgraph-event'),
      import('@segue/subgraph-event/config').then((config) => config.readEventConfig),
    ),
  'subgraph-workflow': () =>
    service(
      import('@segue/subgraph-workflow'),
      import('@segue/subgraph-workflow/config').then((config) => config.readWorkflowConfig),
    ),
  'subgraph-segment': () =>
    service(
      import('@segue/subgraph-segment'),
      import('@segue/subgraph-segment/config').then((config) => config.readSegmentConfig),
    ),
  'subgraph-platform': () =>
    service(
      import('@segue/subgraph-platform'),
      import('@segue/subgraph-platform/config').then((config) => config.readPlatformConfig),
    ),
}

export function loadService(name: ServiceName): Promise<StartService> {
  return SERVICES[name]()
}
