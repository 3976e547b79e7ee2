// Another subgraph's profile, as far as segments concern it: which segments it is in.
import { Ctx, Directive, Field, FieldResolver, ID, ObjectType, Resolver, Root } from 'type-graphql'
import type { SegmentContext } from './loaders.js'
import { SegmentNode } from './segment.js'

@Directive('@key(fields: "id")')
@ObjectType('Profile')
export class ProfileStub {
  @Field(() => ID)
  id!: string
}

@Resolver(() => ProfileStub)
export class ProfileResolver {
  @FieldResolver(() => [SegmentNode], { nullable: true, description: 'The segments it is in, by name.' })
  async segments(@Root() profile: ProfileStub, @Ctx() { loaders }: SegmentContext): Promise<SegmentNode[]> {
    const ids = await loaders.segmentIdsOfProfile.load(profile.id)
    const segments = await Promise.all(ids.map((id) => loaders.segment.load(id)))
    // null: deleted between the two reads.
    return segments.filter((segment) => segment !== null).sort((a, b) => a.name.localeCompare(b.name, 'en'))
  }
}
