// Queries for event sources.
import { EventSource } from '@segue/database'
import { Right, ConnectionArgs, connectionType, findPage, type Connection, type Keyset } from '@segue/graphql'
import { Arg, Args, Ctx, ID, Query, Resolver } from 'type-graphql'
import type { EventContext } from '../loaders.js'
import { EventSourceNode } from './event-source.js'

const EventSourceConnection = connectionType(EventSourceNode, 'EventSource')

const BY_ID: Keyset<EventSource> = { keys: [{ column: 'source.id', kind: 'text', of: (source) => source.id }] }

@Right('sources.read')
@Resolver(() => EventSourceNode)
export class EventSourceResolver {
  @Query(() => EventSourceNode, { nullable: true, description: 'An event source by its id.' })
  eventSource(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { loaders }: EventContext,
  ): Promise<EventSource | null> {
    return loaders.source.load(id)
  }

  @Query(() => EventSourceConnection, { nullable: true, description: 'Event sources by id.' })
  eventSources(
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Ctx() { database }: EventContext,
  ): Promise<Connection<EventSource>> {
    return findPage(database.getRepository(EventSource).createQueryBuilder('source'), BY_ID, args)
  }
}
