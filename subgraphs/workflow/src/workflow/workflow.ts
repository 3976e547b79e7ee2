// A workflow, as the API shows it.
import type { JsonObject, WorkflowProblem } from '@segue/workflow-engine'
import { Right, GraphQLJSONObject } from '@segue/graphql'
import { Directive, Field, ID, Int, ObjectType } from 'type-graphql'

@Right('workflows.read')
@ObjectType('WorkflowProblem', { description: 'Something that is wrong with a graph, and where.' })
export class WorkflowProblemNode {
  @Field(() => String, { description: 'Stable; meant for programs.' })
  code!: string

  @Field(() => String, { description: 'What is wrong and what to do.' })
  message!: string

  @Field(() => String, { nullable: true, description: 'In which node; null when no single one is meant.' })
  nodeId!: string | null

  @Field(() => String, { nullable: true, description: 'At which port of it.' })
  port!: string | null

  @Field(() => String, { nullable: true, description: 'Where in its configuration, as `fields.0.value`.' })
  path!: string | null
}

/** A problem as the API shows it. */
export function toProblem({ code, message, nodeId, port, path }: WorkflowProblem): WorkflowProblemNode {
  return { code, message, nodeId: nodeId ?? null, port: port ?? null, path: path ?? null }
}

@Right('workflows.read')
@Directive('@key(fields: "id")')
@ObjectType('Workflow', {
  description:
    'A graph of nodes that runs for people, and may wait for days. A draft is edited; versions are deployed.',
})
export class WorkflowNode {
  @Field(() => ID, { description: 'Its id.' })
  id!: string

  @Field(() => String, { description: 'What people call it.' })
  name!: string

  @Field(() => String, { description: 'What it is for.' })
  description!: string

  @Field(() => Boolean, { description: 'Whether its triggers start it.' })
  enabled!: boolean

  @Field(() => GraphQLJSONObject, {
    description: 'What is edited: nodes, the edges between their ports, and settings.',
  })
  draft!: JsonObject

  @Field(() => Int, { description: 'Raised by each save; a save names the revision it is based on.' })
  draftRevision!: number

  @Field(() => Int, { nullable: true, description: 'The version that triggers start; null: not deployed yet.' })
  liveVersion!: number | null

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date

  @Field(() => Date, { description: 'When it was last changed or deployed.' })
  updatedAt!: Date
}
