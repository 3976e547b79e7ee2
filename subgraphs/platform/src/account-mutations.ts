// Sign-in, and changes to accounts.
import { MutationInput, MutationPayload, readId, Right } from '@segue/graphql'
import { IsEmail, Length, MaxLength } from 'class-validator'
import { Arg, Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql'
import { AccountNode, AccountRole } from './account.js'
import { createAccount, updateAccount } from './accounts.js'
import type { PlatformContext } from './loaders.js'
import { LONGEST_PASSWORD, SHORTEST_PASSWORD } from './password.js'

@InputType()
class LoginInput extends MutationInput {
  @Field(() => String)
  @MaxLength(190)
  email!: string

  @Field(() => String)
  @MaxLength(LONGEST_PASSWORD)
  password!: string
}

@InputType()
class CreateAccountInput extends MutationInput {
  @Field(() => String)
  @IsEmail()
  @MaxLength(190)
  email!: string

  @Field(() => String)
  @Length(1, 160)
  name!: string

  @Field(() => AccountRole)
  role!: AccountRole

  @Field(() => String, { description: 'Twelve characters or more.' })
  @Length(SHORTEST_PASSWORD, LONGEST_PASSWORD)
  password!: string
}

@InputType()
class UpdateAccountInput extends MutationInput {
  @Field(() => ID)
  id!: string

  @Field(() => String, { nullable: true })
  @Length(1, 160)
  name?: string | null

  @Field(() => AccountRole, { nullable: true })
  role?: AccountRole | null

  @Field(() => Boolean, { nullable: true })
  enabled?: boolean | null

  @Field(() => String, { nullable: true })
  @Length(SHORTEST_PASSWORD, LONGEST_PASSWORD)
  password?: string | null
}

@ObjectType()
class LoginPayload extends MutationPayload {
  @Field(() => String, { nullable: true, description: 'For the header `authorization: Bearer …`.' })
  accessToken?: string | null

  @Field(() => Date, { nullable: true })
  expiresAt?: Date | null

  @Field(() => AccountNode, { nullable: true })
  account?: AccountNode | null
}

@ObjectType()
class AccountPayload extends MutationPayload {
  @Field(() => AccountNode, { nullable: true })
  account?: AccountNode | null
}

@Resolver()
export class AccountMutations {
  @Right('public')
  @Mutation(() => LoginPayload, {
    nullable: true,
    description: 'Signs in. The only operation that needs no access token.',
  })
  async login(
    @Arg('input', () => LoginInput) { email, password }: LoginInput,
    @Ctx() { loaders, peer }: PlatformContext,
  ): Promise<LoginPayload> {
    return await loaders.signIn(email, password, peer)
  }

  @Right('accounts.write')
  @Mutation(() => AccountPayload, { nullable: true })
  async createAccount(
    @Arg('input', () => CreateAccountInput) input: CreateAccountInput,
    @Ctx() { database }: PlatformContext,
  ): Promise<AccountPayload> {
    return { account: await createAccount(database, input) }
  }

  @Right('accounts.write')
  @Mutation(() => AccountPayload, {
    nullable: true,
    description: 'Changes what is given; `enabled: false` ends sign-in.',
  })
  async updateAccount(
    @Arg('input', () => UpdateAccountInput) input: UpdateAccountInput,
    @Ctx() { database }: PlatformContext,
  ): Promise<AccountPayload> {
    return { account: await updateAccount(database, readId(input.id, ['input', 'id']), input) }
  }
}
