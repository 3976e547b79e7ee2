// What changes to workflows are told, and what they answer.
import type { JsonObject } from '@segue/workflow-engine'
import { GraphQLJSONObject, IsName, MutationInput, MutationPayload } from '@segue/graphql'
import { MaxLength } from 'class-validator'
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql'
import { WorkflowNode, WorkflowProblemNode } from './workflow.js'

@InputType({ description: 'A new workflow.' })
export class CreateWorkflowInput extends MutationInput {
  @IsName(160)
  @Field(() => String, { description: 'What people call it.' })
  name!: string

  @MaxLength(2000)
  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description?: string | null

  @Field(() => GraphQLJSONObject, { nullable: true, description: 'Its first draft; a start node alone when unset.' })
  draft?: JsonObject | null
}

@InputType({ description: 'Changes to a workflow; what is unset stays.' })
export class UpdateWorkflowInput extends MutationInput {
  @Field(() => ID, { description: 'Which one.' })
  id!: string

  @Field(() => Int, { description: 'The revision of the draft that this changes.' })
  revision!: number

  @IsName(160)
  @Field(() => String, { nullable: true, description: 'What people call it.' })
  name?: string | null

  @MaxLength(2000)
  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description?: string | null

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description: 'The draft: nodes, the edges between their ports, and settings.',
  })
  draft?: JsonObject | null
}

@InputType({ description: 'Which workflow.' })
export class WorkflowIdInput extends MutationInput {
  @Field(() => ID, { description: 'Its id.' })
  id!: string
}

@InputType({ description: 'Which draft is deployed.' })
export class DeployWorkflowInput extends MutationInput {
  @Field(() => ID, { description: 'Of which workflow.' })
  id!: string

  @Field(() => Int, { description: 'The revision of the draft that was looked at.' })
  revision!: number
}

@InputType({ description: 'Which version becomes live again.' })
export class RollbackWorkflowInput extends MutationInput {
  @Field(() => ID, { description: 'Of which workflow.' })
  id!: string

  @Field(() => Int, { description: 'The version.' })
  version!: number
}

@ObjectType({ description: 'What became of a change to a workflow.' })
export class WorkflowPayload extends MutationPayload {
  @Field(() => WorkflowNode, {
    nullable: true,
    description: 'As it is now; when the revision was stale, what somebody else made of it.',
  })
  workflow?: WorkflowNode | null
}

@ObjectType({ description: 'What became of making a version live.' })
export class DeploymentPayload extends MutationPayload {
  @Field(() => WorkflowNode, { nullable: true, description: 'As it is now.' })
  workflow?: WorkflowNode | null

  @Field(() => Int, { nullable: true, description: 'The version that is live now.' })
  version?: number | null

  @Field(() => [WorkflowProblemNode], { nullable: true, description: 'What kept it from being deployed.' })
  problems?: WorkflowProblemNode[] | null
}

@ObjectType({ description: 'What became of removing a workflow.' })
export class DeleteWorkflowPayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'The id that is gone.' })
  deletedId?: string | null
}
