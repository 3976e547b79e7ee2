// An invitation as the API shows it.
import { Right, type Role } from '@segue/graphql'
import { Field, ID, ObjectType } from 'type-graphql'
import { AccountRole } from '../account/account.js'

@Right('accounts.read')
@ObjectType('Invitation', { description: 'An account that somebody may make for themselves.' })
export class InvitationNode {
  @Field(() => ID, { description: 'Its id.' })
  id!: string

  @Field(() => String, { description: 'The address that the account will have.' })
  email!: string

  @Field(() => String, { description: 'The name that it will have unless they choose another.' })
  name!: string

  @Field(() => AccountRole, { description: 'The role that it will have.' })
  role!: Role

  @Field(() => Boolean, { description: 'Whether it will see personal data unmasked.' })
  personalData!: boolean

  createdBy!: string

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date

  @Field(() => Date, { description: 'Until when it can be accepted.' })
  expiresAt!: Date
}
