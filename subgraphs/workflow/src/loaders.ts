// What resolvers read, gathered over a request: each loader turns the loads of one moment into a few statements.
import {
  activityPages,
  resolveAliases,
  toBytes,
  Workflow,
  WorkflowRun,
  WorkflowTrigger,
  WorkflowVersion,
  type ActivityEntry,
  type ActivityRequest,
} from '@segue/database'
import type { MutationContext, PersonalData, SubgraphContext } from '@segue/graphql'
import DataLoader from 'dataloader'
import { In, type DataSource, type SelectQueryBuilder } from 'typeorm'
import type { DelayedEventNode } from './delayed-event/delayed-event.js'
import { toDelayedEvent } from './delayed-event/find-delayed-events.js'
import type { DeliveryDetail, DeliveryNode } from './delivery/delivery.js'
import { toDelivery, toDetail } from './delivery/find-deliveries.js'
import type { SecretSealer } from './resource/transports.js'
import { RUN_COLUMNS, toRun, type RunNode } from './run/run.js'
import { toTrace, type RunTrace } from './run/run-trace.js'
import { delayedEventsById } from './sql/delayed-events.js'
import { deliveriesById, deliveryDetails } from './sql/deliveries.js'
import { MOST_ROWS, nodeCounts, type ActivityRequest as NodeCountRequest, type ActivityRow } from './sql/node-counts.js'
import { resourceUses, type ResourceUse } from './sql/resource-uses.js'
import { runPages, type RunPageRequest } from './sql/run-pages.js'
import { runStates } from './sql/run-states.js'
import { waitingCounts, type WaitingCount } from './sql/waiting-counts.js'
import type { TestRunBudget } from './test-run/test-run-budget.js'
import { versionPages, type VersionRequest } from './sql/version-pages.js'

/** Which version of which workflow. */
interface VersionKey {
  workflowId: string
  version: number
}

/** The process's own, which every request shares. */
export interface WorkflowServices {
  /** Encrypts the credentials of resources; null: it has no keys. */
  sealSecret: SecretSealer | null
  testRunBudget: TestRunBudget
}

export interface WorkflowLoaders extends WorkflowServices {
  workflow: DataLoader<string, Workflow | null>
  version: DataLoader<VersionKey, WorkflowVersion | null, string>
  /** The latest versions of a workflow. */
  versions: DataLoader<VersionRequest, WorkflowVersion[]>
  trigger: DataLoader<string, WorkflowTrigger | null>
  /** By workflow. */
  triggers: DataLoader<string, WorkflowTrigger[]>
  run: DataLoader<string, RunNode | null>
  /** A page of a workflow's runs. */
  runPage: DataLoader<RunPageRequest, { id: string }[]>
  /** Steps, log and error of a run, which may be large: only read when asked for. */
  trace: DataLoader<string, RunTrace>
  delayedEvent: DataLoader<string, DelayedEventNode | null>
  delivery: DataLoader<string, DeliveryNode | null>
  /** What a delivery sent and got, which may be large: only read when asked for. */
  deliveryDetail: DataLoader<string, DeliveryDetail>
  /** The nodes of deployed workflows that use a resource. */
  resourceUses: DataLoader<string, ResourceUse[]>
  /** What a workflow's nodes did over a time. */
  activityCounts: DataLoader<NodeCountRequest, ActivityRow[]>
  /** How many runs of a workflow wait in which node. */
  waiting: DataLoader<string, WaitingCount[]>
  /** The canonical id of a profile. */
  canonicalId: DataLoader<string, string>
  /** A page of a profile's activity. */
  activity: DataLoader<ActivityRequest, ActivityEntry[]>
}

export type WorkflowContext = SubgraphContext<WorkflowLoaders>
export type WorkflowMutationContext = MutationContext<WorkflowLoaders>

