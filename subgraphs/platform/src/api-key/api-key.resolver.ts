// Queries of API keys.
import { ApiKey } from '@segue/database'
import {
  ConnectionArgs,
  connectionType,
  findPage,
  mayRow,
  readId,
  Right,
  type Connection,
  type Keyset,
} from '@segue/graphql'
import { Args, ArgsType, Ctx, Field, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import { AccountNode } from '../account/account.js'
import type { PlatformContext } from '../loaders.js'
import { signedIn } from '../signed-in.js'
import { ApiKeyNode } from './api-key.js'

const ApiKeyConnection = connectionType(ApiKeyNode, 'ApiKey')
// Two fields lead to it, with different rights: each of them guards its own list.
Right('own.read')(ApiKeyConnection)

/** Indexes: api_key(created_at, id), api_key(account_id, created_at, id). */
const NEWEST: Keyset<ApiKey> = {
  keys: [
    { column: 'apiKey.createdAt', kind: 'time', of: ({ createdAt }) => createdAt },
    { column: 'apiKey.id', kind: 'id', of: ({ id }) => id },
  ],
  descending: true,
}

@ArgsType()
class ApiKeysArgs extends ConnectionArgs {
  @Field(() => ID, { nullable: true, description: 'Only those of this account.' })
  accountId?: string | null
}

@Right('own.read')
@Resolver(() => ApiKeyNode)
export class ApiKeyResolver {
  @FieldResolver(() => AccountNode, { nullable: true, description: 'Whom it speaks for.' })
  async account(@Root() { accountId }: ApiKeyNode, @Ctx() context: PlatformContext): Promise<AccountNode | null> {
    // A repeated mutation answers a key as it was, also to who saw other accounts then and does no longer.
    const seen = mayRow(context.account, accountId, { own: 'own.read', others: 'accounts.read' })
    return seen ? await context.loaders.account.load(accountId) : null
  }

  @Query(() => ApiKeyConnection, {
    nullable: true,
    description: 'API keys of one’s own account, newest first, also those that count no more.',
  })
  async myApiKeys(
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Ctx() context: PlatformContext,
  ): Promise<Connection<ApiKeyNode>> {
    const { id: accountId } = signedIn(context)
    const keys = context.database.getRepository(ApiKey).createQueryBuilder('apiKey').where({ accountId })
    return await findPage(keys, NEWEST, args)
  }

  @Right('accounts.read')
  @Query(() => ApiKeyConnection, {
    nullable: true,
    description: 'All API keys, newest first, also those that count no more.',
  })
  async apiKeys(
    @Args(() => ApiKeysArgs) args: ApiKeysArgs,
    @Ctx() { database }: PlatformContext,
  ): Promise<Connection<ApiKeyNode>> {
    const keys = database.getRepository(ApiKey).createQueryBuilder('apiKey')
    if (args.accountId != null) keys.where({ accountId: readId(args.accountId, ['accountId']) })
    return await findPage(keys, NEWEST, args)
  }
}
