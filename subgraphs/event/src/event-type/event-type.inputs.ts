// What changes to event types are told, and what they answer.
import type { JsonObject } from '@segue/event-model'
import { GraphQLJSONObject, IsName, MutationInput, MutationPayload } from '@segue/graphql'
import { ArrayMaxSize, MaxLength, ValidateNested } from 'class-validator'
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql'
import { EventTypeNode } from './event-type.js'
import { EventMappingNode, IdentityMappingNode, ProfileMappingNode, SlotMappingNode } from './mapping.js'

@InputType()
abstract class EventTypeSettings extends MutationInput {
  @MaxLength(64)
  @Field(() => String, { nullable: true, description: 'Under which heading it is listed.' })
  group?: string | null

  @MaxLength(1000)
  @Field(() => String, { nullable: true, description: 'What it means.' })
  description?: string | null

  @ArrayMaxSize(50)
  @MaxLength(64, { each: true })
  @Field(() => [String], { nullable: true, description: 'Free words to find it by.' })
  tags?: string[] | null

  @MaxLength(64)
  @Field(() => String, { nullable: true, description: 'Where in a customer’s journey such events happen.' })
  journeyStage?: string | null

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'A sample of its properties.' })
  sample?: JsonObject | null

  @ValidateNested({ each: true })
  @Field(() => [EventMappingNode], { nullable: true, description: 'What it copies into the event’s typed documents.' })
  eventMappings?: EventMappingNode[] | null

  @ValidateNested({ each: true })
  @Field(() => [ProfileMappingNode], { nullable: true, description: 'What it copies to the profile.' })
  profileMappings?: ProfileMappingNode[] | null

  @ValidateNested({ each: true })
  @Field(() => [IdentityMappingNode], { nullable: true, description: 'Which properties identify the person.' })
  identities?: IdentityMappingNode[] | null

  @ValidateNested({ each: true })
  @Field(() => [SlotMappingNode], { nullable: true, description: 'Which properties fill indexed columns.' })
  slots?: SlotMappingNode[] | null
}

@InputType({ description: 'A new event type.' })
export class CreateEventTypeInput extends EventTypeSettings {
  @Field(() => ID, { description: 'What events of this type say as their type.' })
  id!: string

  @IsName(160)
  @Field(() => String, { description: 'What people call it.' })
  name!: string
}

@InputType({ description: 'Changes to an event type; what is unset stays.' })
export class UpdateEventTypeInput extends EventTypeSettings {
  @Field(() => ID, { description: 'Which one.' })
  id!: string

  @Field(() => Int, { description: 'The version that this changes.' })
  version!: number

  @IsName(160)
  @Field(() => String, { nullable: true, description: 'What people call it.' })
  name?: string | null
}

@InputType({ description: 'Which event type.' })
export class EventTypeIdInput extends MutationInput {
  @Field(() => ID, { description: 'Its id.' })
  id!: string
}

@ObjectType({ description: 'What became of a change to an event type.' })
export class EventTypePayload extends MutationPayload {
  @Field(() => EventTypeNode, {
    nullable: true,
    description: 'As it is now; when the version was stale, what somebody else made of it.',
  })
  eventType?: EventTypeNode | null
}

@ObjectType({ description: 'What became of removing an event type.' })
export class DeleteEventTypePayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'The id that is gone.' })
  deletedId?: string | null
}
