// Queries for triggers, and what hangs on one.
import type { Workflow, WorkflowTrigger } from '@segue/database'
import { Right, readId } from '@segue/graphql'
import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import type { WorkflowContext } from '../loaders.js'
import { EventSourceStub, EventTypeStub } from '../stubs.js'
import { WorkflowNode } from '../workflow/workflow.js'
import { TriggerNode } from './trigger.js'

@Right('workflows.read')
@Resolver(() => TriggerNode)
export class TriggerResolver {
  @Query(() => TriggerNode, { nullable: true, description: 'A trigger by its id.' })
  workflowTrigger(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { loaders }: WorkflowContext,
  ): Promise<WorkflowTrigger | null> {
    return loaders.trigger.load(readId(id))
  }

  @FieldResolver(() => WorkflowNode, { nullable: true, description: 'What it starts.' })
  workflow(@Root() { workflowId }: WorkflowTrigger, @Ctx() { loaders }: WorkflowContext): Promise<Workflow | null> {
    return loaders.workflow.load(workflowId)
  }

  @FieldResolver(() => EventTypeStub, { nullable: true, description: 'What is known of the type; null for nothing.' })
  eventType(@Root() { eventTypeId }: WorkflowTrigger): EventTypeStub {
    return { id: eventTypeId }
  }

  @FieldResolver(() => EventSourceStub, { nullable: true, description: 'The event source; null for every one.' })
  source(@Root() { sourceId }: WorkflowTrigger): EventSourceStub | null {
    return sourceId === null ? null : { id: sourceId }
  }
}
