// An account as the API shows it.
import { Right, type Role } from '@segue/graphql'
import { Directive, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql'

export enum AccountRole {
  admin = 'admin',
  developer = 'developer',
  marketer = 'marketer',
  viewer = 'viewer',
}
registerEnumType(AccountRole, {
  name: 'Role',
  description: 'What an account may do.',
  valuesConfig: {
    admin: { description: 'Sees and changes everything.' },
    developer: { description: 'Orchestrates: changes sources, event types, workflows, dead letters.' },
    marketer: { description: 'Changes segments and content.' },
    viewer: { description: 'Sees everything but accounts, changes nothing.' },
  },
})

@Right('own.read')
@Directive('@key(fields: "id")')
@ObjectType('Account', { description: 'Somebody, or a machine, who may sign in.' })
export class AccountNode {
  @Field(() => ID, { description: 'Its id.' })
  id!: string

  @Field(() => String, { description: 'The address to sign in with, in lower case. One account for an address.' })
  email!: string

  @Field(() => String, { description: 'The name that others see.' })
  name!: string

  @Field(() => AccountRole, { description: 'What it may do.' })
  role!: Role

  @Field(() => Boolean, {
    description: 'Whether it sees personal data unmasked, whatever its role. Admins do without it.',
  })
  personalData!: boolean

  @Field(() => Boolean, {
    description: 'A disabled account cannot sign in; its sessions end, and its API keys do not count, within a second.',
  })
  enabled!: boolean

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date

  @Field(() => Date, { description: 'When it was last changed.' })
  updatedAt!: Date

  @Field(() => Date, { nullable: true, description: 'When somebody last signed in with its password; null: never.' })
  lastLoginAt!: Date | null

  @Field(() => Int, { description: 'Raised by each change; name it when you change the account.' })
  version!: number
}
