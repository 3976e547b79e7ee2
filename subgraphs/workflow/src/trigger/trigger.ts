// What starts a workflow, as the API shows it.
import { Right } from '@segue/graphql'
import { Directive, Field, ID, Int, ObjectType } from 'type-graphql'

@Right('workflows.read')
@Directive('@key(fields: "id")')
@ObjectType('WorkflowTrigger', {
  description: 'What starts a workflow: events of a type, and what has to hold besides.',
})
export class TriggerNode {
  @Field(() => ID, { description: 'Its id.' })
  id!: string

  @Field(() => ID, { description: 'Which workflow it starts.' })
  workflowId!: string

  @Field(() => String, { description: 'What people call it.' })
  name!: string

  @Field(() => Boolean, { description: 'Whether it starts anything.' })
  enabled!: boolean

  @Field(() => ID, { description: 'For events of which type.' })
  eventTypeId!: string

  @Field(() => ID, { nullable: true, description: 'From which event source; null: from every one.' })
  sourceId!: string | null

  @Field(() => String, { nullable: true, description: 'What has to hold, in CEL; null: nothing besides.' })
  condition!: string | null

  @Field(() => [String], { description: 'Consents that the person must have given, all of them.' })
  requiredConsents!: string[]

  @Field(() => ID, { nullable: true, description: 'At which start node its runs begin; null: at all of them.' })
  startNode!: string | null

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date

  @Field(() => Date, { description: 'When it was last changed.' })
  updatedAt!: Date

  @Field(() => Int, { description: 'Raised by each change; a change names the version it is based on.' })
  version!: number
}
