// What people do with what waits: not wait any longer, or try again what was given up.
import { ChangesWriter, insertChanges, toBytes, type Database } from '@segue/database'
import { MutationInput, MutationPayload, Right } from '@segue/graphql'
import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql'
import { checkChoice, missingOf, MOST_CHOSEN, readIds, readLimit, subjectOf } from '../chosen.js'
import type { WorkflowMutationContext } from '../loaders.js'
import { makeDue, type Wish } from '../sql/delayed-events.js'
import { DelayedEventFilter } from './delayed-event.js'
import { readFilter } from './find-delayed-events.js'

@InputType({ description: 'Which delayed events: either ids or a filter.' })
class DelayedEventsInput extends MutationInput {
  @Field(() => [ID], { nullable: true, description: 'Their ids; at most 10,000.' })
  ids?: string[] | null

  @Field(() => DelayedEventFilter, { nullable: true, description: 'All that match, up to `limit`.' })
  filter?: DelayedEventFilter | null

  @Field(() => Int, {
    nullable: true,
    description: 'How many of what matches at most; 1,000 when unset, at most 10,000.',
  })
  limit?: number | null
}

@ObjectType({ description: 'What became of delayed events.' })
class DelayedEventsPayload extends MutationPayload {
  @Field(() => Int, { nullable: true, description: 'How many were changed.' })
  count?: number | null

  @Field(() => Boolean, { nullable: true, description: 'Whether the limit was reached, so that others may be left.' })
  more?: boolean | null

  @Field(() => [ID], {
    nullable: true,
    description: 'Of ids that were asked for: those that are gone, or stand as is wished already.',
  })
  missingIds?: string[] | null
}

@Right('runs.write')
@Resolver()
export class DelayedEventMutations {
  @Mutation(() => DelayedEventsPayload, {
    description:
      'Carries out now what is due later, as if its time had come: a wait for an event goes on as when none came in time.',
  })
  async runDelayedEventsNow(
    @Arg('input', () => DelayedEventsInput, { description: 'Which ones.' }) input: DelayedEventsInput,
    @Ctx() context: WorkflowMutationContext,
  ): Promise<DelayedEventsPayload> {
    return await change(context, 'now', input)
  }

  @Mutation(() => DelayedEventsPayload, {
    description: 'Tries dead ones again, from their first attempt.',
  })
  async replayDelayedEvents(
    @Arg('input', () => DelayedEventsInput, { description: 'Which ones.' }) input: DelayedEventsInput,
    @Ctx() context: WorkflowMutationContext,
  ): Promise<DelayedEventsPayload> {
    return await change(context, 'replay', input)
  }
}

async function change(
  { transaction, audit }: WorkflowMutationContext,
  wish: Wish,
  input: DelayedEventsInput,
): Promise<DelayedEventsPayload> {
  checkChoice(input)
  const ids = input.ids ? readIds(input.ids, MOST_CHOSEN) : undefined
  const limit = ids ? ids.length : readLimit(input.limit, MOST_CHOSEN)
  const restriction = ids ? { ids } : await readFilter(transaction, input.filter ?? {}, ['input', 'filter'])
  const done = await makeDue(transaction, wish, restriction, limit)
  await tellDelayed(
    transaction,
    done.map(({ workflowId }) => workflowId),
  )
  const doneIds = done.map(({ id }) => id)
  const answer = { count: done.length, more: !ids && done.length === limit, missingIds: missingOf(ids, doneIds) }
  audit({
    action: wish === 'now' ? 'delayed-event.run-now' : 'delayed-event.replay',
    subject: subjectOf('DelayedEvent', ids ?? []),
    after: { filter: input.filter ?? undefined, ids: doneIds, count: answer.count },
  })
  return answer
}

/** Tells those who watch these workflows’ waits, in the transaction of the change. */
export async function tellDelayed(transaction: Database, workflowIds: readonly string[]): Promise<void> {
  const changes = new ChangesWriter()
  for (const id of new Set(workflowIds)) changes.delayed(toBytes(id))
  await insertChanges(transaction, changes.finish())
}
