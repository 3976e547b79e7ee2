// An API key as the API shows it.
import { Right } from '@segue/graphql'
import { Field, ID, ObjectType } from 'type-graphql'

@Right('own.read')
@ObjectType('ApiKey', { description: 'How a machine signs in as an account, with no more rights than the key names.' })
export class ApiKeyNode {
  @Field(() => ID, { description: 'Its id; the key has it too, without dashes.' })
  id!: string

  accountId!: string

  createdBy!: string

  @Field(() => String, { description: 'What it is for.' })
  name!: string

  @Field(() => [String], { description: 'The rights it has, as far as its account has them.' })
  scopes!: string[]

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date

  @Field(() => Date, { description: 'Until when it counts.' })
  expiresAt!: Date

  @Field(() => Date, {
    nullable: true,
    description: 'When it was last taken for an access token, to the minute; null: never.',
  })
  lastUsedAt!: Date | null

  @Field(() => Date, { nullable: true, description: 'When it was revoked; null: it was not.' })
  revokedAt!: Date | null
}
