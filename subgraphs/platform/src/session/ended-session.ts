// Sessions whose tokens count no more, as gateways are told of them.
import { Right } from '@segue/graphql'
import { Directive, Field, ID, ObjectType } from 'type-graphql'

@Right('public')
@Directive('@inaccessible')
@ObjectType({ description: 'A session, or an API key, whose access tokens count no more. For gateways.' })
export class EndedSession {
  @Field(() => ID, { description: 'Its id.' })
  sessionId!: string

  @Field(() => Date, { description: 'Tokens that end at this time or before it count no more.' })
  until!: Date
}
