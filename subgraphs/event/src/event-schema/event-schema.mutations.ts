// Changes to the schemas of event types.
import { EventSchema, EventSource, EventType } from '@segue/database'
import { compileSchemas } from '@segue/event-model'
import { Right } from '@segue/graphql'
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import type { EntityManager } from 'typeorm'
import { InvalidSchema, SchemaNotFound, SourceNotFound, TypeNotFound } from '../errors.js'
import type { EventMutationContext } from '../loaders.js'
import { EventSchemaPayload, RemoveEventSchemaInput, SetEventSchemaInput } from './event-schema.js'

/*
 * The type's row is locked first: of two that set a schema at once the second waits, its audit entry has what the first one set, and no schema is left over of
 * a type that is removed meanwhile.
 */
@Right('event-types.write')
@Resolver()
export class EventSchemaMutations {
  @Mutation(() => EventSchemaPayload, { description: 'Says what events of a type have to follow.' })
  async setEventSchema(
    @Arg('input', () => SetEventSchemaInput, { description: 'The schema, and where it applies.' })
    input: SetEventSchemaInput,
    @Ctx() { transaction, audit }: EventMutationContext,
  ): Promise<EventSchemaPayload> {
    const { eventTypeId, schema } = input
    const sourceId = input.sourceId ?? null
    const onInvalid: EventSchema['onInvalid'] = input.onInvalid ?? 'flag'
    const eventType = await findType(transaction, eventTypeId)
    if (sourceId !== null && !(await transaction.getRepository(EventSource).existsBy({ id: sourceId }))) {
      throw SourceNotFound({ id: sourceId.slice(0, 64) }, ['input', 'sourceId'])
    }
    const [broken] = compileSchemas([{ eventTypeId, sourceId, schema, onInvalid }]).broken
    if (broken) throw InvalidSchema({ reason: broken.reason }, ['input', 'schema'])
    const schemas = transaction.getRepository(EventSchema)
    const before = await schemas.findOneBy({ eventTypeId, sourceId: sourceId ?? '' })
    const row: EventSchema = { eventTypeId, sourceId: sourceId ?? '', schema, onInvalid, updatedAt: new Date() }
    await schemas.upsert(row as object, ['eventTypeId', 'sourceId'])
    audit({
      action: 'event-schema.set',
      subject: subjectOf(row),
      ...(before ? { before: settingsOf(before) } : {}),
      after: settingsOf(row),
    })
    return { eventType }
  }

  @Mutation(() => EventSchemaPayload, { description: 'Removes a schema of an event type.' })
  async removeEventSchema(
    @Arg('input', () => RemoveEventSchemaInput, { description: 'Which one.' })
    { eventTypeId, sourceId }: RemoveEventSchemaInput,
    @Ctx() { transaction, audit }: EventMutationContext,
  ): Promise<EventSchemaPayload> {
    const eventType = await findType(transaction, eventTypeId)
    const schemas = transaction.getRepository(EventSchema)
    const before = await schemas.findOneBy({ eventTypeId, sourceId: sourceId ?? '' })
    if (!before) throw SchemaNotFound({}, ['input'])
    await schemas.delete({ eventTypeId, sourceId: before.sourceId })
    audit({ action: 'event-schema.remove', subject: subjectOf(before), before: settingsOf(before) })
    return { eventType }
  }
}

/** A schema has no id of its own: `<event type>@<event source>`, or the event type alone for the schema of every source. */
function subjectOf({ eventTypeId, sourceId }: EventSchema): { type: string; id: string } {
  return { type: 'EventSchema', id: sourceId === '' ? eventTypeId : `${eventTypeId}@${sourceId}` }
}

function settingsOf({ schema, onInvalid }: EventSchema): object {
  return { schema, onInvalid }
}

async function findType(transaction: EntityManager, id: string): Promise<EventType> {
  const type = await transaction
    .getRepository(EventType)
    .findOne({ where: { id }, lock: { mode: 'pessimistic_write' } })
  if (!type) throw TypeNotFound({ id: id.slice(0, 128) }, ['input', 'eventTypeId'])
  return type
}
