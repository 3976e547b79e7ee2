// What people do with deliveries: send again what did not arrive, stop what was not sent yet.
import { MutationInput, MutationPayload, Right } from '@segue/graphql'
import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql'
import { checkChoice, missingOf, MOST_CHOSEN, readIds, readLimit, subjectOf } from '../chosen.js'
import { tellDelayed } from '../delayed-event/delayed-event.mutations.js'
import type { WorkflowMutationContext } from '../loaders.js'
import { cancelDeliveries, replayDeliveries, type DeliveryRestriction } from '../sql/deliveries.js'
import { DeliveryFilter } from './delivery.js'
import { readDeliveryFilter } from './find-deliveries.js'

@InputType({ description: 'Which deliveries: either ids or a filter, which may be a time alone.' })
class DeliveriesInput extends MutationInput {
  @Field(() => [ID], { nullable: true, description: 'Their ids; at most 10,000.' })
  ids?: string[] | null

  @Field(() => DeliveryFilter, { nullable: true, description: 'All that match, the oldest first, up to `limit`.' })
  filter?: DeliveryFilter | null

  @Field(() => Int, {
    nullable: true,
    description: 'How many of what matches at most; 1,000 when unset, at most 10,000.',
  })
  limit?: number | null
}

@ObjectType({ description: 'What became of deliveries.' })
class DeliveriesPayload extends MutationPayload {
  @Field(() => Int, { nullable: true, description: 'How many were changed.' })
  count?: number | null

  @Field(() => [ID], {
    nullable: true,
    description: 'Of ids that were asked for: those that are not there, or do not stand so that it can be done.',
  })
  missingIds?: string[] | null

  @Field(() => Boolean, { nullable: true, description: 'Whether the limit was reached, so that others may be left.' })
  more?: boolean | null
}

@Right('deliveries.write')
@Resolver()
export class DeliveryMutations {
  @Mutation(() => DeliveriesPayload, {
    description:
      'Sends again what was rejected or cancelled, with the same idempotency key. The runs that made it have gone on, and do not get the answer.',
  })
  async replayDeliveries(
    @Arg('input', () => DeliveriesInput, { description: 'Which ones.' }) input: DeliveriesInput,
    @Ctx() context: WorkflowMutationContext,
  ): Promise<DeliveriesPayload> {
    const { ids, restriction, limit } = await read(context, input)
    const done = await replayDeliveries(context.transaction, restriction, limit)
    return told(context, 'delivery.replay', input, { ids, done, limit })
  }

  @Mutation(() => DeliveriesPayload, {
    description:
      'Stops what is still to be sent, unless a worker is sending it just now. A run that waits for it goes on as after a rejection, with the code CANCELLED.',
  })
  async cancelDeliveries(
    @Arg('input', () => DeliveriesInput, { description: 'Which ones.' }) input: DeliveriesInput,
    @Ctx() context: WorkflowMutationContext,
  ): Promise<DeliveriesPayload> {
    const { ids, restriction, limit } = await read(context, input)
    const { ids: done, workflowIds } = await cancelDeliveries(context.transaction, restriction, limit)
    await tellDelayed(context.transaction, workflowIds)
    return told(context, 'delivery.cancel', input, { ids, done, limit })
  }
}

async function read(
  { transaction }: WorkflowMutationContext,
  input: DeliveriesInput,
): Promise<{ ids: string[] | undefined; restriction: DeliveryRestriction; limit: number }> {
  checkChoice(input)
  const ids = input.ids ? readIds(input.ids, MOST_CHOSEN) : undefined
  if (ids) return { ids, restriction: { ids: ids.length > 0 ? ids : [NOBODY] }, limit: MOST_CHOSEN }
  const restriction = await readDeliveryFilter(transaction, input.filter ?? {}, ['input', 'filter'])
  return { ids, restriction, limit: readLimit(input.limit, MOST_CHOSEN) }
}

/** No statement takes an empty list. */
const NOBODY = '00000000-0000-0000-0000-000000000000'

function told(
  { audit }: WorkflowMutationContext,
  action: `delivery.${string}`,
  { filter }: DeliveriesInput,
  { ids, done, limit }: { ids: string[] | undefined; done: string[]; limit: number },
): DeliveriesPayload {
  audit({
    action,
    subject: subjectOf('Delivery', ids ?? []),
    after: { filter: filter ?? undefined, ids: done, count: done.length },
  })
  return { count: done.length, missingIds: missingOf(ids, done), more: !ids && done.length === limit }
}
