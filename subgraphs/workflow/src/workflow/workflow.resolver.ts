// Queries for workflows, and what hangs on one.
import { Workflow, type WorkflowTrigger, type WorkflowVersion } from '@segue/database'
import { Right, ConnectionArgs, connectionType, findPage, readId, type Connection, type Keyset } from '@segue/graphql'
import { Max, MaxLength, Min } from 'class-validator'
import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql'
import type { WorkflowContext } from '../loaders.js'
import { RunConnection, RunsArguments, runsOfWorkflow } from '../run/find-runs.js'
import type { RunNode } from '../run/run.js'
import { TriggerNode } from '../trigger/trigger.js'
import { VersionNode } from '../version/version.js'
import { problemsOf } from './draft.js'
import { toProblem, WorkflowNode, WorkflowProblemNode } from './workflow.js'

const WorkflowConnection = connectionType(WorkflowNode, 'Workflow')

const BY_NAME: Keyset<Workflow> = {
  keys: [
    { column: 'workflow.name', kind: 'text', of: (workflow) => workflow.name },
    { column: 'workflow.id', kind: 'id', of: (workflow) => workflow.id },
  ],
}

@ArgsType()
class WorkflowsArguments extends ConnectionArgs {
  @MaxLength(160)
  @Field(() => String, { nullable: true, description: 'A part of the name.' })
  search?: string | null

  @Field(() => Boolean, { nullable: true, description: 'Only those that are enabled, or that are not.' })
  enabled?: boolean | null
}

@ArgsType()
class VersionsArguments {
  @Min(1)
  @Max(100)
  @Field(() => Int, { defaultValue: 20, description: 'How many, from the latest on; at most 100.' })
  first!: number

  @Field(() => Int, { nullable: true, description: 'Only versions before this one.' })
  before?: number | null
}

@Right('workflows.read')
@Resolver(() => WorkflowNode)
export class WorkflowResolver {
  @Query(() => WorkflowNode, { nullable: true, description: 'A workflow by its id.' })
  workflow(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { loaders }: WorkflowContext,
  ): Promise<Workflow | null> {
    return loaders.workflow.load(readId(id))
  }

  // Some hundred rows in the order of an index: search and filter are looked at row by row.
  @Query(() => WorkflowConnection, { nullable: true, description: 'Workflows by name.' })
  workflows(
    @Args(() => WorkflowsArguments) args: WorkflowsArguments,
    @Ctx() { database }: WorkflowContext,
  ): Promise<Connection<Workflow>> {
    const query = database.getRepository(Workflow).createQueryBuilder('workflow')
    if (args.search) {
      query.andWhere('workflow.name LIKE :part', { part: `%${args.search.replace(/[\\%_]/g, '\\$&')}%` })
    }
    if (args.enabled != null) query.andWhere('workflow.enabled = :enabled', { enabled: args.enabled })
    return findPage(query, BY_NAME, args)
  }

  @FieldResolver(() => [WorkflowProblemNode], { description: 'What keeps the draft from being deployed.' })
  problems(@Root() { draft }: Workflow): WorkflowProblemNode[] {
    return problemsOf(draft).map(toProblem)
  }

  @FieldResolver(() => [VersionNode], { description: 'What was deployed, the latest first.' })
  versions(
    @Root() { id }: Workflow,
    @Args(() => VersionsArguments) { first, before }: VersionsArguments,
    @Ctx() { loaders }: WorkflowContext,
  ): Promise<WorkflowVersion[]> {
    return loaders.versions.load({ workflowId: id, limit: first, before: before ?? undefined })
  }

  @FieldResolver(() => [TriggerNode], { description: 'What starts it, the oldest first.' })
  triggers(@Root() { id }: Workflow, @Ctx() { loaders }: WorkflowContext): Promise<WorkflowTrigger[]> {
    return loaders.triggers.load(id)
  }

  @Right('runs.read')
  @FieldResolver(() => RunConnection, { description: 'How it ran, the newest first.' })
  runs(
    @Root() { id }: Workflow,
    @Args(() => RunsArguments) args: RunsArguments,
    @Ctx() { loaders }: WorkflowContext,
  ): Promise<Connection<RunNode>> {
    return runsOfWorkflow(id, args, loaders)
  }
}
