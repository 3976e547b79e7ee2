// What changes to event sources are told, and what they answer.
import { IsName, MutationInput, MutationPayload, Secret } from '@segue/graphql'
import { ArrayMaxSize, Max, MaxLength, Min } from 'class-validator'
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql'
import { EventSourceNode, SourceChannel } from './event-source.js'

/** Longer than a browser waits is no answer any more. */
const LONGEST_ANSWER_MS = 30_000

@InputType()
abstract class EventSourceSettings extends MutationInput {
  @MaxLength(1000)
  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description?: string | null

  @Field(() => Boolean, { nullable: true, description: 'Whether its events are taken in; true when unset.' })
  enabled?: boolean | null

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether it is a server of ours, whose profile ids and identities are believed; false when unset.',
  })
  trusted?: boolean | null

  @ArrayMaxSize(100)
  @Field(() => [String], {
    nullable: true,
    description: 'Origins of pages that may send, as https://shop.example; empty: any.',
  })
  origins?: string[] | null

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether requests wait for the workflows’ answer; false when unset.',
  })
  synchronous?: boolean | null

  @Min(1)
  @Max(LONGEST_ANSWER_MS)
  @Field(() => Int, { nullable: true, description: 'How long they wait at most, in milliseconds; 2,000 when unset.' })
  answerWithinMs?: number | null

  @Field(() => Boolean, { nullable: true, description: 'Whether requests may ask for details; false when unset.' })
  debuggable?: boolean | null

  @Min(1)
  @Field(() => Int, {
    nullable: true,
    description: 'Events a second it may send; the collector’s own limit when null.',
  })
  eventsPerSecond?: number | null
}

@InputType({ description: 'A new event source.' })
export class CreateEventSourceInput extends EventSourceSettings {
  @Field(() => ID, { nullable: true, description: 'What clients will send; made up when unset.' })
  id?: string | null

  @IsName(120)
  @Field(() => String, { description: 'What people call it.' })
  name!: string

  @Field(() => SourceChannel, { description: 'By which protocol it may send.' })
  channel!: SourceChannel
}

@InputType({ description: 'Changes to an event source; what is unset stays.' })
export class UpdateEventSourceInput extends EventSourceSettings {
  @Field(() => ID, { description: 'Which one.' })
  id!: string

  @Field(() => Int, { description: 'The version that this changes.' })
  version!: number

  @IsName(120)
  @Field(() => String, { nullable: true, description: 'What people call it.' })
  name?: string | null

  @Field(() => SourceChannel, { nullable: true, description: 'By which protocol it may send.' })
  channel?: SourceChannel | null
}

@InputType({ description: 'Which event source.' })
export class EventSourceIdInput extends MutationInput {
  @Field(() => ID, { description: 'Its id.' })
  id!: string
}

@ObjectType({ description: 'What became of a change to an event source.' })
export class EventSourcePayload extends MutationPayload {
  @Field(() => EventSourceNode, {
    nullable: true,
    description: 'As it is now; when the version was stale, what somebody else made of it.',
  })
  eventSource?: EventSourceNode | null
}

@ObjectType({ description: 'What became of an event source that has a new write key.' })
export class EventSourceKeyPayload extends MutationPayload {
  @Field(() => EventSourceNode, { nullable: true, description: 'As it is now.' })
  eventSource?: EventSourceNode | null

  @Secret()
  @Field(() => String, {
    nullable: true,
    description:
      'The write key. It is shown this once: only its hash is kept, and a repeat of the mutation answers null.',
  })
  writeKey?: string | null
}

@ObjectType({ description: 'What became of removing an event source.' })
export class DeleteEventSourcePayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'The id that is gone.' })
  deletedId?: string | null
}
