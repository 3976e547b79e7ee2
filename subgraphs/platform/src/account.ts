// An account as the API shows it.
import { Directive, Field, ID, ObjectType, registerEnumType } from 'type-graphql'

export enum AccountRole {
  admin = 'admin',
  viewer = 'viewer',
}
registerEnumType(AccountRole, {
  name: 'Role',
  valuesConfig: {
    admin: { description: 'Sees and changes everything.' },
    viewer: { description: 'Sees everything but accounts, changes nothing.' },
  },
})

@Directive('@key(fields: "id")')
@ObjectType('Account', { description: 'Somebody, or a machine, who may sign in.' })
export class AccountNode {
  @Field(() => ID)
  id!: string

  @Field(() => String)
  email!: string

  @Field(() => String)
  name!: string

  @Field(() => AccountRole)
  role!: 'admin' | 'viewer'

  @Field(() => Boolean, {
    description: 'A disabled account cannot sign in; its last token ends within fifteen minutes.',
  })
  enabled!: boolean

  @Field(() => Date)
  createdAt!: Date

  @Field(() => Date)
  updatedAt!: Date

  @Field(() => Date, { nullable: true })
  lastLoginAt!: Date | null
}
