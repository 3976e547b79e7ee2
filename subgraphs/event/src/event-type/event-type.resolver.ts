// Queries for event types, and what hangs on one.
import type { EventType } from '@segue/database'
import { EventType as EventTypeRow } from '@segue/database'
import { Right, ConnectionArgs, connectionType, findPage, type Connection, type Keyset } from '@segue/graphql'
import { MaxLength } from 'class-validator'
import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import { EventSchemaNode, toSchema } from '../event-schema/event-schema.js'
import type { EventContext } from '../loaders.js'
import { EventTypeNode } from './event-type.js'
import { EventMappingNode, IdentityMappingNode, ProfileMappingNode, SlotMappingNode } from './mapping.js'

const EventTypeConnection = connectionType(EventTypeNode, 'EventType')

const BY_ID: Keyset<EventType> = { keys: [{ column: 'type.id', kind: 'text', of: (type) => type.id }] }

@ArgsType()
class EventTypesArguments extends ConnectionArgs {
  @MaxLength(64)
  @Field(() => String, { nullable: true, description: 'Only those of this group.' })
  group?: string | null

  @MaxLength(160)
  @Field(() => String, { nullable: true, description: 'A part of the id or name.' })
  search?: string | null
}

@Right('event-types.read')
@Resolver(() => EventTypeNode)
export class EventTypeResolver {
  @Query(() => EventTypeNode, { nullable: true, description: 'An event type by its id.' })
  eventType(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { loaders }: EventContext,
  ): Promise<EventType | null> {
    return loaders.type.load(id)
  }

  // A few hundred rows in the order of the primary key: group and search are looked at row by row.
  @Query(() => EventTypeConnection, { nullable: true, description: 'Event types by id.' })
  eventTypes(
    @Args(() => EventTypesArguments) args: EventTypesArguments,
    @Ctx() { database }: EventContext,
  ): Promise<Connection<EventType>> {
    const query = database.getRepository(EventTypeRow).createQueryBuilder('type')
    if (args.group != null) query.andWhere('type.group = :group', { group: args.group })
    if (args.search) {
      query.andWhere('(type.id LIKE :part OR type.name LIKE :part)', {
        part: `%${args.search.replace(/[\\%_]/g, '\\$&')}%`,
      })
    }
    return findPage(query, BY_ID, args)
  }

  @Query(() => [String], { nullable: true, description: 'The groups that event types are listed under.' })
  async eventTypeGroups(@Ctx() { database }: EventContext): Promise<string[]> {
    const rows = await database
      .getRepository(EventTypeRow)
      .createQueryBuilder('type')
      .select('DISTINCT type.group', 'name')
      .orderBy('name')
      .getRawMany<{ name: string }>()
    return rows.map((row) => row.name)
  }

  @FieldResolver(() => [EventMappingNode], { description: 'What it copies into the event’s typed documents.' })
  eventMappings(@Root() type: EventType): EventMappingNode[] {
    return type.eventMappings as unknown as EventMappingNode[]
  }

  @FieldResolver(() => [ProfileMappingNode], { description: 'What it copies to the profile.' })
  profileMappings(@Root() type: EventType): ProfileMappingNode[] {
    return type.profileMappings as unknown as ProfileMappingNode[]
  }

  @FieldResolver(() => [IdentityMappingNode], { description: 'Which of its properties identify the person.' })
  identities(@Root() type: EventType): IdentityMappingNode[] {
    return type.identities as unknown as IdentityMappingNode[]
  }

  @FieldResolver(() => [SlotMappingNode], { description: 'Which of its properties fill indexed columns.' })
  slots(@Root() type: EventType): SlotMappingNode[] {
    return Object.entries(type.slots).map(([slot, from]) => ({ slot, from }) as SlotMappingNode)
  }

  @FieldResolver(() => [EventSchemaNode], { description: 'What its events have to follow.' })
  async schemas(@Root() { id }: EventType, @Ctx() { loaders }: EventContext): Promise<EventSchemaNode[]> {
    return (await loaders.schemas.load(id)).map(toSchema)
  }
}
