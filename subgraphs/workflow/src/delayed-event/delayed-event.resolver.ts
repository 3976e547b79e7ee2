// Queries for delayed events, and what hangs on one.
import type { Workflow } from '@segue/database'
import { ConnectionArgs, Right, type Connection } from '@segue/graphql'
import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql'
import type { WorkflowContext } from '../loaders.js'
import { RunNode } from '../run/run.js'
import { RunWaitNode } from '../run/run-trace.js'
import { WorkflowNode } from '../workflow/workflow.js'
import { DelayedEventConnection, DelayedEventFilter, DelayedEventNode } from './delayed-event.js'
import { findDelayedEvents } from './find-delayed-events.js'

@Right('runs.read')
@Resolver(() => DelayedEventNode)
export class DelayedEventResolver {
  @Query(() => DelayedEventConnection, {
    nullable: true,
    description:
      'What waits, and what is to be done for runs: of a workflow by node and then the oldest first, with `dueBefore` by the time they are due, else the oldest first.',
  })
  delayedEvents(
    @Arg('filter', () => DelayedEventFilter, { nullable: true, description: 'Which ones.' })
    filter: DelayedEventFilter | null,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Ctx() { database, personal }: WorkflowContext,
  ): Promise<Connection<DelayedEventNode>> {
    return findDelayedEvents(database, filter ?? {}, args, personal)
  }

  @FieldResolver(() => RunNode, { nullable: true, description: 'The run; null for one that is still to begin.' })
  run(@Root() { runId }: DelayedEventNode, @Ctx() { loaders }: WorkflowContext): Promise<RunNode | null> {
    return loaders.run.load(runId)
  }

  @FieldResolver(() => WorkflowNode, { nullable: true, description: 'The workflow; null when it was removed.' })
  workflow(@Root() { workflowId }: DelayedEventNode, @Ctx() { loaders }: WorkflowContext): Promise<Workflow | null> {
    return loaders.workflow.load(workflowId)
  }
}

@Right('runs.read')
@Resolver(() => RunWaitNode)
export class WaitResolver {
  @FieldResolver(() => DelayedEventNode, {
    nullable: true,
    description: 'How it stands: when it is due, how often carrying it out failed. Null in a test run.',
  })
  delayedEvent(@Root() { id }: RunWaitNode, @Ctx() { loaders }: WorkflowContext): Promise<DelayedEventNode | null> {
    return loaders.delayedEvent.load(id)
  }
}
