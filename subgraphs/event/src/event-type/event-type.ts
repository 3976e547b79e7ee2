// What is known of an event type, as the API shows it.
import type { JsonObject } from '@segue/event-model'
import { Right, GraphQLJSONObject } from '@segue/graphql'
import { Directive, Field, ID, Int, ObjectType } from 'type-graphql'

@Right('event-types.read')
@Directive('@key(fields: "id")')
@ObjectType('EventType', {
  description: 'What is known of a type of events: what it copies where, whom it identifies.',
})
export class EventTypeNode {
  @Field(() => ID, { description: 'What events of this type say as their type.' })
  id!: string

  @Field(() => String, { description: 'What people call it.' })
  name!: string

  @Field(() => String, { description: 'Under which heading it is listed.' })
  group!: string

  @Field(() => String, { description: 'What it means.' })
  description!: string

  @Field(() => [String], { description: 'Free words to find it by.' })
  tags!: string[]

  @Field(() => String, { nullable: true, description: 'Where in a customer’s journey such events happen.' })
  journeyStage!: string | null

  @Field(() => GraphQLJSONObject, { description: 'A sample of its properties.' })
  sample!: JsonObject

  @Field(() => Boolean, { description: 'Whether Segue came with it: it can be changed, but not removed.' })
  builtIn!: boolean

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date

  @Field(() => Date, { description: 'When it was last changed.' })
  updatedAt!: Date

  @Field(() => Int, { description: 'Raised by each change; a change names the version it is based on.' })
  version!: number
}
