// An event that failed, as the API shows it.
import type { DeadLetter as DeadLetterRow } from '@segue/database'
import type { JsonObject, JsonValue } from '@segue/event-model'
import { GraphQLJSONObject, MutationInput, MutationPayload } from '@segue/graphql'
import { Field, ID, InputType, ObjectType } from 'type-graphql'

@ObjectType('DeadLetter', {
  description: 'An event that failed each time it was processed. It changed nothing and waits here.',
})
export class DeadLetterNode {
  @Field(() => ID, { description: 'The id that the event will have.' })
  id!: string

  @Field(() => String, { description: 'The id of the event source it came from.' })
  sourceId!: string

  @Field(() => String, { description: 'The id of its event type.' })
  eventType!: string

  @Field(() => Date, { description: 'When it was taken in.' })
  receivedAt!: Date

  @Field(() => Date, { description: 'When it failed.' })
  failedAt!: Date

  @Field(() => String, { description: 'Why, for programs.' })
  errorCode!: string

  @Field(() => String, { description: 'Why, for people.' })
  errorMessage!: string

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'As it was taken in; null when it is not readable.' })
  envelope!: JsonObject | null
}

/** A dead letter as the API shows it. */
export function toDeadLetter({ body, ...row }: DeadLetterRow): DeadLetterNode {
  return { ...row, envelope: parse(body) }
}

function parse(body: Buffer): JsonObject | null {
  try {
    const json = JSON.parse(body.toString('utf8')) as JsonValue
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : null
  } catch {
    return null
  }
}

@InputType({ description: 'Which dead letters.' })
export class DeadLetterIdsInput extends MutationInput {
  @Field(() => [ID], { description: 'Their ids; at most 1,000.' })
  ids!: string[]
}

@ObjectType({ description: 'What became of dead letters.' })
export class DeadLettersPayload extends MutationPayload {
  @Field(() => [ID], { nullable: true, description: 'Those that are gone from the dead letters.' })
  doneIds?: string[] | null

  @Field(() => [ID], { nullable: true, description: 'Those that were not there, or were taken by somebody else.' })
  missingIds?: string[] | null
}
