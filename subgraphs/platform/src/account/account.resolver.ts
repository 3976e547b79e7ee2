// Queries of accounts.
import { Account } from '@segue/database'
import { ConnectionArgs, connectionType, findPage, readId, Right, type Connection, type Keyset } from '@segue/graphql'
import { Arg, Args, Ctx, ID, Query, Resolver } from 'type-graphql'
import type { PlatformContext } from '../loaders.js'
import { AccountNode } from './account.js'

const AccountConnection = connectionType(AccountNode, 'Account')

/** Addresses are unique, so they are a whole key. */
const BY_EMAIL: Keyset<Account> = { keys: [{ column: 'account.email', kind: 'text', of: (account) => account.email }] }

@Resolver()
export class AccountResolver {
  @Right('own.read')
  @Query(() => AccountNode, { nullable: true, description: 'Whose access token this is.' })
  async me(@Ctx() { account, loaders }: PlatformContext): Promise<AccountNode | null> {
    return account ? await loaders.account.load(account.id) : null
  }

  @Right('accounts.read')
  @Query(() => AccountConnection, { nullable: true, description: 'Accounts by e-mail address.' })
  async accounts(
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Ctx() { database }: PlatformContext,
  ): Promise<Connection<AccountNode>> {
    return await findPage(database.getRepository(Account).createQueryBuilder('account'), BY_EMAIL, args)
  }

  @Right('accounts.read')
  @Query(() => AccountNode, { nullable: true, description: 'An account; null when there is none of this id.' })
  async account(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { loaders }: PlatformContext,
  ): Promise<AccountNode | null> {
    return await loaders.account.load(readId(id))
  }
}
