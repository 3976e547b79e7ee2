// What happened to a profile, across events and workflow runs.
import { Right, activityPage, ConnectionArgs, type SubgraphContext } from '@segue/graphql'
import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { ProfileLoaders } from '../loaders.js'
import { Profile } from '../profile/profile.js'
import { EventReference, RunReference, TimelineConnection } from './timeline.js'

@Right('profiles.read')
@Resolver(() => Profile)
export class TimelineResolver {
  @FieldResolver(() => TimelineConnection, { description: 'Events and workflow runs of the person, the newest first.' })
  async timeline(
    @Root() { id }: Profile,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Ctx() { loaders }: SubgraphContext<ProfileLoaders>,
  ): Promise<TimelineConnection> {
    const { request, connection } = activityPage(id, args)
    const { edges, pageInfo } = connection(await loaders.activity.load(request))
    return {
      pageInfo,
      edges: edges.map(({ cursor, node: { at, kind, ref } }) => ({
        cursor,
        at,
        node: Object.assign(kind === 'event' ? new EventReference() : new RunReference(), { id: ref }),
      })),
    }
  }
}
