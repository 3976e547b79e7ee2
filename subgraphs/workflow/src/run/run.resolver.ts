// Queries for runs, and what hangs on one.
import type { Workflow, WorkflowTrigger, WorkflowVersion } from '@segue/database'
import { Right, ConnectionArgs, readId, type Connection } from '@segue/graphql'
import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import type { WorkflowContext } from '../loaders.js'
import { ProfileStub } from '../stubs.js'
import { TriggerNode } from '../trigger/trigger.js'
import { VersionNode } from '../version/version.js'
import { WorkflowNode } from '../workflow/workflow.js'
import { findRuns, RunConnection, WorkflowRunFilter } from './find-runs.js'
import { RunNode } from './run.js'
import { RunErrorNode, RunLogEntryNode, RunStepNode, RunWaitNode } from './run-trace.js'

@Right('runs.read')
@Resolver(() => RunNode)
export class RunResolver {
  @Query(() => RunNode, { nullable: true, description: 'A run by its id.' })
  workflowRun(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { loaders }: WorkflowContext,
  ): Promise<RunNode | null> {
    return loaders.run.load(readId(id))
  }

  @Query(() => RunConnection, { nullable: true, description: 'Runs, the newest first.' })
  workflowRuns(
    @Arg('filter', () => WorkflowRunFilter, { nullable: true, description: 'Which runs.' })
    filter: WorkflowRunFilter | null,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Ctx() { database }: WorkflowContext,
  ): Promise<Connection<RunNode>> {
    return findRuns(database, filter ?? {}, args)
  }

  @FieldResolver(() => [RunStepNode], {
    description: 'The nodes that ran, in their order; also while it waits. Of a long run the last ones.',
  })
  async steps(@Root() { id }: RunNode, @Ctx() { loaders }: WorkflowContext): Promise<RunStepNode[]> {
    return (await loaders.trace.load(id)).steps
  }

  @FieldResolver(() => [RunLogEntryNode], { description: 'What its nodes wrote into the log.' })
  async log(@Root() { id }: RunNode, @Ctx() { loaders }: WorkflowContext): Promise<RunLogEntryNode[]> {
    return (await loaders.trace.load(id)).log
  }

  @FieldResolver(() => RunErrorNode, { nullable: true, description: 'Why it failed.' })
  async error(@Root() { id }: RunNode, @Ctx() { loaders }: WorkflowContext): Promise<RunErrorNode | null> {
    return (await loaders.trace.load(id)).error
  }

  @FieldResolver(() => [RunWaitNode], { description: 'What it waits for; empty unless it does.' })
  async waits(@Root() { id }: RunNode, @Ctx() { loaders }: WorkflowContext): Promise<RunWaitNode[]> {
    return (await loaders.trace.load(id)).waits
  }

  @FieldResolver(() => RunNode, { nullable: true, description: 'The run that began it as a sub-workflow.' })
  async parentRun(@Root() { parentRunId }: RunNode, @Ctx() { loaders }: WorkflowContext): Promise<RunNode | null> {
    return parentRunId === null ? null : loaders.run.load(parentRunId)
  }

  @FieldResolver(() => WorkflowNode, { nullable: true, description: 'The workflow; null when it was removed.' })
  workflow(@Root() { workflowId }: RunNode, @Ctx() { loaders }: WorkflowContext): Promise<Workflow | null> {
    return loaders.workflow.load(workflowId)
  }

  @FieldResolver(() => VersionNode, { nullable: true, description: 'The version that ran, with its graph.' })
  definition(
    @Root() { workflowId, version }: RunNode,
    @Ctx() { loaders }: WorkflowContext,
  ): Promise<WorkflowVersion | null> {
    return loaders.version.load({ workflowId, version })
  }

  @FieldResolver(() => TriggerNode, { nullable: true, description: 'What started it; null when that was removed.' })
  async trigger(@Root() { triggerId }: RunNode, @Ctx() { loaders }: WorkflowContext): Promise<WorkflowTrigger | null> {
    return triggerId === null ? null : loaders.trigger.load(triggerId)
  }

  @FieldResolver(() => ProfileStub, { nullable: true, description: 'For whom it ran; null for nobody.' })
  async profile(@Root() { profileId }: RunNode, @Ctx() { loaders }: WorkflowContext): Promise<ProfileStub | null> {
    return profileId === null ? null : { id: await loaders.canonicalId.load(profileId) }
  }
}
