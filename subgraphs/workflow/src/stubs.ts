// Other subgraphs' entities that workflows and runs point at.
import { Right } from '@segue/graphql'
import { Directive, Field, ID, ObjectType } from 'type-graphql'

@Right('profiles.read')
@Directive('@key(fields: "id")')
@ObjectType('Profile', { description: 'A person (or a visitor who may become one), as events and workflows made it.' })
export class ProfileStub {
  @Field(() => ID, { description: 'The canonical id. Ids that a merge retired answer with this profile too.' })
  id!: string
}

@Right('events.read')
@Directive('@key(fields: "id", resolvable: false)')
@ObjectType('Event', { description: 'Something that happened.' })
export class EventStub {
  @Field(() => ID, { description: 'UUIDv7 of its receipt.' })
  id!: string
}

@Right('event-types.read')
@Directive('@key(fields: "id", resolvable: false)')
@ObjectType('EventType', {
  description: 'What is known of a type of events: what it copies where, whom it identifies.',
})
export class EventTypeStub {
  @Field(() => ID, { description: 'What events of this type say as their type.' })
  id!: string
}

@Right('sources.read')
@Directive('@key(fields: "id", resolvable: false)')
@ObjectType('EventSource', { description: 'Where events come from: a website, an app, a server.' })
export class EventSourceStub {
  @Field(() => ID, { description: 'What clients send with each request.' })
  id!: string
}
