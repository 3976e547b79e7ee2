// Queries of sessions.
import { AccountSession } from '@segue/database'
import { ConnectionArgs, connectionType, findPage, readId, Right, type Connection, type Keyset } from '@segue/graphql'
import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import type { DataSource } from 'typeorm'
import type { PlatformContext } from '../loaders.js'
import { signedIn } from '../signed-in.js'
import { AccountSessionNode } from './session.js'

const AccountSessionConnection = connectionType(AccountSessionNode, 'AccountSession')
// Two fields lead to it, with different rights: each of them guards its own list.
Right('own.read')(AccountSessionConnection)

/** Index: account_session(account_id, created_at, id). */
const NEWEST: Keyset<AccountSession> = {
  keys: [
    { column: 'session.createdAt', kind: 'time', of: ({ createdAt }) => createdAt },
    { column: 'session.id', kind: 'id', of: ({ id }) => id },
  ],
  descending: true,
}

@Right('own.read')
@Resolver(() => AccountSessionNode)
export class SessionResolver {
  @FieldResolver(() => Boolean, { description: 'Whether this is the session that asks.' })
  current(@Root() { id }: AccountSessionNode, @Ctx() { account }: PlatformContext): boolean {
    return account?.sessionId === id
  }

  @Query(() => AccountSessionConnection, { nullable: true, description: 'One’s own sessions, newest first.' })
  async mySessions(
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Ctx() context: PlatformContext,
  ): Promise<Connection<AccountSessionNode>> {
    return await sessionsOf(context.database, signedIn(context).id, args)
  }

  @Right('accounts.read')
  @Query(() => AccountSessionConnection, { nullable: true, description: 'The sessions of an account, newest first.' })
  async accountSessions(
    @Arg('accountId', () => ID, { description: 'The account.' }) accountId: string,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Ctx() { database }: PlatformContext,
  ): Promise<Connection<AccountSessionNode>> {
    return await sessionsOf(database, readId(accountId, ['accountId']), args)
  }
}

async function sessionsOf(
  database: DataSource,
  accountId: string,
  args: ConnectionArgs,
): Promise<Connection<AccountSession>> {
  const sessions = database
    .getRepository(AccountSession)
    .createQueryBuilder('session')
    .where({ accountId })
    .andWhere('session.expiresAt > UTC_TIMESTAMP(3)')
  return await findPage(sessions, NEWEST, args)
}
