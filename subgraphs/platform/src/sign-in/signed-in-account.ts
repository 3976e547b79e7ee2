// Who signed in, as the answer to signing in tells it: that needs no right, as who gets it has just shown to be them.
import { Right, type Role } from '@segue/graphql'
import { Field, ID, ObjectType } from 'type-graphql'
import { AccountRole } from '../account/account.js'

@Right('public')
@ObjectType('SignedInAccount', { description: 'Who signed in. `me` has more.' })
export class SignedInAccountNode {
  @Field(() => ID, { description: 'The account’s id.' })
  id!: string

  @Field(() => String, { description: 'Its e-mail address.' })
  email!: string

  @Field(() => String, { description: 'Its name.' })
  name!: string

  @Field(() => AccountRole, { description: 'What it may do.' })
  role!: Role

  @Field(() => Boolean, { description: 'Whether it sees personal data unmasked, whatever its role.' })
  personalData!: boolean
}