/** New loaders over a database, for one request; what they read of personal data is masked by `personal`. */
export function workflowLoaders(
  database: DataSource,
  personal: PersonalData,
  services: WorkflowServices,
): WorkflowLoaders {
  const runs = (ids: readonly string[]): SelectQueryBuilder<WorkflowRun> =>
    database
      .getRepository(WorkflowRun)
      .createQueryBuilder('run')
      .where('run.id IN (:...ids)', { ids: ids.map(toBytes) })
  return {
    ...services,
    workflow: new DataLoader(async (ids) => {
      const rows = await database.getRepository(Workflow).findBy({ id: In(ids) })
      return ids.map((id) => rows.find((row) => row.id === id.toLowerCase()) ?? null)
    }),
    version: new DataLoader((keys) => loadVersions(database, keys), {
      cacheKeyFn: ({ workflowId, version }) => `${workflowId} ${version}`,
    }),
    versions: new DataLoader((requests) => versionPages(database, requests)),
    trigger: new DataLoader(async (ids) => {
      const rows = await database.getRepository(WorkflowTrigger).findBy({ id: In(ids) })
      return ids.map((id) => rows.find((row) => row.id === id.toLowerCase()) ?? null)
    }),
    triggers: new DataLoader(async (workflowIds) => {
      const rows = await database.getRepository(WorkflowTrigger).find({
        where: { workflowId: In(workflowIds) },
        order: { createdAt: 'ASC', id: 'ASC' },
      })
      return workflowIds.map((id) => rows.filter((row) => row.workflowId === id))
    }),
    run: new DataLoader(async (ids) => {
      const rows = await runs(ids).select(RUN_COLUMNS).getMany()
      const byId = new Map(rows.map((row) => [row.id, toRun(row)]))
      return ids.map((id) => byId.get(id.toLowerCase()) ?? null)
    }),
    runPage: new DataLoader((requests) => runPages(database, requests)),
    trace: new DataLoader(async (ids) => {
      const rows = await runs(ids).select(['run.id', 'run.state', 'run.steps', 'run.log', 'run.error']).getMany()
      // Others have none.
      const open = rows.filter(({ state }) => state === 'waiting' || state === 'failed')
      const states = await runStates(
        database,
        open.map(({ id }) => id),
      )
      const byId = new Map(rows.map((row) => [row.id, row]))
      return ids.map((id) => toTrace(byId.get(id), states.get(id), personal))
    }),
    delayedEvent: new DataLoader(async (ids) => {
      const rows = await delayedEventsById(database, ids)
      const found = new Map(rows.map((row) => [row.id, toDelayedEvent(row, personal)]))
      return ids.map((id) => found.get(id.toLowerCase()) ?? null)
    }),
    delivery: new DataLoader(async (ids) => {
      const found = new Map((await deliveriesById(database, ids)).map((row) => [row.id, toDelivery(row)]))
      return ids.map((id) => found.get(id.toLowerCase()) ?? null)
    }),
    deliveryDetail: new DataLoader(async (ids) => {
      const found = await deliveryDetails(database, ids)
      return ids.map((id) => toDetail(found.get(id), personal))
    }),
    resourceUses: new DataLoader((ids) => resourceUses(database, ids)),
    activityCounts: new DataLoader((requests) => nodeCounts(database, requests, MOST_ROWS + 1)),
    waiting: new DataLoader((workflowIds) => waitingCounts(database, workflowIds)),
    canonicalId: new DataLoader((ids) => resolveAliases(database, ids)),
    activity: new DataLoader((requests) => activityPages(database, requests)),
  }
}

/** By primary key, however many. */
async function loadVersions(database: DataSource, keys: readonly VersionKey[]): Promise<(WorkflowVersion | null)[]> {
  const rows = await database
    .getRepository(WorkflowVersion)
    .createQueryBuilder('version')
    .where('(version.workflowId, version.version) IN (:keys)', {
      keys: keys.map(({ workflowId, version }) => [toBytes(workflowId), version]),
    })
    .getMany()
  return keys.map(
    ({ workflowId, version }) => rows.find((row) => row.workflowId === workflowId && row.version === version) ?? null,
  )
}
