// What an event type copies where, as the API shows it and as it is told.
import { GraphQLJSON } from '@segue/graphql'
import type { FieldOperation, JsonValue, SlotColumn } from '@segue/event-model'
import { Matches, MaxLength } from 'class-validator'
import { Field, InputType, ObjectType, registerEnumType } from 'type-graphql'

/** How a mapping writes. */
export enum MappingOperation {
  set = 'set',
  setOnce = 'setOnce',
  append = 'append',
  increment = 'increment',
  decrement = 'decrement',
  delete = 'delete',
}
registerEnumType(MappingOperation, {
  name: 'MappingOperation',
  description: 'How a mapping writes to the profile.',
  valuesConfig: {
    set: { description: 'The value of the latest event counts.' },
    setOnce: { description: 'Only where there is none yet.' },
    append: { description: 'To a list, once.' },
    increment: { description: 'Adds to a number.' },
    decrement: { description: 'Takes from a number.' },
    delete: { description: 'Removes the field.' },
  },
})

/** Indexed columns of events. */
export enum EventSlot {
  number_1 = 'number_1',
  number_2 = 'number_2',
  number_3 = 'number_3',
  text_1 = 'text_1',
  text_2 = 'text_2',
}
registerEnumType(EventSlot, {
  name: 'EventSlot',
  description: 'A typed, indexed column of events, for what conditions sum and compare.',
  valuesConfig: {
    number_1: { description: 'The first number; conditions over behaviour read it from an index.' },
    number_2: { description: 'The second number; in the same index.' },
    number_3: { description: 'The third number.' },
    text_1: { description: 'The first text, of at most 120 characters.' },
    text_2: { description: 'The second text, of at most 120 characters.' },
  },
})

/** Longest path that is kept. */
const PATH_LENGTH = 200

@ObjectType('EventMapping', { description: 'Copies a property into the event’s typed documents.' })
@InputType('EventMappingInput', { description: 'Copies a property into the event’s typed documents.' })
export class EventMappingNode {
  @MaxLength(PATH_LENGTH)
  @Field(() => String, { description: 'Path in the event’s documents, as `data.ec.order.id`.' })
  to!: string

  @MaxLength(PATH_LENGTH)
  @Field(() => String, {
    nullable: true,
    description: 'Path on the event, as `properties.id`; unset when `value` is given.',
  })
  from?: string | null

  @Field(() => GraphQLJSON, { nullable: true, description: 'A constant instead of `from`.' })
  value?: JsonValue
}

@ObjectType('ProfileMapping', { description: 'Copies a value of the event to the profile.' })
@InputType('ProfileMappingInput', { description: 'Copies a value of the event to the profile.' })
export class ProfileMappingNode {
  @MaxLength(PATH_LENGTH)
  @Field(() => String, {
    description:
      'Path on the profile, as `data.contact.email.main`; a part in braces is read from the event: `interests.{properties.interest}`.',
  })
  to!: string

  @MaxLength(PATH_LENGTH)
  @Field(() => String, {
    nullable: true,
    description: 'Path on the event, as `properties.email`; unset when `value` is given.',
  })
  from?: string | null

  @Field(() => GraphQLJSON, { nullable: true, description: 'A constant instead of `from`.' })
  value?: JsonValue

  @Field(() => MappingOperation, { description: 'How it is written.' })
  operation!: `${MappingOperation}` & FieldOperation
}

@ObjectType('IdentityMapping', { description: 'Says that a property of such events is an identity of its person.' })
@InputType('IdentityMappingInput', { description: 'Says that a property of such events is an identity of its person.' })
export class IdentityMappingNode {
  @Matches(/^[a-z][a-z0-9_-]{0,31}$/, { message: 'kind has at most 32 lower-case letters, digits, - and _' })
  @Field(() => String, { description: 'The kind of identity, as `email`.' })
  kind!: string

  @MaxLength(PATH_LENGTH)
  @Field(() => String, { description: 'Path on the event, as `properties.email`.' })
  from!: string
}

@ObjectType('SlotMapping', { description: 'Which property fills an indexed column.' })
@InputType('SlotMappingInput', { description: 'Which property fills an indexed column.' })
export class SlotMappingNode {
  @Field(() => EventSlot, { description: 'The column.' })
  slot!: `${EventSlot}` & SlotColumn

  @MaxLength(PATH_LENGTH)
  @Field(() => String, { description: 'Path on the event, as `properties.value`.' })
  from!: string
}
