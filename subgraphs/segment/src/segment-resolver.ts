// Queries of segments and their members.
import { Segment } from '@segue/database'
import {
  Right,
  ConnectionArgs,
  connectionType,
  findPage,
  readId,
  sqlPage,
  type Connection,
  type Keyset,
} from '@segue/graphql'
import { MaxLength } from 'class-validator'
import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql'
import type { SegmentContext } from './loaders.js'
import { ProfileStub } from './profile.js'
import { SegmentNode } from './segment.js'
import { BY_ROW } from './sql/find-members.js'

const SegmentConnection = connectionType(SegmentNode, 'Segment')
const SegmentProfileConnection = connectionType(ProfileStub, 'SegmentProfile', { foreign: true })

/** Names are unique, so they are a whole key. */
const BY_NAME: Keyset<Segment> = { keys: [{ column: 'segment.name', kind: 'text', of: (segment) => segment.name }] }

@ArgsType()
class SegmentsArgs extends ConnectionArgs {
  @Field(() => String, { nullable: true, description: 'A part of the name.' })
  @MaxLength(160)
  search?: string | null
}

@Right('segments.read')
@Resolver(() => SegmentNode)
export class SegmentResolver {
  @Query(() => SegmentConnection, { nullable: true, description: 'Segments by name.' })
  async segments(
    @Args(() => SegmentsArgs) args: SegmentsArgs,
    @Ctx() { database }: SegmentContext,
  ): Promise<Connection<SegmentNode>> {
    const query = database.getRepository(Segment).createQueryBuilder('segment')
    if (args.search) query.where('segment.name LIKE :search', { search: `%${escapeLike(args.search)}%` })
    return await findPage(query, BY_NAME, args)
  }

  @Query(() => SegmentNode, { nullable: true, description: 'A segment by its id.' })
  async segment(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { loaders }: SegmentContext,
  ): Promise<SegmentNode | null> {
    return await loaders.segment.load(readId(id))
  }

  @FieldResolver(() => Int, { nullable: true, description: 'How many profiles are in it.' })
  async profileCount(@Root() segment: SegmentNode, @Ctx() { loaders }: SegmentContext): Promise<number> {
    return await loaders.memberCount.load(segment.id)
  }

  @FieldResolver(() => SegmentProfileConnection, { nullable: true, description: 'The profiles in it, by id.' })
  async profiles(
    @Root() segment: SegmentNode,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Ctx() { loaders }: SegmentContext,
  ): Promise<Connection<ProfileStub>> {
    const page = sqlPage(BY_ROW, args)
    return page.connection(await loaders.memberPage.load({ segmentId: segment.id, page }))
  }
}

/** `%`, `_` and `\` as themselves in a LIKE pattern. */
function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}
