// A deployed graph, as the API shows it.
import type { JsonObject } from '@segue/workflow-engine'
import { GraphQLJSONObject, Right } from '@segue/graphql'
import { Field, ID, Int, ObjectType } from 'type-graphql'

@Right('workflows.read')
@ObjectType('WorkflowVersion', { description: 'A graph as it was deployed; it never changes.' })
export class VersionNode {
  @Field(() => ID, { description: 'Of which workflow.' })
  workflowId!: string

  @Field(() => Int, { description: 'Its number, from 1.' })
  version!: number

  @Field(() => GraphQLJSONObject, { description: 'Nodes, the edges between their ports, and settings.' })
  graph!: JsonObject

  @Field(() => Date, { description: 'When it was deployed first.' })
  createdAt!: Date

  @Field(() => ID, { nullable: true, description: 'The id of the account that deployed it.' })
  createdBy!: string | null
}
