// The pages of lists of runs.
import { toBytes, WorkflowRun } from '@segue/database'
import {
  activityPage,
  connectionType,
  ConnectionArgs,
  findPage,
  readId,
  sqlPage,
  type Connection,
  type Keyset,
} from '@segue/graphql'
import { ArgsType, Field, ID, InputType, Int } from 'type-graphql'
import type { DataSource } from 'typeorm'
import type { WorkflowLoaders } from '../loaders.js'
import { RUN_COLUMNS, RunNode, RunState, toRun } from './run.js'

export const RunConnection = connectionType(RunNode, 'WorkflowRun')

/** The order of their starts: ids are UUIDv7. */
const NEWEST: Keyset<WorkflowRun> = {
  keys: [{ column: 'run.id', kind: 'id', of: (run) => run.id }],
  descending: true,
}

/** The same, of hand-written SQL. */
const NEWEST_IDS: Keyset<{ id: string }> = {
  keys: [{ column: 'id', kind: 'id', of: (run) => run.id }],
  descending: true,
}

@ArgsType()
export class RunsArguments extends ConnectionArgs {
  @Field(() => RunState, { nullable: true, description: 'Only those that stand so.' })
  state?: RunState | null

  @Field(() => Int, { nullable: true, description: 'Only those of this version.' })
  version?: number | null
}

@InputType({ description: 'Which runs; what is unset does not restrict.' })
export class WorkflowRunFilter {
  @Field(() => ID, { nullable: true, description: 'Of this workflow.' })
  workflowId?: string | null

  @Field(() => ID, { nullable: true, description: 'Started by this trigger.' })
  triggerId?: string | null

  @Field(() => RunState, { nullable: true, description: 'That stand so.' })
  state?: RunState | null

  @Field(() => Int, { nullable: true, description: 'Of this version.' })
  version?: number | null
}

/**
 * A page of runs, the newest first. Index: workflow_run(workflow_id, id) when a workflow is named, else the primary key, read until the page is
 * full. Throws BAD_ID, BAD_CURSOR and BAD_PAGE.
 */
export async function findRuns(
  database: DataSource,
  filter: WorkflowRunFilter,
  args: ConnectionArgs,
): Promise<Connection<RunNode>> {
  const query = database.getRepository(WorkflowRun).createQueryBuilder('run').select(RUN_COLUMNS)
  const { workflowId, triggerId, state, version } = filter
  if (workflowId != null) {
    query.andWhere('run.workflowId = :workflow', { workflow: toBytes(readId(workflowId, ['filter', 'workflowId'])) })
  }
  if (triggerId != null) {
    query.andWhere('run.triggerId = :trigger', { trigger: toBytes(readId(triggerId, ['filter', 'triggerId'])) })
  }
  if (state != null) query.andWhere('run.state = :state', { state })
  if (version != null) query.andWhere('run.version = :version', { version })
  const { edges, pageInfo } = await findPage(query, NEWEST, args)
  return { edges: edges.map(({ node, cursor }) => ({ node: toRun(node), cursor })), pageInfo }
}

/** A page of a workflow's runs, the newest first. Many of these in one request are two statements. */
export async function runsOfWorkflow(
  workflowId: string,
  args: RunsArguments,
  loaders: WorkflowLoaders,
): Promise<Connection<RunNode>> {
  const page = sqlPage(NEWEST_IDS, args)
  const { state = null, version = null } = args
  const ids = await loaders.runPage.load({ workflowId, state, version, page })
  return await withRuns(page.connection(ids), ({ id }) => id, loaders)
}

/** A page of a profile's runs, the newest first. Many of these in one request are a handful of statements. */
export async function runsOfProfile(
  profileId: string,
  args: ConnectionArgs,
  loaders: WorkflowLoaders,
): Promise<Connection<RunNode>> {
  const { request, connection } = activityPage(profileId, args, { kind: 'run' })
  return await withRuns(connection(await loaders.activity.load(request)), ({ ref }) => ref, loaders)
}

/** The same page with its runs; one that is not kept any more is left out. */
async function withRuns<Place>(
  { edges, pageInfo }: Connection<Place>,
  idOf: (place: Place) => string,
  loaders: WorkflowLoaders,
): Promise<Connection<RunNode>> {
  const runs = await Promise.all(edges.map(({ node }) => loaders.run.load(idOf(node))))
  return {
    pageInfo,
    edges: edges.flatMap(({ cursor }, index) => {
      const node = runs[index]
      return node ? [{ node, cursor }] : []
    }),
  }
}
