// The pages of lists of runs.
import { idsHoldingRows, resolveAliases, toBytes, WorkflowRun } from '@segue/database'
import {
  activityPage,
  connectionType,
  ConnectionArgs,
  findPage,
  InvalidInput,
  readId,
  sqlPage,
  type Connection,
  type Keyset,
} from '@segue/graphql'
import { MaxLength } from 'class-validator'
import { ArgsType, Field, ID, InputType, Int } from 'type-graphql'
import type { DataSource } from 'typeorm'
import type { WorkflowLoaders } from '../loaders.js'
import { highestId, lowestId } from '../sql/ids-of-time.js'
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

  @Field(() => ID, { nullable: true, description: 'For this profile.' })
  profileId?: string | null

  @Field(() => ID, { nullable: true, description: 'Begun by this run, as a sub-workflow.' })
  parentRunId?: string | null

  @Field(() => Date, { nullable: true, description: 'Started at this moment or later.' })
  startedFrom?: Date | null

  @Field(() => Date, { nullable: true, description: 'Started before this moment.' })
  startedBefore?: Date | null

  @MaxLength(100)
  @Field(() => ID, {
    nullable: true,
    description: 'That wait in this node of a workflow, which has to be named too.',
  })
  waitsIn?: string | null
}

/**
 * A page of runs, the newest first. Index: workflow_run(workflow_id, id) when a workflow is named, else the primary key, read until the page is
 * full; a time is a range of ids in them. Of a profile: its runs by activity's primary key. Throws BAD_ID, BAD_CURSOR, BAD_PAGE and INVALID_INPUT.
 */
export async function findRuns(
  database: DataSource,
  filter: WorkflowRunFilter,
  args: ConnectionArgs,
): Promise<Connection<RunNode>> {
  const query = database.getRepository(WorkflowRun).createQueryBuilder('run').select(RUN_COLUMNS)
  const { workflowId, triggerId, state, version, profileId, parentRunId, startedFrom, startedBefore, waitsIn } = filter
  const bytesOf = (id: string, name: keyof WorkflowRunFilter): Buffer => toBytes(readId(id, ['filter', name]))
  if (workflowId != null) {
    query.andWhere('run.workflowId = :workflow', { workflow: bytesOf(workflowId, 'workflowId') })
  }
  if (triggerId != null) query.andWhere('run.triggerId = :trigger', { trigger: bytesOf(triggerId, 'triggerId') })
  if (parentRunId != null) query.andWhere('run.parentRunId = :parent', { parent: bytesOf(parentRunId, 'parentRunId') })
  if (state != null) query.andWhere('run.state = :state', { state })
  if (version != null) query.andWhere('run.version = :version', { version })
  if (startedFrom != null) {
    query.andWhere('run.id >= :lowest AND run.startedAt >= :startedFrom', {
      lowest: lowestId(startedFrom),
      startedFrom,
    })
  }
  if (startedBefore != null) {
    const highest = highestId(startedBefore)
    query.andWhere('run.id <= :highest AND run.startedAt < :startedBefore', { highest, startedBefore })
  }
  if (profileId != null) {
    const [canonical = ''] = await resolveAliases(database, [readId(profileId, ['filter', 'profileId'])])
    const holders = (await idsHoldingRows(database, [canonical])).get(canonical) ?? [canonical]
    query.andWhere(`run.id IN (SELECT a.ref FROM activity a WHERE a.profile_id IN (:...profiles) AND a.kind = 'run')`, {
      profiles: holders.map(toBytes),
    })
  }
  if (waitsIn != null) {
    if (workflowId == null) {
      throw InvalidInput({ problem: 'A node is one of a workflow: name that too.' }, ['filter', 'waitsIn'])
    }
    const waiting = `SELECT d.run_id FROM delayed_event d WHERE d.workflow_id = :workflow AND d.node_id = :node AND d.kind NOT IN ('start', 'retry')`
    query.andWhere(`run.id IN (${waiting})`, { node: waitsIn })
  }
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
