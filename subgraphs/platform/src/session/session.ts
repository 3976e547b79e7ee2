// A session as the API shows it.
import { Right } from '@segue/graphql'
import { Field, ID, ObjectType } from 'type-graphql'

@Right('own.read')
@ObjectType('AccountSession', {
  description: 'A sign-in on one device, until it is ended or nobody has used it for two weeks.',
})
export class AccountSessionNode {
  @Field(() => ID, { description: 'Its id.' })
  id!: string

  accountId!: string

  @Field(() => Date, { description: 'When somebody signed in.' })
  createdAt!: Date

  @Field(() => Date, { description: 'When it last got an access token.' })
  lastUsedAt!: Date

  @Field(() => Date, { description: 'When it ends unless it is used before.' })
  expiresAt!: Date

  @Field(() => String, { description: 'The IP address that it was last used from.' })
  address!: string

  @Field(() => String, { description: 'What the browser or program calls itself; empty when it does not say.' })
  userAgent!: string
}
