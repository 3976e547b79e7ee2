// Changes to event sources.
import { EventSchema, EventSource } from '@segue/database'
import { asPayload, Right, saveVersion } from '@segue/graphql'
import { randomUUID } from 'node:crypto'
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import { IsNull, Not, QueryFailedError, type EntityManager } from 'typeorm'
import { BadOrigin, BadSourceId, SourceExists, SourceNotFound, StaleSource, TrustedWithoutKey } from '../errors.js'
import type { EventMutationContext } from '../loaders.js'
import {
  CreateEventSourceInput,
  DeleteEventSourcePayload,
  EventSourceIdInput,
  EventSourceKeyPayload,
  EventSourcePayload,
  UpdateEventSourceInput,
} from './event-source.inputs.js'
import { newWriteKey, NO_WRITE_KEY, refuseKeyOfPixel } from './write-key.js'

/** Ids that begin with `@` are the house's own: no client may send them. */
const SOURCE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

@Right('sources.write')
@Resolver()
export class EventSourceMutations {
  @Mutation(() => EventSourceKeyPayload, {
    description:
      'Makes an event source; one of the Segment API and a trusted one get a write key, as pages and pixels cannot keep a secret.',
  })
  async createEventSource(
    @Arg('input', () => CreateEventSourceInput, { description: 'What it is to be.' }) input: CreateEventSourceInput,
    @Ctx() { transaction, audit }: EventMutationContext,
  ): Promise<EventSourceKeyPayload> {
    const id = input.id ?? randomUUID()
    if (!SOURCE_ID.test(id)) throw BadSourceId({}, ['input', 'id'])
    // A source that has a key is refused without it, and nobody who embeds a tracker or a pixel can send one.
    const needsKey = input.channel === 'segment' || input.trusted === true
    if (needsKey) refuseKeyOfPixel(input.channel, ['input', 'trusted'])
    const { writeKey, writeKeyHash } = needsKey ? newWriteKey() : NO_WRITE_KEY
    const now = new Date()
    const source = {
      id,
      name: input.name.trim(),
      description: input.description ?? '',
      channel: input.channel,
      enabled: input.enabled ?? true,
      trusted: input.trusted ?? false,
      origins: readOrigins(input.origins ?? []),
      synchronous: input.synchronous ?? false,
      answerWithinMs: input.answerWithinMs ?? 2000,
      debuggable: input.debuggable ?? false,
      eventsPerSecond: input.eventsPerSecond ?? null,
      createdAt: now,
      updatedAt: now,
      version: 1,
    }
    try {
      await transaction.getRepository(EventSource).insert({ ...source, writeKeyHash })
    } catch (error) {
      if (!(error instanceof QueryFailedError) || error.driverError.code !== 'ER_DUP_ENTRY') throw error
      throw SourceExists({ id }, ['input', 'id'])
    }
    audit({ action: 'event-source.create', subject: { type: 'EventSource', id }, after: source })
    return { eventSource: source, writeKey }
  }

  @Mutation(() => EventSourcePayload, {
    description:
      'Changes an event source. One that has no write key cannot be trusted: anybody could send in its name.',
  })
  async updateEventSource(
    @Arg('input', () => UpdateEventSourceInput, { description: 'Which one, and what changes.' })
    input: UpdateEventSourceInput,
    @Ctx() { transaction, audit }: EventMutationContext,
  ): Promise<EventSourcePayload> {
    const { id, version } = input
    const saved = await saveVersion(transaction, EventSource, id, version, changesOf(input))
    if (!saved) throw notFound(id)
    const { now: eventSource, stale } = saved
    if (stale) return { eventSource, userErrors: [asPayload(StaleSource({ version }, ['input', 'version']), stale)] }
    // Only what this save makes of it: one that was so before can still be renamed or disabled.
    const { before } = saved
    const hasKey = await transaction.getRepository(EventSource).existsBy({ id, writeKeyHash: Not(IsNull()) })
    // An id is no secret: whoever knows it would be believed, whatever profile they name.
    if (eventSource.trusted && !before.trusted && !hasKey) throw TrustedWithoutKey({ id }, ['input', 'trusted'])
    if (eventSource.channel !== before.channel && hasKey) refuseKeyOfPixel(eventSource.channel, ['input', 'channel'])
    audit({ action: 'event-source.update', subject: { type: 'EventSource', id }, before, after: eventSource })
    return { eventSource }
  }

