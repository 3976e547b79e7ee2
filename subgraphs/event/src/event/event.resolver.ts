// Queries for events, and what hangs on one.
import type { EventSource, EventType } from '@segue/database'
import { Right, connectionType, Count, readId, type Connection } from '@segue/graphql'
import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import { EventTypeNode } from '../event-type/event-type.js'
import type { EventContext } from '../loaders.js'
import { EventSourceNode } from '../source/event-source.js'
import { countEvents } from '../sql/count-events.js'
import { conditionsOf, EventFilter, EventsArguments } from './event-arguments.js'
import { EventNode } from './event.js'
import { findEvents } from './find-events.js'
import { ProfileStub } from './profile.js'

export const EventConnection = connectionType(EventNode, 'Event')

@Right('events.read')
@Resolver(() => EventNode)
export class EventResolver {
  @Query(() => EventNode, { nullable: true, description: 'An event by its id.' })
  event(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { loaders }: EventContext,
  ): Promise<EventNode | null> {
    return loaders.event.load(readId(id))
  }

  @Query(() => EventConnection, {
    nullable: true,
    description: 'Events, newest first: by when they happened when a type or a profile is named, else by receipt.',
  })
  events(
    @Args(() => EventsArguments) args: EventsArguments,
    @Ctx() context: EventContext,
  ): Promise<Connection<EventNode>> {
    return findEvents(args, context)
  }

  @Query(() => Count, { nullable: true, description: 'How many events there are; looks at a million at most.' })
  eventCount(
    @Arg('filter', () => EventFilter, { nullable: true, description: 'Which events.' }) filter: EventFilter | null,
    @Ctx() { database }: EventContext,
  ): Promise<Count> {
    return countEvents(database, conditionsOf(filter))
  }

  @FieldResolver(() => ProfileStub, { nullable: true, description: 'Whom it is about; null for nobody.' })
  async profile(@Root() { profileId }: EventNode, @Ctx() { loaders }: EventContext): Promise<ProfileStub | null> {
    return profileId === null ? null : { id: await loaders.canonicalId.load(profileId) }
  }

  @FieldResolver(() => EventSourceNode, { nullable: true, description: 'Where it came from; null when that is gone.' })
  source(@Root() { sourceId }: EventNode, @Ctx() { loaders }: EventContext): Promise<EventSource | null> {
    return loaders.source.load(sourceId)
  }

  @FieldResolver(() => EventTypeNode, { nullable: true, description: 'What is known of its type; null for nothing.' })
  definition(@Root() { type }: EventNode, @Ctx() { loaders }: EventContext): Promise<EventType | null> {
    return loaders.type.load(type)
  }
}
