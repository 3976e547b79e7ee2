// Changes to event types.
import { EventSchema, EventType } from '@segue/database'
import { asPayload } from '@segue/graphql'
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import { QueryFailedError, type DataSource } from 'typeorm'
import { BadTypeId, BuiltInType, StaleType, TypeExists, TypeNotFound } from '../errors.js'
import type { EventContext } from '../loaders.js'
import {
  CreateEventTypeInput,
  DeleteEventTypePayload,
  EventTypeIdInput,
  EventTypePayload,
  UpdateEventTypeInput,
} from './event-type.inputs.js'
import { readEventMappings, readIdentityMappings, readProfileMappings, readSlots } from './read-mappings.js'

/** What clients may send as a type. */
const TYPE_ID = /^[^\s\p{Cc}](?:[^\p{Cc}]{0,126}[^\s\p{Cc}])?$/u

/** What a new event type has where the input says nothing. */
const NOTHING = {
  group: '',
  description: '',
  tags: [],
  journeyStage: null,
  sample: {},
  eventMappings: [],
  profileMappings: [],
  identities: [],
  slots: {},
} satisfies Partial<EventType>

@Resolver()
export class EventTypeMutations {
  @Mutation(() => EventTypePayload, {
    description: 'Makes an event type. Events of types that nobody made are kept too.',
  })
  async createEventType(
    @Arg('input', () => CreateEventTypeInput) input: CreateEventTypeInput,
    @Ctx() { database }: EventContext,
  ): Promise<EventTypePayload> {
    const { id, name } = input
    if (!TYPE_ID.test(id)) throw BadTypeId({}, ['input', 'id'])
    const now = new Date()
    const eventType: EventType = {
      ...NOTHING,
      ...settingsOf(input),
      id,
      name: name.trim(),
      builtIn: false,
      createdAt: now,
      updatedAt: now,
      version: 1,
    }
    try {
      await database.getRepository(EventType).insert(eventType as object)
    } catch (error) {
      if (!(error instanceof QueryFailedError) || error.driverError.code !== 'ER_DUP_ENTRY') throw error
      throw TypeExists({ id }, ['input', 'id'])
    }
    return { eventType }
  }

  @Mutation(() => EventTypePayload, { description: 'Changes an event type, also a built-in one.' })
  async updateEventType(
    @Arg('input', () => UpdateEventTypeInput) input: UpdateEventTypeInput,
    @Ctx() { database }: EventContext,
  ): Promise<EventTypePayload> {
    const { id, version, name } = input
    const changes = {
      ...settingsOf(input),
      ...(name != null ? { name: name.trim() } : {}),
      updatedAt: new Date(),
      version: version + 1,
    }
    const { affected } = await database.getRepository(EventType).update({ id, version }, changes as object)
    const eventType = await findType(database, id)
    return affected === 0
      ? { eventType, userErrors: [asPayload(StaleType({ version }, ['input', 'version']))] }
      : { eventType }
  }

  @Mutation(() => DeleteEventTypePayload, { description: 'Removes an event type and its schemas. Its events stay.' })
  async deleteEventType(
    @Arg('input', () => EventTypeIdInput) { id }: EventTypeIdInput,
    @Ctx() { database }: EventContext,
  ): Promise<DeleteEventTypePayload> {
    const { builtIn } = await findType(database, id)
    if (builtIn) throw BuiltInType({ id }, ['input', 'id'])
    await database.transaction('READ COMMITTED', async (tx) => {
      await tx.getRepository(EventType).delete({ id })
      await tx.getRepository(EventSchema).delete({ eventTypeId: id })
    })
    return { deletedId: id }
  }
}

/** Throws TYPE_NOT_FOUND. */
async function findType(database: DataSource, id: string): Promise<EventType> {
  const type = await database.getRepository(EventType).findOneBy({ id })
  if (!type) throw TypeNotFound({ id: id.slice(0, 128) }, ['input', 'id'])
  return type
}

/** What the input says, as columns. Throws BAD_MAPPING. */
function settingsOf(input: CreateEventTypeInput | UpdateEventTypeInput): Partial<EventType> {
  const { group, description, tags, journeyStage, sample } = input
  const { eventMappings, profileMappings, identities, slots } = input
  return {
    ...(group != null ? { group: group.trim() } : {}),
    ...(description != null ? { description } : {}),
    ...(tags != null ? { tags } : {}),
    ...(journeyStage !== undefined ? { journeyStage } : {}),
    ...(sample != null ? { sample } : {}),
    ...({
      ...(eventMappings != null ? { eventMappings: readEventMappings(eventMappings) } : {}),
      ...(profileMappings != null ? { profileMappings: readProfileMappings(profileMappings) } : {}),
      ...(identities != null ? { identities: readIdentityMappings(identities) } : {}),
      ...(slots != null ? { slots: readSlots(slots) } : {}),
    } as unknown as Partial<EventType>),
  }
}
