// Changes to event types.
import { EventSchema, EventType } from '@segue/database'
import { asPayload, Right, saveVersion } from '@segue/graphql'
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import { QueryFailedError } from 'typeorm'
import { BadTypeId, BuiltInType, StaleType, TypeExists, TypeNotFound } from '../errors.js'
import type { EventMutationContext } from '../loaders.js'
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

@Right('event-types.write')
@Resolver()
export class EventTypeMutations {
  @Mutation(() => EventTypePayload, {
    description: 'Makes an event type. Events of types that nobody made are kept too.',
  })
  async createEventType(
    @Arg('input', () => CreateEventTypeInput, { description: 'What it is to be.' }) input: CreateEventTypeInput,
    @Ctx() { transaction, audit }: EventMutationContext,
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
      await transaction.getRepository(EventType).insert(eventType as object)
    } catch (error) {
      if (!(error instanceof QueryFailedError) || error.driverError.code !== 'ER_DUP_ENTRY') throw error
      throw TypeExists({ id }, ['input', 'id'])
    }
    audit({ action: 'event-type.create', subject: { type: 'EventType', id }, after: eventType })
    return { eventType }
  }

  @Mutation(() => EventTypePayload, { description: 'Changes an event type, also a built-in one.' })
  async updateEventType(
    @Arg('input', () => UpdateEventTypeInput, { description: 'Which one, and what changes.' })
    input: UpdateEventTypeInput,
    @Ctx() { transaction, audit }: EventMutationContext,
  ): Promise<EventTypePayload> {
    const { id, version, name } = input
    const changes = { ...settingsOf(input), ...(name != null ? { name: name.trim() } : {}) }
    const saved = await saveVersion(transaction, EventType, id, version, changes)
    if (!saved) throw notFound(id)
    const { now: eventType, stale } = saved
    if (stale) return { eventType, userErrors: [asPayload(StaleType({ version }, ['input', 'version']), stale)] }
    audit({ action: 'event-type.update', subject: { type: 'EventType', id }, before: saved.before, after: eventType })
    return { eventType }
  }

  @Mutation(() => DeleteEventTypePayload, { description: 'Removes an event type and its schemas. Its events stay.' })
  async deleteEventType(
    @Arg('input', () => EventTypeIdInput, { description: 'Which one.' }) { id }: EventTypeIdInput,
    @Ctx() { transaction, audit }: EventMutationContext,
  ): Promise<DeleteEventTypePayload> {
    const types = transaction.getRepository(EventType)
    const type = await types.findOne({ where: { id }, lock: { mode: 'pessimistic_write' } })
    if (!type) throw notFound(id)
    if (type.builtIn) throw BuiltInType({ id }, ['input', 'id'])
    await types.delete({ id })
    await transaction.getRepository(EventSchema).delete({ eventTypeId: id })
    audit({ action: 'event-type.delete', subject: { type: 'EventType', id }, before: type })
    return { deletedId: id }
  }
}

function notFound(id: string): Error {
  return TypeNotFound({ id: id.slice(0, 128) }, ['input', 'id'])
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
