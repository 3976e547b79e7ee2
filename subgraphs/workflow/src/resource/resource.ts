// An outside system that deliveries go to, as the API shows it: everything but its secret.
import type { Resource } from '@segue/database'
import { connectionType, GraphQLJSONObject, Right } from '@segue/graphql'
import type { JsonObject } from '@segue/workflow-engine'
import { Field, ID, Int, ObjectType } from 'type-graphql'

@Right('resources.read')
@ObjectType('Resource', { description: 'An outside system that deliveries go to, with its credentials.' })
export class ResourceNode {
  @Field(() => ID, { description: 'The name by which workflows use it.' })
  id!: string

  @Field(() => String, { description: 'What people call it.' })
  name!: string

  @Field(() => String, { description: 'How deliveries go there: http, mail.' })
  transport!: string

  @Field(() => GraphQLJSONObject, { description: 'As its transport wants them; nothing secret.' })
  settings!: JsonObject

  @Field(() => Boolean, { description: 'Whether it has a secret, which is shown to nobody.' })
  hasSecret!: boolean

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date

  @Field(() => Date, { description: 'When it was last changed.' })
  updatedAt!: Date

  @Field(() => Int, { description: 'Raised by each change; a change names the version it is based on.' })
  version!: number
}

export const ResourceConnection = connectionType(ResourceNode, 'Resource')

@Right('workflows.read')
@ObjectType('ResourceUse', { description: 'A node of a deployed workflow that uses a resource.' })
export class ResourceUseNode {
  @Field(() => ID, { description: 'Which workflow.' })
  workflowId!: string

  @Field(() => String, { description: 'What people call it.' })
  name!: string

  @Field(() => ID, { description: 'Which node of its live version.' })
  nodeId!: string
}

/** A row as the API shows it. */
export function toResource({ secret, ...row }: Resource): ResourceNode {
  return Object.assign(new ResourceNode(), row, { hasSecret: secret !== null })
}
