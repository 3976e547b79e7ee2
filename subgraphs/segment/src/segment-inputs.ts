// What changes to segments are told, and what they answer.
import { IsName, MutationInput, MutationPayload } from '@segue/graphql'
import { MaxLength } from 'class-validator'
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql'
import { SegmentNode } from './segment.js'

@InputType({ description: 'A new segment.' })
export class CreateSegmentInput extends MutationInput {
  @IsName(160)
  @Field(() => String, { description: 'What people call it; no two segments have the same name.' })
  name!: string

  @MaxLength(2000)
  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description?: string | null
}

@InputType({ description: 'Changes to a segment; what is unset stays.' })
export class UpdateSegmentInput extends MutationInput {
  @Field(() => ID, { description: 'Which one.' })
  id!: string

  @Field(() => Int, { description: 'The version that this changes.' })
  version!: number

  @IsName(160)
  @Field(() => String, { nullable: true, description: 'What people call it.' })
  name?: string | null

  @MaxLength(2000)
  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description?: string | null
}

@InputType({ description: 'Which segment is removed.' })
export class DeleteSegmentInput extends MutationInput {
  @Field(() => ID, { description: 'Its id.' })
  id!: string
}

@InputType({ description: 'A segment, and the profiles that are put in or taken out.' })
export class SegmentProfilesInput extends MutationInput {
  @Field(() => ID, { description: 'Which segment.' })
  segmentId!: string

  @Field(() => [ID], { description: 'Ids of profiles; at most 1,000.' })
  profileIds!: string[]
}

@ObjectType({ description: 'What became of a change to a segment.' })
export class SegmentPayload extends MutationPayload {
  @Field(() => SegmentNode, {
    nullable: true,
    description: 'As it is now; when the version was stale, what somebody else made of it.',
  })
  segment?: SegmentNode | null
}

@ObjectType({ description: 'What became of removing a segment.' })
export class DeleteSegmentPayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'The id that is gone.' })
  deletedId?: string | null
}

@ObjectType({ description: 'What became of putting profiles in or taking them out.' })
export class SegmentProfilesPayload extends MutationPayload {
  @Field(() => SegmentNode, { nullable: true, description: 'The segment.' })
  segment?: SegmentNode | null

  @Field(() => Int, {
    nullable: true,
    description: 'How many the call added or removed; the others were there, or gone, before.',
  })
  changed?: number | null
}
