// Changes to event sources.
import { EventSchema, EventSource } from '@segue/database'
import { asPayload } from '@segue/graphql'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import { QueryFailedError, type DataSource } from 'typeorm'
import { BadOrigin, BadSourceId, SourceExists, SourceNotFound, StaleSource } from '../errors.js'
import type { EventContext } from '../loaders.js'
import {
  CreateEventSourceInput,
  DeleteEventSourcePayload,
  EventSourceIdInput,
  EventSourceKeyPayload,
  EventSourcePayload,
  UpdateEventSourceInput,
} from './event-source.inputs.js'

/** Ids that begin with `@` are the house's own: no client may send them. */
const SOURCE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

@Resolver()
export class EventSourceMutations {
  @Mutation(() => EventSourceKeyPayload, {
    description:
      'Makes an event source; one of the Segment API and a trusted one get a write key, as pages and pixels cannot keep a secret.',
  })
  async createEventSource(
    @Arg('input', () => CreateEventSourceInput) input: CreateEventSourceInput,
    @Ctx() { database }: EventContext,
  ): Promise<EventSourceKeyPayload> {
    const id = input.id ?? randomUUID()
    if (!SOURCE_ID.test(id)) throw BadSourceId({}, ['input', 'id'])
    // A source that has a key is refused without it, and nobody who embeds a tracker or a pixel can send one.
    const needsKey = input.channel === 'segment' || input.trusted === true
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
      await database.getRepository(EventSource).insert({ ...source, writeKeyHash })
    } catch (error) {
      if (!(error instanceof QueryFailedError) || error.driverError.code !== 'ER_DUP_ENTRY') throw error
      throw SourceExists({ id }, ['input', 'id'])
    }
    return { eventSource: source, writeKey }
  }

  @Mutation(() => EventSourcePayload, { description: 'Changes an event source.' })
  async updateEventSource(
    @Arg('input', () => UpdateEventSourceInput) input: UpdateEventSourceInput,
    @Ctx() { database }: EventContext,
  ): Promise<EventSourcePayload> {
    const { id, version, name, description, channel, enabled, trusted, origins, synchronous, answerWithinMs } = input
    const { affected } = await database.getRepository(EventSource).update(
      { id, version },
      {
        ...(name != null ? { name: name.trim() } : {}),
        ...(description != null ? { description } : {}),
        ...(channel != null ? { channel } : {}),
        ...(enabled != null ? { enabled } : {}),
        ...(trusted != null ? { trusted } : {}),
        ...(origins != null ? { origins: readOrigins(origins) } : {}),
        ...(synchronous != null ? { synchronous } : {}),
        ...(answerWithinMs != null ? { answerWithinMs } : {}),
        ...(input.debuggable != null ? { debuggable: input.debuggable } : {}),
        // Null is a value here: the collector's own limit.
        ...(input.eventsPerSecond !== undefined ? { eventsPerSecond: input.eventsPerSecond } : {}),
        updatedAt: new Date(),
        version: version + 1,
      },
    )
    const eventSource = await findSource(database, id)
    return affected === 0
      ? { eventSource, userErrors: [asPayload(StaleSource({ version }, ['input', 'version']))] }
      : { eventSource }
  }

  @Mutation(() => EventSourceKeyPayload, {
    description: 'Gives an event source a new write key; the old one ends at once.',
  })
  async rotateWriteKey(
    @Arg('input', () => EventSourceIdInput) { id }: EventSourceIdInput,
    @Ctx() { database }: EventContext,
  ): Promise<EventSourceKeyPayload> {
    const { writeKey, writeKeyHash } = newWriteKey()
    await database.getRepository(EventSource).update({ id }, { writeKeyHash, updatedAt: new Date() })
    return { eventSource: await findSource(database, id), writeKey }
  }

  @Mutation(() => DeleteEventSourcePayload, {
    description: 'Removes an event source and its schemas. Its events stay.',
  })
  async deleteEventSource(
    @Arg('input', () => EventSourceIdInput) { id }: EventSourceIdInput,
    @Ctx() { database }: EventContext,
  ): Promise<DeleteEventSourcePayload> {
    await findSource(database, id)
    await database.transaction('READ COMMITTED', async (tx) => {
      await tx.getRepository(EventSource).delete({ id })
      await tx.getRepository(EventSchema).delete({ sourceId: id })
    })
    return { deletedId: id }
  }
}

async function findSource(database: DataSource, id: string): Promise<EventSource> {
  const source = await database.getRepository(EventSource).findOneBy({ id })
  if (!source) throw SourceNotFound({ id: id.slice(0, 64) }, ['input', 'id'])
  return source
}

const NO_WRITE_KEY = { writeKey: null, writeKeyHash: null }

/** 256 random bits: nobody guesses it, so a plain hash is enough to keep. */
function newWriteKey(): { writeKey: string; writeKeyHash: Buffer } {
  const writeKey = randomBytes(32).toString('base64url')
  return { writeKey, writeKeyHash: createHash('sha256').update(writeKey).digest() }
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
