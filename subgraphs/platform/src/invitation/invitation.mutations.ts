// Inviting, accepting, taking an invitation back.
import { Invitation } from '@segue/database'
import { MutationInput, MutationPayload, readId, Right, Secret } from '@segue/graphql'
import { IsEmail, Length, Matches, MaxLength } from 'class-validator'
import { Arg, Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql'
import { AccountRole } from '../account/account.js'
import { InvitationNotFound } from '../errors.js'
import type { PlatformMutationContext } from '../loaders.js'
import { LONGEST_PASSWORD, SHORTEST_PASSWORD } from '../password/password.js'
import { signedIn } from '../signed-in.js'
import { InvitationNode } from './invitation.js'
import { acceptInvitation, invite } from './invitations.js'

@InputType({ description: 'Who is to have an account.' })
class InviteAccountInput extends MutationInput {
  @Field(() => String, { description: 'The address that the account will have.' })
  @IsEmail()
  @MaxLength(190)
  // Addresses that look the same are not told apart by who reads them.
  @Matches(/^[^\p{C}\p{Z}]*$/u, { message: '$property must have no invisible characters' })
  email!: string

  @Field(() => String, { description: 'The name that others will see.' })
  @Length(1, 160)
  name!: string

  @Field(() => AccountRole, { description: 'What it may do.' })
  role!: AccountRole

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether it is to see personal data unmasked; false when left out.',
  })
  personalData?: boolean | null
}

@InputType({ description: 'The account to make for oneself.' })
class AcceptInvitationInput extends MutationInput {
  @Secret()
  @Field(() => String, { description: 'The token of the link that an admin handed over.' })
  @MaxLength(200)
  token!: string

  @Field(() => String, { nullable: true, description: 'Another name than the invitation has.' })
  @Length(1, 160)
  name?: string | null

  @Secret()
  @Field(() => String, { description: 'Twelve characters or more.' })
  @Length(SHORTEST_PASSWORD, LONGEST_PASSWORD)
  password!: string
}

@InputType({ description: 'Which invitation is to end.' })
class RevokeInvitationInput extends MutationInput {
  @Field(() => ID, { description: 'The invitation.' })
  id!: string
}

@ObjectType({ description: 'What to hand over to who is invited.' })
class InviteAccountPayload extends MutationPayload {
  @Field(() => InvitationNode, { nullable: true, description: 'The invitation.' })
  invitation?: InvitationNode | null

  @Secret()
  @Field(() => String, { nullable: true, description: 'For the link. Shown this once; it counts once.' })
  token?: string | null
}

@ObjectType({ description: 'A new account; sign in with it.' })
class AcceptInvitationPayload extends MutationPayload {
  @Field(() => String, { nullable: true, description: 'The e-mail address to sign in with.' })
  email?: string | null
}

@ObjectType({ description: 'An invitation that has ended.' })
class RevokeInvitationPayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'The invitation.' })
  revokedId?: string | null
}

@Resolver()
export class InvitationMutations {
  @Right('accounts.write')
  @Mutation(() => InviteAccountPayload, {
    description:
      'Makes a token with which somebody makes an account of this role once, within a week. An earlier invitation of the address ends.',
  })
  async inviteAccount(
    @Arg('input', () => InviteAccountInput, { description: 'Whom.' }) input: InviteAccountInput,
    @Ctx() context: PlatformMutationContext,
  ): Promise<InviteAccountPayload> {
    const { email, name, role } = input
    const personalData = input.personalData ?? false
    const made = await invite(context.transaction, { email, name, role, personalData }, signedIn(context).id)
    const { id, expiresAt } = made.invitation
    context.audit({
      action: 'invitation.create',
      subject: { type: 'Invitation', id },
      after: { email: made.invitation.email, name, role, personalData, expiresAt },
    })
    return made
  }

  @Right('public')
  @Mutation(() => AcceptInvitationPayload, {
    description: 'Makes the account of an invitation, with a password of one’s own.',
  })
  async acceptInvitation(
    @Arg('input', () => AcceptInvitationInput, { description: 'Token and password.' }) input: AcceptInvitationInput,
    @Ctx() { transaction, audit }: PlatformMutationContext,
  ): Promise<AcceptInvitationPayload> {
    const account = await acceptInvitation(transaction, input.token, input)
    const { id, email, name, role, personalData } = account
    audit({
      action: 'account.create',
      subject: { type: 'Account', id },
      after: { email, name, role, personalData },
      actor: { accountId: id },
    })
    return { email }
  }

  @Right('accounts.write')
  @Mutation(() => RevokeInvitationPayload, { description: 'Takes an invitation back: its token counts no more.' })
  async revokeInvitation(
    @Arg('input', () => RevokeInvitationInput, { description: 'Which one.' }) input: RevokeInvitationInput,
    @Ctx() { transaction, audit }: PlatformMutationContext,
  ): Promise<RevokeInvitationPayload> {
    const id = readId(input.id, ['input', 'id'])
    const invitations = transaction.getRepository(Invitation)
    const invitation = await invitations.findOneBy({ id })
    const { affected } = await invitations.delete({ id })
    if (!invitation || affected !== 1) throw InvitationNotFound({ id }, ['input', 'id'])
    const { email, role } = invitation
    audit({ action: 'invitation.revoke', subject: { type: 'Invitation', id }, before: { email, role } })
    return { revokedId: id }
  }
}
