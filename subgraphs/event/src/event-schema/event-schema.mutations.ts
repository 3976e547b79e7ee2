// Changes to the schemas of event types.
import { EventSchema, EventSource, EventType } from '@segue/database'
import { compileSchemas } from '@segue/event-model'
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import type { DataSource } from 'typeorm'
import { InvalidSchema, SchemaNotFound, SourceNotFound, TypeNotFound } from '../errors.js'
import type { EventContext } from '../loaders.js'
import { EventSchemaPayload, RemoveEventSchemaInput, SetEventSchemaInput } from './event-schema.js'

@Resolver()
export class EventSchemaMutations {
  @Mutation(() => EventSchemaPayload, { description: 'Says what events of a type have to follow.' })
  async setEventSchema(
    @Arg('input', () => SetEventSchemaInput) input: SetEventSchemaInput,
    @Ctx() { database }: EventContext,
  ): Promise<EventSchemaPayload> {
    const { eventTypeId, schema } = input
    const sourceId = input.sourceId ?? null
    const onInvalid = input.onInvalid ?? 'flag'
    const eventType = await findType(database, eventTypeId)
    if (sourceId !== null && !(await database.getRepository(EventSource).existsBy({ id: sourceId }))) {
      throw SourceNotFound({ id: sourceId.slice(0, 64) }, ['input', 'sourceId'])
    }
    const [broken] = compileSchemas([{ eventTypeId, sourceId, schema, onInvalid }]).broken
    if (broken) throw InvalidSchema({ reason: broken.reason }, ['input', 'schema'])
    const row = { eventTypeId, sourceId: sourceId ?? '', schema, onInvalid, updatedAt: new Date() }
    await database.getRepository(EventSchema).upsert(row as object, ['eventTypeId', 'sourceId'])
    return { eventType }
  }

  @Mutation(() => EventSchemaPayload, { description: 'Removes a schema of an event type.' })
  async removeEventSchema(
    @Arg('input', () => RemoveEventSchemaInput) { eventTypeId, sourceId }: RemoveEventSchemaInput,
    @Ctx() { database }: EventContext,
  ): Promise<EventSchemaPayload> {
    const eventType = await findType(database, eventTypeId)
    const { affected } = await database.getRepository(EventSchema).delete({ eventTypeId, sourceId: sourceId ?? '' })
    if (affected === 0) throw SchemaNotFound({}, ['input'])
    return { eventType }
  }
}

async function findType(database: DataSource, id: string): Promise<EventType> {
  const type = await database.getRepository(EventType).findOneBy({ id })
  if (!type) throw TypeNotFound({ id: id.slice(0, 128) }, ['input', 'eventTypeId'])
  return type
}
