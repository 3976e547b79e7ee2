// What changes to triggers are told, and what they answer.
import { IsName, MutationInput, MutationPayload } from '@segue/graphql'
import { ArrayMaxSize, Length, MaxLength } from 'class-validator'
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql'
import { ConditionProblem } from '../condition/condition.js'
import { TriggerNode } from './trigger.js'

@InputType()
abstract class TriggerSettings extends MutationInput {
  @Field(() => Boolean, { nullable: true, description: 'Whether it starts anything; true when unset.' })
  enabled?: boolean | null

  @MaxLength(64)
  @Field(() => ID, { nullable: true, description: 'From which event source; from every one when null.' })
  sourceId?: string | null

  @MaxLength(4000)
  @Field(() => String, { nullable: true, description: 'What has to hold, in CEL; nothing besides when null.' })
  condition?: string | null

  @ArrayMaxSize(50)
  @Length(1, 64, { each: true })
  @Field(() => [String], { nullable: true, description: 'Consents that the person must have given, all of them.' })
  requiredConsents?: string[] | null

  @Length(1, 100)
  @Field(() => ID, { nullable: true, description: 'At which start node runs begin; at all of them when null.' })
  startNode?: string | null
}

@InputType({ description: 'A new trigger.' })
export class CreateTriggerInput extends TriggerSettings {
  @Field(() => ID, { description: 'Which workflow it starts.' })
  workflowId!: string

  @IsName(160)
  @Field(() => String, { description: 'What people call it.' })
  name!: string

  @Length(1, 128)
  @Field(() => ID, { description: 'For events of which type.' })
  eventTypeId!: string
}

@InputType({ description: 'Changes to a trigger; what is unset stays.' })
export class UpdateTriggerInput extends TriggerSettings {
  @Field(() => ID, { description: 'Which one.' })
  id!: string

  @Field(() => Int, { description: 'The version that this changes.' })
  version!: number

  @IsName(160)
  @Field(() => String, { nullable: true, description: 'What people call it.' })
  name?: string | null

  @Length(1, 128)
  @Field(() => ID, { nullable: true, description: 'For events of which type.' })
  eventTypeId?: string | null
}

@InputType({ description: 'Which trigger.' })
export class TriggerIdInput extends MutationInput {
  @Field(() => ID, { description: 'Its id.' })
  id!: string
}

@ObjectType({ description: 'What became of a change to a trigger.' })
export class WorkflowTriggerPayload extends MutationPayload {
  @Field(() => TriggerNode, {
    nullable: true,
    description: 'As it is now; when the version was stale, what somebody else made of it.',
  })
  trigger?: TriggerNode | null

  @Field(() => [ConditionProblem], { nullable: true, description: 'What is wrong with the condition, and where.' })
  conditionProblems?: ConditionProblem[] | null
}

@ObjectType({ description: 'What became of removing a trigger.' })
export class DeleteWorkflowTriggerPayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'The id that is gone.' })
  deletedId?: string | null
}
