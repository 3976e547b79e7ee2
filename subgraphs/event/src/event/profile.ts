// The profile subgraph's person, to which this one adds events.
import { Right } from '@segue/graphql'
import { Directive, Field, ID, ObjectType } from 'type-graphql'

@Right('profiles.read')
@Directive('@key(fields: "id")')
@ObjectType('Profile', { description: 'A person (or a visitor who may become one), as events and workflows made it.' })
export class ProfileStub {
  @Field(() => ID, { description: 'The canonical id. Ids that a merge retired answer with this profile too.' })
  id!: string
}
