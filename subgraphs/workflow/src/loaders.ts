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
import { RUN_COLUMNS, toRun, type RunNode } from './run/run.js'
import { toTrace, type RunTrace } from './run/run-trace.js'
import { runPages, type RunPageRequest } from './sql/run-pages.js'
import { versionPages, type VersionRequest } from './sql/version-pages.js'

/** Which version of which workflow. */
interface VersionKey {
  workflowId: string
  version: number
}

export interface WorkflowLoaders {
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
  /** The canonical id of a profile. */
  canonicalId: DataLoader<string, string>
  /** A page of a profile's activity. */
  activity: DataLoader<ActivityRequest, ActivityEntry[]>
}

export type WorkflowContext = SubgraphContext<WorkflowLoaders>
export type WorkflowMutationContext = MutationContext<WorkflowLoaders>

/** New loaders over a database, for one request; what they read of personal data is masked by `personal`. */
export function workflowLoaders(database: DataSource, personal: PersonalData): WorkflowLoaders {
  const runs = (ids: readonly string[]): SelectQueryBuilder<WorkflowRun> =>
    database
      .getRepository(WorkflowRun)
      .createQueryBuilder('run')
      .where('run.id IN (:...ids)', { ids: ids.map(toBytes) })
  return {
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
      const rows = await runs(ids).select(['run.id', 'run.steps', 'run.log', 'run.error']).getMany()
      return ids.map((id) =>
        toTrace(
          rows.find((row) => row.id === id),
          personal,
        ),
      )
    }),
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
