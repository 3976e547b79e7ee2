// What people do with runs: end those that wait, try again those that failed.
import { idsHoldingRows, resolveAliases, toBytes, Workflow, WorkflowRun, type Database } from '@segue/database'
import { InvalidInput, MutationInput, MutationPayload, readId, Right } from '@segue/graphql'
import { createHash } from 'node:crypto'
import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, registerEnumType, Resolver } from 'type-graphql'
import { checkChoice, missingOf, readIds, readLimit, subjectOf } from '../chosen.js'
import { tellDelayed } from '../delayed-event/delayed-event.mutations.js'
import { NotDeployed, RunNotFailed, RunNotFound } from '../errors.js'
import type { WorkflowMutationContext } from '../loaders.js'
import { cancelRuns, waitingRuns, type RunRestriction } from '../sql/cancel-runs.js'
import { insertRetry } from '../sql/delayed-events.js'
import { runStates } from '../sql/run-states.js'
import { RUN_COLUMNS, RunNode, toRun } from './run.js'

/** Their states are read for it: some kilobytes each. */
const MOST_RUNS = 1000

@InputType({ description: 'Which waiting runs; a workflow or a profile has to be named.' })
class CancelRunsFilter {
  @Field(() => ID, { nullable: true, description: 'Of this workflow.' })
  workflowId?: string | null

  @Field(() => Int, { nullable: true, description: 'Of this version.' })
  version?: number | null

  @Field(() => ID, {
    nullable: true,
    description: 'That wait in this node of the workflow, which has to be named too.',
  })
  waitsIn?: string | null

  @Field(() => ID, { nullable: true, description: 'For this profile.' })
  profileId?: string | null
}

@InputType({ description: 'Which waiting runs: either ids or a filter.' })
class CancelRunsInput extends MutationInput {
  @Field(() => [ID], { nullable: true, description: 'Their ids; at most 1,000.' })
  ids?: string[] | null

  @Field(() => CancelRunsFilter, { nullable: true, description: 'All that match, up to `limit`.' })
  filter?: CancelRunsFilter | null

  @Field(() => Int, {
    nullable: true,
    description: 'How many of what matches at most; 1,000 when unset, which is the most.',
  })
  limit?: number | null
}

@ObjectType({ description: 'What became of runs that were to be cancelled.' })
class CancelRunsPayload extends MutationPayload {
  @Field(() => Int, { nullable: true, description: 'How many are cancelled, which a worker carries out in a moment.' })
  count?: number | null

  @Field(() => [ID], { nullable: true, description: 'The ids of these.' })
  doneIds?: string[] | null

  @Field(() => [ID], { nullable: true, description: 'Of ids that were asked for: those that do not wait.' })
  missingIds?: string[] | null

  @Field(() => Boolean, { nullable: true, description: 'Whether the limit was reached, so that others may be left.' })
  more?: boolean | null
}

/** In which version a run is tried again. */
enum RetryVersion {
  OWN = 'own',
  LIVE = 'live',
}
registerEnumType(RetryVersion, {
  name: 'WorkflowRunRetryVersion',
  description: 'In which version a run is tried again.',
  valuesConfig: {
    OWN: { description: 'The one it failed in.' },
    LIVE: { description: 'The one that triggers start now.' },
  },
})

@InputType({ description: 'Which failed run is tried again, and how.' })
class RetryRunInput extends MutationInput {
  @Field(() => ID, { description: 'Which run.' })
  id!: string

  @Field(() => RetryVersion, { defaultValue: RetryVersion.OWN, description: 'In which version.' })
  version!: RetryVersion
}

@ObjectType({ description: 'What became of trying a run again.' })
class RetryRunPayload extends MutationPayload {
  @Field(() => RunNode, { nullable: true, description: 'The run; a worker tries it again in a moment.' })
  run?: RunNode | null
}

@Right('runs.write')
@Resolver()
export class RunMutations {
  @Mutation(() => CancelRunsPayload, { description: 'Ends runs that wait. What they did stays done.' })
  async cancelRuns(
    @Arg('input', () => CancelRunsInput, { description: 'Which ones.' }) input: CancelRunsInput,
    @Ctx() { transaction, audit, account }: WorkflowMutationContext,
  ): Promise<CancelRunsPayload> {
    checkChoice(input)
    const ids = input.ids ? readIds(input.ids, MOST_RUNS) : undefined
    const limit = readLimit(input.limit, MOST_RUNS)
    const chosen = ids ?? (await waitingRuns(transaction, await readRuns(transaction, input.filter ?? {}), limit))
    const cancelled = await cancelRuns(transaction, chosen, account?.id ?? '')
    await tellDelayed(
      transaction,
      cancelled.map(({ workflowId }) => workflowId),
    )
    const doneIds = cancelled.map(({ runId }) => runId)
    audit({
      action: 'workflow-run.cancel',
      subject: subjectOf('WorkflowRun', ids ?? []),
      after: { filter: input.filter ?? undefined, ids: doneIds, count: doneIds.length },
    })
    const more = !ids && chosen.length === limit
    return { count: doneIds.length, doneIds, missingIds: missingOf(ids, doneIds), more }
  }

  @Mutation(() => RetryRunPayload, {
    description:
      'Tries a failed run again from the node where it failed. Asked again before that is done, the newer wish counts.',
  })
  async retryRun(
    @Arg('input', () => RetryRunInput, { description: 'Which one, and how.' }) input: RetryRunInput,
    @Ctx() { transaction, audit }: WorkflowMutationContext,
  ): Promise<RetryRunPayload> {
    const id = readId(input.id, ['input', 'id'])
    const run = await transaction
      .getRepository(WorkflowRun)
      .createQueryBuilder('run')
      .select(RUN_COLUMNS)
      .where('run.id = :id', { id: toBytes(id) })
      .getOne()
    if (!run) throw RunNotFound({ id }, ['input', 'id'])
    const nodeId = (await runStates(transaction, [id])).get(id)?.failed?.nodeId
    if (run.state !== 'failed' || nodeId === undefined) throw RunNotFailed({ state: run.state }, ['input', 'id'])
    const { workflowId } = run
    if (input.version === RetryVersion.LIVE) {
      const workflow = await transaction.getRepository(Workflow).findOneBy({ id: workflowId })
      if (workflow?.liveVersion == null) throw NotDeployed({}, ['input', 'version'])
    }
    await insertRetry(transaction, { id: retryId(id), runId: id, workflowId, nodeId, version: input.version })
    await tellDelayed(transaction, [workflowId])
    audit({ action: 'workflow-run.retry', subject: { type: 'WorkflowRun', id }, after: { version: input.version } })
    return { run: toRun(run) }
  }
}

/** A UUIDv8 that follows from the run's id. */
function retryId(runId: string): Buffer {
  const bytes = createHash('sha256').update('retry').update(toBytes(runId)).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes
}

async function readRuns(
  database: Database,
  { workflowId, version, waitsIn, profileId }: CancelRunsFilter,
): Promise<RunRestriction> {
  const path = ['input', 'filter']
  if (workflowId == null && (profileId == null || waitsIn != null)) {
    throw InvalidInput({ problem: 'Name the workflow, or a profile.' }, path)
  }
  const [canonical] =
    profileId == null ? [] : await resolveAliases(database, [readId(profileId, [...path, 'profileId'])])
  return {
    workflowId: workflowId == null ? undefined : readId(workflowId, [...path, 'workflowId']),
    version: version ?? undefined,
    nodeId: waitsIn ?? undefined,
    profileIds: canonical === undefined ? undefined : (await idsHoldingRows(database, [canonical])).get(canonical),
  }
}
