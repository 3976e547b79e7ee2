// A person's events.
import { Right } from '@segue/graphql'
import type { Connection } from '@segue/graphql'
import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { EventContext } from '../loaders.js'
import { ProfileEventsArguments } from './event-arguments.js'
import type { EventNode } from './event.js'
import { EventConnection } from './event.resolver.js'
import { eventsOfProfile } from './find-events.js'
import { ProfileStub } from './profile.js'

@Right('events.read')
@Resolver(() => ProfileStub)
export class ProfileEventsResolver {
  @FieldResolver(() => EventConnection, { nullable: true, description: 'What the person did, the latest first.' })
  events(
    @Root() { id }: ProfileStub,
    @Args(() => ProfileEventsArguments) args: ProfileEventsArguments,
    @Ctx() { loaders }: EventContext,
  ): Promise<Connection<EventNode>> {
    return eventsOfProfile(id, args, { type: args.type ?? undefined }, loaders)
  }
}
