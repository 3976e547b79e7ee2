// Changing one's password, and getting a new one without the old.
import { MutationInput, MutationPayload, readId, Right, Secret } from '@segue/graphql'
import { Length, MaxLength } from 'class-validator'
import { Arg, Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql'
import { AccountNode } from '../account/account.js'
import { WrongPassword } from '../errors.js'
import type { PlatformMutationContext } from '../loaders.js'
import { signedIn } from '../signed-in.js'
import { checkOwnPassword } from '../sign-in/sign-in.js'
import { LONGEST_PASSWORD, SHORTEST_PASSWORD } from './password.js'
import { createReset, setPassword, useReset } from './resets.js'

@InputType({ description: 'A new password for one’s own account.' })
class ChangePasswordInput extends MutationInput {
  @Secret()
  @Field(() => String, { description: 'The password until now.' })
  @MaxLength(LONGEST_PASSWORD)
  currentPassword!: string

  @Secret()
  @Field(() => String, { description: 'Twelve characters or more.' })
  @Length(SHORTEST_PASSWORD, LONGEST_PASSWORD)
  newPassword!: string
}

@InputType({ description: 'Who is to choose a new password.' })
class CreatePasswordResetInput extends MutationInput {
  @Field(() => ID, { description: 'The account.' })
  accountId!: string
}

@InputType({ description: 'A new password by link.' })
class ResetPasswordInput extends MutationInput {
  @Secret()
  @Field(() => String, { description: 'The token of the link that an admin handed over.' })
  @MaxLength(200)
  token!: string

  @Secret()
  @Field(() => String, { description: 'Twelve characters or more.' })
  @Length(SHORTEST_PASSWORD, LONGEST_PASSWORD)
  newPassword!: string
}

@ObjectType({ description: 'An account with a new password.' })
class ChangePasswordPayload extends MutationPayload {
  @Field(() => AccountNode, { nullable: true, description: 'One’s own account.' })
  account?: AccountNode | null
}

@ObjectType({ description: 'What to hand over to who is to choose a new password.' })
class CreatePasswordResetPayload extends MutationPayload {
  @Secret()
  @Field(() => String, { nullable: true, description: 'For the link. Shown this once; it counts once.' })
  token?: string | null

  @Field(() => Date, { nullable: true, description: 'Until when it counts.' })
  expiresAt?: Date | null

  @Field(() => AccountNode, { nullable: true, description: 'Whom it is for.' })
  account?: AccountNode | null
}

@ObjectType({ description: 'An account with a new password; sign in with it.' })
class ResetPasswordPayload extends MutationPayload {
  @Field(() => String, { nullable: true, description: 'The e-mail address to sign in with.' })
  email?: string | null
}

@Resolver()
export class PasswordMutations {
  @Right('own.write')
  @Mutation(() => ChangePasswordPayload, {
    description: 'Changes one’s own password. All other sessions of the account end; API keys stay.',
  })
  async changePassword(
    @Arg('input', () => ChangePasswordInput, { description: 'Old and new.' }) input: ChangePasswordInput,
    @Ctx() context: PlatformMutationContext,
  ): Promise<ChangePasswordPayload> {
    const { transaction, loaders, peer: address, audit } = context
    const { id: accountId, sessionId } = signedIn(context)
    const password = input.currentPassword
    const own = await checkOwnPassword(transaction, loaders, { accountId, password, address })
    if (!own) throw WrongPassword({}, ['input', 'currentPassword'])
    const changed = await setPassword(transaction, own, input.newPassword, sessionId)
    audit({ action: 'account.change-password', subject: { type: 'Account', id: changed.id } })
    return { account: changed }
  }

  @Right('accounts.write')
  @Mutation(() => CreatePasswordResetPayload, {
    description:
      'Makes a token with which somebody chooses a new password once, within a day. Until then their password counts; an earlier token ends.',
  })
  async createPasswordReset(
    @Arg('input', () => CreatePasswordResetInput, { description: 'For whom.' }) input: CreatePasswordResetInput,
    @Ctx() context: PlatformMutationContext,
  ): Promise<CreatePasswordResetPayload> {
    const id = readId(input.accountId, ['input', 'accountId'])
    const made = await createReset(context.transaction, id, signedIn(context).id)
    const { expiresAt } = made
    context.audit({ action: 'account.create-password-reset', subject: { type: 'Account', id }, after: { expiresAt } })
    return made
  }

  @Right('public')
  @Mutation(() => ResetPasswordPayload, {
    description: 'Sets a new password by the token of an admin. All sessions of the account end; API keys stay.',
  })
  async resetPassword(
    @Arg('input', () => ResetPasswordInput, { description: 'The token and the password.' }) input: ResetPasswordInput,
    @Ctx() { transaction, audit }: PlatformMutationContext,
  ): Promise<ResetPasswordPayload> {
    const { id, email } = await useReset(transaction, input.token, input.newPassword)
    audit({ action: 'account.reset-password', subject: { type: 'Account', id }, actor: { accountId: id } })
    return { email }
  }
}
