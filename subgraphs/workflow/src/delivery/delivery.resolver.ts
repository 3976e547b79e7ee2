// Queries for deliveries, and what hangs on one.
import type { Workflow } from '@segue/database'
import { ConnectionArgs, GraphQLJSON, readId, Right, type Connection } from '@segue/graphql'
import type { JsonValue } from '@segue/workflow-engine'
import { Arg, Args, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql'
import type { WorkflowContext } from '../loaders.js'
import { RunNode } from '../run/run.js'
import { ProfileStub } from '../stubs.js'
import { WorkflowNode } from '../workflow/workflow.js'
import { DeliveryConnection, DeliveryErrorNode, DeliveryFilter, DeliveryNode } from './delivery.js'
import { findDeliveries } from './find-deliveries.js'

@Right('deliveries.read')
@Resolver(() => DeliveryNode)
export class DeliveryResolver {
  @Query(() => DeliveryNode, { nullable: true, description: 'A delivery by its id.' })
  delivery(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { loaders }: WorkflowContext,
  ): Promise<DeliveryNode | null> {
    return loaders.delivery.load(readId(id))
  }

  @Query(() => DeliveryConnection, { nullable: true, description: 'Deliveries, the newest first.' })
  deliveries(
    @Arg('filter', () => DeliveryFilter, { nullable: true, description: 'Which ones.' }) filter: DeliveryFilter | null,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Ctx() { database }: WorkflowContext,
  ): Promise<Connection<DeliveryNode>> {
    return findDeliveries(database, filter ?? {}, args)
  }

  @FieldResolver(() => GraphQLJSON, { nullable: true, description: 'What is sent, as its transport wants it.' })
  async request(@Root() { id }: DeliveryNode, @Ctx() { loaders }: WorkflowContext): Promise<JsonValue> {
    return (await loaders.deliveryDetail.load(id)).request
  }

  @FieldResolver(() => GraphQLJSON, { nullable: true, description: 'What the other side answered the last time.' })
  async response(@Root() { id }: DeliveryNode, @Ctx() { loaders }: WorkflowContext): Promise<JsonValue> {
    return (await loaders.deliveryDetail.load(id)).response
  }

  @FieldResolver(() => Int, { nullable: true, description: 'The status of that answer, where the transport has one.' })
  async status(@Root() { id }: DeliveryNode, @Ctx() { loaders }: WorkflowContext): Promise<number | null> {
    return (await loaders.deliveryDetail.load(id)).status
  }

  @FieldResolver(() => DeliveryErrorNode, { nullable: true, description: 'Why the last attempt failed.' })
  async error(@Root() { id }: DeliveryNode, @Ctx() { loaders }: WorkflowContext): Promise<DeliveryErrorNode | null> {
    return (await loaders.deliveryDetail.load(id)).error
  }

  @FieldResolver(() => [String], { description: 'Consents that the person must still have given when it is sent.' })
  async requiredConsents(@Root() { id }: DeliveryNode, @Ctx() { loaders }: WorkflowContext): Promise<string[]> {
    return (await loaders.deliveryDetail.load(id)).requiredConsents
  }

  @FieldResolver(() => RunNode, { nullable: true, description: 'The run that made it.' })
  async run(@Root() { runId }: DeliveryNode, @Ctx() { loaders }: WorkflowContext): Promise<RunNode | null> {
    return runId === null ? null : loaders.run.load(runId)
  }

  @FieldResolver(() => WorkflowNode, {
    nullable: true,
    description: 'The workflow that made it; null when it was removed.',
  })
  async workflow(@Root() { workflowId }: DeliveryNode, @Ctx() { loaders }: WorkflowContext): Promise<Workflow | null> {
    return workflowId === null ? null : loaders.workflow.load(workflowId)
  }

  @FieldResolver(() => ProfileStub, { nullable: true, description: 'For whom it is; null for nobody.' })
  async profile(@Root() { profileId }: DeliveryNode, @Ctx() { loaders }: WorkflowContext): Promise<ProfileStub | null> {
    return profileId === null ? null : { id: await loaders.canonicalId.load(profileId) }
  }
}
