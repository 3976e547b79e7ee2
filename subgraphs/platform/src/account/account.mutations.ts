// Changes to accounts. New ones are made by who accepts an invitation.
import { asPayload, MutationInput, MutationPayload, readId, Right, staleSave } from '@segue/graphql'
import { Length } from 'class-validator'
import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql'
import { StaleAccount } from '../errors.js'
import type { PlatformMutationContext } from '../loaders.js'
import { AccountNode, AccountRole } from './account.js'
import { updateAccount, type AccountChanges } from './accounts.js'

@InputType({ description: 'What is to change of an account; what is left out stays.' })
class UpdateAccountInput extends MutationInput {
  @Field(() => ID, { description: 'The account.' })
  id!: string

  @Field(() => Int, { description: 'The version that this changes.' })
  version!: number

  @Field(() => String, { nullable: true, description: 'Another name.' })
  @Length(1, 160)
  name?: string | null

  @Field(() => AccountRole, { nullable: true, description: 'Another role.' })
  role?: AccountRole | null

  @Field(() => Boolean, { nullable: true, description: 'Whether it is to see personal data unmasked.' })
  personalData?: boolean | null

  @Field(() => Boolean, { nullable: true, description: 'false ends its sessions and its sign-in.' })
  enabled?: boolean | null
}

@ObjectType({ description: 'A changed account.' })
class AccountPayload extends MutationPayload {
  @Field(() => AccountNode, {
    nullable: true,
    description: 'As it is now, also when the change was of an old version.',
  })
  account?: AccountNode | null
}

@Right('accounts.write')
@Resolver()
export class AccountMutations {
  @Mutation(() => AccountPayload, {
    description:
      'Changes what is given. Access tokens with rights that are no more are refused within about a second; refreshing gets one with the new rights.',
  })
  async updateAccount(
    @Arg('input', () => UpdateAccountInput, { description: 'What to change.' }) input: UpdateAccountInput,
    @Ctx() { transaction, audit }: PlatformMutationContext,
  ): Promise<AccountPayload> {
    const id = readId(input.id, ['input', 'id'])
    const { version } = input
    const changes = changesOf(input)
    const { before, after } = await updateAccount(transaction, id, version, changes)
    if (!after) {
      const error = StaleAccount({ version }, ['input', 'version'])
      return { account: before, userErrors: [asPayload(error, staleSave(version, changes, before))] }
    }
    audit({ action: 'account.update', subject: { type: 'Account', id }, before, after })
    return { account: after }
  }
}

function changesOf({ name, role, personalData, enabled }: UpdateAccountInput): AccountChanges {
  return {
    ...(name != null ? { name: name.trim() } : {}),
    ...(role != null ? { role } : {}),
    ...(personalData != null ? { personalData } : {}),
    ...(enabled != null ? { enabled } : {}),
  }
}
