// A profile's timeline: what happened to it, as references that the other subgraphs fill.
import { Right, PageInfo } from '@segue/graphql'
import { createUnionType, Directive, Field, ID, ObjectType } from 'type-graphql'

@Right('events.read')
@Directive('@key(fields: "id", resolvable: false)')
@ObjectType('Event', { description: 'Something that happened.' })
export class EventReference {
  @Field(() => ID, { description: 'UUIDv7 of its receipt.' })
  id!: string
}

@Right('runs.read')
@Directive('@key(fields: "id", resolvable: false)')
@ObjectType('WorkflowRun', { description: 'An execution of a workflow.' })
export class RunReference {
  @Field(() => ID, { description: 'UUIDv7 of its start.' })
  id!: string
}

const TimelineEntry = createUnionType({
  name: 'TimelineEntry',
  description: 'Something that happened to a profile: an event, or a workflow that ran for it.',
  types: () => [EventReference, RunReference] as const,
})

@ObjectType({ description: 'An entry of a timeline and its place.' })
export class TimelineEdge {
  @Field(() => Date, { description: 'When it happened.' })
  at!: Date

  @Field(() => TimelineEntry, { nullable: true, description: 'What happened; null when it is not kept any more.' })
  node!: EventReference | RunReference | null

  @Field(() => String, { description: 'Its place in the list.' })
  cursor!: string
}

@ObjectType({ description: 'A page of a timeline.' })
export class TimelineConnection {
  @Field(() => [TimelineEdge], { description: 'The entries of the page.' })
  edges!: TimelineEdge[]

  @Field(() => PageInfo, { description: 'Where the page lies.' })
  pageInfo!: PageInfo
}
