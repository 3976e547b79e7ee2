// Making and revoking API keys: one's own, and as an admin everybody's.
import { ApiKey } from '@segue/database'
import { mayRow, MutationInput, MutationPayload, readId, Right, Secret } from '@segue/graphql'
import { ArrayMaxSize, ArrayMinSize, Length } from 'class-validator'
import { Arg, Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql'
import { AccountNotFound, ApiKeyNotFound } from '../errors.js'
import type { PlatformMutationContext } from '../loaders.js'
import { signedIn } from '../signed-in.js'
import { ApiKeyNode } from './api-key.js'
import { createApiKey, revokeApiKey, type MadeApiKey } from './api-keys.js'

const OWNERS = { own: 'own.write', others: 'accounts.write' } as const

@InputType({ description: 'A key for a machine.' })
class CreateApiKeyInput extends MutationInput {
  @Field(() => String, { description: 'What it is for.' })
  @Length(1, 160)
  name!: string

  @Field(() => [String], {
    description: 'The rights it is to have: names such as profiles.read. None that its maker or its account lacks.',
  })
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  scopes!: string[]

  @Field(() => Date, {
    nullable: true,
    description: 'Until when it counts: 90 days when left out, at most 366.',
  })
  expiresAt?: Date | null

  @Field(() => ID, {
    nullable: true,
    description: 'Whom it speaks for: one’s own account when left out; another one needs accounts.write.',
  })
  accountId?: string | null
}

@InputType({ description: 'Which key is to end.' })
class RevokeApiKeyInput extends MutationInput {
  @Field(() => ID, { description: 'The key’s id.' })
  id!: string
}

@ObjectType({ description: 'A new key.' })
class CreateApiKeyPayload extends MutationPayload {
  @Field(() => ApiKeyNode, { nullable: true, description: 'The key, without its secret.' })
  apiKey?: ApiKeyNode | null

  @Secret()
  @Field(() => String, {
    nullable: true,
    description: 'The whole key, for the header `authorization: Bearer …`. Shown this once.',
  })
  key?: string | null
}

@ObjectType({ description: 'A key that has ended.' })
class RevokeApiKeyPayload extends MutationPayload {
  @Field(() => ApiKeyNode, { nullable: true, description: 'The key.' })
  apiKey?: ApiKeyNode | null
}

@Right('own.write')
@Resolver()
export class ApiKeyMutations {
  @Mutation(() => CreateApiKeyPayload, {
    description:
      'Makes a key with which a machine signs in as an account. The key speaks for its account as that is then: a right that the account loses the key loses, and it ends with the account.',
  })
  async createApiKey(
    @Arg('input', () => CreateApiKeyInput, { description: 'Which one.' }) input: CreateApiKeyInput,
    @Ctx() context: PlatformMutationContext,
  ): Promise<CreateApiKeyPayload> {
    const { transaction, environment, audit } = context
    const account = signedIn(context)
    const { name, scopes, expiresAt } = input
    const path = ['input', 'accountId']
    const accountId = input.accountId == null ? account.id : readId(input.accountId, path)
    if (!mayRow(account, accountId, OWNERS)) throw AccountNotFound({ id: accountId }, path)
    const made = await createApiKey(transaction, environment, account, { accountId, name, scopes, expiresAt })
    audit({ action: 'api-key.create', subject: { type: 'ApiKey', id: made.apiKey.id }, after: told(made.apiKey) })
    return made
  }

  @Mutation(() => RevokeApiKeyPayload, {
    description:
      'Ends a key: one’s own, or with accounts.write anybody’s. Access tokens that it was taken for are refused within about a second.',
  })
  async revokeApiKey(
    @Arg('input', () => RevokeApiKeyInput, { description: 'Which one.' }) input: RevokeApiKeyInput,
    @Ctx() context: PlatformMutationContext,
  ): Promise<RevokeApiKeyPayload> {
    const { transaction, audit } = context
    const id = readId(input.id, ['input', 'id'])
    const key = await transaction.getRepository(ApiKey).findOneBy({ id })
    if (!key || !mayRow(signedIn(context), key.accountId, OWNERS)) throw ApiKeyNotFound({ id }, ['input', 'id'])
    const apiKey = await revokeApiKey(transaction, key)
    audit({ action: 'api-key.revoke', subject: { type: 'ApiKey', id }, before: told(key), after: told(apiKey) })
    return { apiKey }
  }
}

function told({ accountId, name, scopes, expiresAt, revokedAt }: MadeApiKey): object {
  return { accountId, name, scopes, expiresAt, revokedAt }
}
