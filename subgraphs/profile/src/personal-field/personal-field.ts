// A field that people marked as personal, as the API shows it and as it is told.
import { MutationInput, MutationPayload, Right } from '@segue/graphql'
import { Matches, MaxLength } from 'class-validator'
import { Field, InputType, ObjectType } from 'type-graphql'

/** A part of a profile or an event, and a field in it. Numbers, which index lists, are left out of paths. */
const PATH =
  /^(data|traits|interests|consents|counters|aux|properties|context)(\.(?!(__proto__|constructor|prototype)(\.|$))[^.\s{}]{1,120})+$/

@Right('personal-fields.read')
@ObjectType('PersonalField', {
  description: 'A field that was marked as personal: it is masked, with all below it, without the right personal.read.',
})
export class PersonalFieldNode {
  @Field(() => String, { description: 'On a profile, as `traits.nickname`, or on events, as `properties.answer`.' })
  path!: string

  @Field(() => Date, { description: 'When it was marked.' })
  markedAt!: Date
}

@InputType({ description: 'Which field.' })
export class PersonalFieldInput extends MutationInput {
  @MaxLength(190)
  @Matches(PATH, { message: 'path must be a field of a profile or of events, as traits.nickname or properties.answer' })
  @Field(() => String, { description: 'On a profile, as `traits.nickname`, or on events, as `properties.answer`.' })
  path!: string
}

@ObjectType({ description: 'What became of a mark.' })
export class PersonalFieldsPayload extends MutationPayload {
  @Field(() => [PersonalFieldNode], { nullable: true, description: 'All marked fields, by path.' })
  personalFields?: PersonalFieldNode[] | null
}
