// What waits to be processed.
import { Right } from '@segue/graphql'
import { Ctx, Field, Int, ObjectType, Query, Resolver } from 'type-graphql'
import type { EventContext } from '../loaders.js'
import { inboxDepth } from '../sql/inbox-depth.js'

@ObjectType({ description: 'What waits in a partition of the inbox.' })
export class InboxPartition {
  @Field(() => Int, { description: 'Its number, from 0.' })
  partition!: number

  @Field(() => Int, { description: 'Events that wait, counted up to 20,000.' })
  waiting!: number

  @Field(() => Boolean, { description: 'Whether that is all.' })
  exact!: boolean

  @Field(() => Date, { nullable: true, description: 'When the oldest was taken in; null when none waits.' })
  oldestReceivedAt!: Date | null
}

@ObjectType({ description: 'What waits in the inbox to be processed.' })
export class InboxDepth {
  @Field(() => Int, { description: 'Events that wait, counted up to 20,000 a partition.' })
  waiting!: number

  @Field(() => Boolean, { description: 'Whether that is all.' })
  exact!: boolean

  @Field(() => Date, { nullable: true, description: 'When the oldest was taken in; null when none waits.' })
  oldestReceivedAt!: Date | null

  @Field(() => [InboxPartition], { description: 'The same by partition.' })
  partitions!: InboxPartition[]
}

@Right('events.read')
@Resolver()
export class InboxResolver {
  @Query(() => InboxDepth, { nullable: true, description: 'How many events wait to be processed, and since when.' })
  async inboxDepth(@Ctx() { database }: EventContext): Promise<InboxDepth> {
    const partitions = await inboxDepth(database)
    const oldest = partitions.flatMap(({ oldestReceivedAt }) => oldestReceivedAt?.getTime() ?? [])
    return {
      waiting: partitions.reduce((sum, { waiting }) => sum + waiting, 0),
      exact: partitions.every(({ exact }) => exact),
      oldestReceivedAt: oldest.length > 0 ? new Date(Math.min(...oldest)) : null,
      partitions,
    }
  }
}
