// What events of a type have to follow, as the API shows it.
import type { EventSchema } from '@segue/database'
import type { JsonObject } from '@segue/event-model'
import { GraphQLJSONObject, MutationInput, MutationPayload } from '@segue/graphql'
import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql'
import { EventTypeNode } from '../event-type/event-type.js'

/** What happens to an event that does not follow its schema. */
export enum OnInvalidEvent {
  flag = 'flag',
  refuse = 'refuse',
}
registerEnumType(OnInvalidEvent, {
  name: 'OnInvalidEvent',
  description: 'What happens to an event that does not follow its schema.',
  valuesConfig: {
    flag: { description: 'It is kept, and marked as invalid.' },
    refuse: { description: 'Its whole request is refused at the collector.' },
  },
})

@ObjectType('EventSchema', { description: 'A JSON Schema that the properties of a type’s events have to follow.' })
export class EventSchemaNode {
  @Field(() => ID, { description: 'Of which event type.' })
  eventTypeId!: string

  @Field(() => ID, { nullable: true, description: 'From which event source; null: from every one.' })
  sourceId!: string | null

  @Field(() => GraphQLJSONObject, { description: 'JSON Schema draft 7, or 2020-12 where `$schema` says so.' })
  schema!: JsonObject

  @Field(() => OnInvalidEvent, { description: 'What happens to an event that does not follow it.' })
  onInvalid!: `${OnInvalidEvent}`

  @Field(() => Date, { description: 'When it was last set.' })
  updatedAt!: Date
}

/** A schema as the API shows it. */
export function toSchema({ eventTypeId, sourceId, schema, onInvalid, updatedAt }: EventSchema): EventSchemaNode {
  return { eventTypeId, sourceId: sourceId === '' ? null : sourceId, schema, onInvalid, updatedAt }
}

@InputType({ description: 'A schema and where it applies; one that applies there already is replaced.' })
export class SetEventSchemaInput extends MutationInput {
  @Field(() => ID, { description: 'Of which event type.' })
  eventTypeId!: string

  @Field(() => ID, { nullable: true, description: 'From which event source; from every one when unset.' })
  sourceId?: string | null

  @Field(() => GraphQLJSONObject, { description: 'JSON Schema draft 7, or 2020-12 where `$schema` says so.' })
  schema!: JsonObject

  @Field(() => OnInvalidEvent, {
    nullable: true,
    description: 'What happens to other events; they are flagged when unset.',
  })
  onInvalid?: OnInvalidEvent | null
}

@InputType({ description: 'Which schema.' })
export class RemoveEventSchemaInput extends MutationInput {
  @Field(() => ID, { description: 'Of which event type.' })
  eventTypeId!: string

  @Field(() => ID, { nullable: true, description: 'From which event source; the one for every source when unset.' })
  sourceId?: string | null
}

@ObjectType({ description: 'What became of a change to an event type’s schemas.' })
export class EventSchemaPayload extends MutationPayload {
  @Field(() => EventTypeNode, { nullable: true, description: 'The event type with its schemas as they are now.' })
  eventType?: EventTypeNode | null
}