  @Mutation(() => EventSourceKeyPayload, {
    description: 'Gives an event source a new write key; the old one ends at once.',
  })
  async rotateWriteKey(
    @Arg('input', () => EventSourceIdInput, { description: 'Which one.' }) { id }: EventSourceIdInput,
    @Ctx() { transaction, audit }: EventMutationContext,
  ): Promise<EventSourceKeyPayload> {
    const before = await findSource(transaction, id)
    refuseKeyOfPixel(before.channel, ['input', 'id'])
    const { writeKey, writeKeyHash } = newWriteKey()
    const updatedAt = new Date()
    await transaction.getRepository(EventSource).update({ id }, { writeKeyHash, updatedAt })
    audit({ action: 'event-source.rotate-write-key', subject: { type: 'EventSource', id } })
    return { eventSource: { ...before, updatedAt }, writeKey }
  }

  @Mutation(() => DeleteEventSourcePayload, {
    description: 'Removes an event source and its schemas. Its events stay.',
  })
  async deleteEventSource(
    @Arg('input', () => EventSourceIdInput, { description: 'Which one.' }) { id }: EventSourceIdInput,
    @Ctx() { transaction, audit }: EventMutationContext,
  ): Promise<DeleteEventSourcePayload> {
    const before = await findSource(transaction, id)
    await transaction.getRepository(EventSource).delete({ id })
    await transaction.getRepository(EventSchema).delete({ sourceId: id })
    audit({ action: 'event-source.delete', subject: { type: 'EventSource', id }, before })
    return { deletedId: id }
  }
}

/** Reads a source and locks it until the transaction ends. Throws SOURCE_NOT_FOUND. */
async function findSource(transaction: EntityManager, id: string): Promise<EventSource> {
  const source = await transaction
    .getRepository(EventSource)
    .findOne({ where: { id }, lock: { mode: 'pessimistic_write' } })
  if (!source) throw notFound(id)
  return source
}

function notFound(id: string): Error {
  return SourceNotFound({ id: id.slice(0, 64) }, ['input', 'id'])
}

/** What the input says, as columns. Throws BAD_ORIGIN. */
function changesOf(input: UpdateEventSourceInput): Partial<EventSource> {
  const { name, description, channel, enabled, trusted, origins, synchronous, answerWithinMs, debuggable } = input
  return {
    ...(name != null ? { name: name.trim() } : {}),
    ...(description != null ? { description } : {}),
    ...(channel != null ? { channel } : {}),
    ...(enabled != null ? { enabled } : {}),
    ...(trusted != null ? { trusted } : {}),
    ...(origins != null ? { origins: readOrigins(origins) } : {}),
    ...(synchronous != null ? { synchronous } : {}),
    ...(answerWithinMs != null ? { answerWithinMs } : {}),
    ...(debuggable != null ? { debuggable } : {}),
    // Null is a value here: the collector's own limit.
    ...(input.eventsPerSecond !== undefined ? { eventsPerSecond: input.eventsPerSecond } : {}),
  }
}

/** Origins as browsers send them. Throws BAD_ORIGIN. */
function readOrigins(origins: readonly string[]): string[] {
  return origins.map((origin, index) => {
    const url = URL.canParse(origin) ? new URL(origin) : undefined
    if (!url || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) {
      throw BadOrigin({ origin: origin.slice(0, 100) }, ['input', 'origins', String(index)])
    }
    return url.origin
  })
}
