// A profile as it changes, for those who look at it.
import { ChangeCount, LiveMessage, liveTopic, readId, Right, watchedProfile } from '@segue/graphql'
import type { LiveRoot, LiveTopic, SubgraphContext } from '@segue/graphql'
import { Arg, Ctx, Field, ID, ObjectType, Resolver, Root, Subscription } from 'type-graphql'
import type { ProfileLoaders } from '../loaders.js'
import { Profile } from '../profile/profile.js'

@ObjectType({ description: 'A profile as it is now.' })
class ProfileChanged extends LiveMessage {
  @Field(() => Profile, {
    nullable: true,
    description: 'The profile; after a merge, the one that it became. Null when there is none of that id yet.',
  })
  profile!: Profile | null
}

async function changedProfile(
  { id }: { id: string },
  { database }: SubgraphContext<ProfileLoaders>,
): Promise<LiveTopic<{ skipped: number }>> {
  const profile = await watchedProfile(database, readId(id))
  return { collect: () => new ChangeCount((changes) => profile.sees(changes)) }
}

@Resolver()
export class ProfileChangedResolver {
  @Right('profiles.read')
  @Subscription(() => ProfileChanged, {
    nullable: true,
    description: 'A profile whenever it is written or merged. The first message comes at once and says how it is.',
    subscribe: liveTopic(changedProfile),
  })
  async profileChanged(
    @Root() message: LiveRoot<{ skipped: number }>,
    @Arg('id', () => ID, { description: 'Its id; one that a merge retired will do.' }) id: string,
    @Arg('after', () => String, { nullable: true, description: 'The `cursor` of a message, to go on from there.' })
    _after: string | null,
    @Ctx() { loaders }: SubgraphContext<ProfileLoaders>,
  ): Promise<ProfileChanged> {
    return { ...message, profile: await loaders.profile.load(readId(id)) }
  }
}
