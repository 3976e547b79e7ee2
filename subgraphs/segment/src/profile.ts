// Another subgraph's profile, as far as segments concern it: which segments it is in.
import { Right } from '@segue/graphql'
import { Ctx, Directive, Field, FieldResolver, ID, ObjectType, Resolver, Root } from 'type-graphql'
import type { SegmentContext } from './loaders.js'
import { SegmentNode } from './segment.js'

@Right('profiles.read')
@Directive('@key(fields: "id")')
@ObjectType('Profile', { description: 'A person (or a visitor who may become one), as events and workflows made it.' })
export class ProfileStub {
  @Field(() => ID, { description: 'The canonical id. Ids that a merge retired answer with this profile too.' })
  id!: string
}

@Right('segments.read')
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
