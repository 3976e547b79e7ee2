// How many are in a segment, for those who watch it fill.
import type { Segment } from '@segue/database'
import { ChangeCount, LiveMessage, liveTopic, readId, Right } from '@segue/graphql'
import type { LiveRoot, LiveTopic } from '@segue/graphql'
import { Arg, Ctx, Field, ID, Int, ObjectType, Resolver, Root, Subscription } from 'type-graphql'
import type { SegmentContext } from '../loaders.js'
import { SegmentNode } from '../segment.js'

/** Members are counted anew for each message: some 100 ms for 100,000 of them. */
const EVERY_MS = 1000

@ObjectType({ description: 'A segment and its size as they are now.' })
class SegmentSizeChanged extends LiveMessage {
  @Field(() => SegmentNode, { nullable: true, description: 'The segment; null when it is not there any more.' })
  segment!: Segment | null

  @Field(() => Int, { description: 'How many profiles are in it.' })
  size!: number
}

async function changedSegment(given: { id: string }): Promise<LiveTopic<{ skipped: number }>> {
  const id = readId(given.id)
  return {
    // A merge of two members leaves one; which segments they were in nobody has looked up.
    collect: () => new ChangeCount(({ segments, merged }) => segments.includes(id) || merged.length > 0),
    everyMs: EVERY_MS,
  }
}

@Resolver()
export class SegmentSizeChangedResolver {
  @Right('segments.read')
  @Subscription(() => SegmentSizeChanged, {
    nullable: true,
    description:
      'A segment’s size when it may have changed, once a second at most. The first message comes at once and says how it is.',
    subscribe: liveTopic(changedSegment),
  })
  async segmentSizeChanged(
    @Root() message: LiveRoot<{ skipped: number }>,
    @Arg('id', () => ID, { description: 'Which segment.' }) id: string,
    @Arg('after', () => String, { nullable: true, description: 'The `cursor` of a message, to go on from there.' })
    _after: string | null,
    @Ctx() { loaders }: SegmentContext,
  ): Promise<SegmentSizeChanged> {
    const segment = await loaders.segment.load(readId(id))
    return { ...message, segment, size: await loaders.memberCount.load(readId(id)) }
  }
}
