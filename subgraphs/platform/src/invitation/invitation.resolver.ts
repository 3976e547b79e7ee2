// Queries of invitations.
import { Invitation } from '@segue/database'
import { ConnectionArgs, connectionType, findPage, Right, type Connection, type Keyset } from '@segue/graphql'
import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql'
import { AccountNode } from '../account/account.js'
import type { PlatformContext } from '../loaders.js'
import { InvitationNode } from './invitation.js'

const InvitationConnection = connectionType(InvitationNode, 'Invitation')

/** Index: invitation(created_at, id). */
const NEWEST: Keyset<Invitation> = {
  keys: [
    { column: 'invitation.createdAt', kind: 'time', of: ({ createdAt }) => createdAt },
    { column: 'invitation.id', kind: 'id', of: ({ id }) => id },
  ],
  descending: true,
}

@Right('accounts.read')
@Resolver(() => InvitationNode)
export class InvitationResolver {
  @FieldResolver(() => AccountNode, { nullable: true, description: 'Who invited them.' })
  async invitedBy(
    @Root() { createdBy }: InvitationNode,
    @Ctx() { loaders }: PlatformContext,
  ): Promise<AccountNode | null> {
    return await loaders.account.load(createdBy)
  }

  @Query(() => InvitationConnection, {
    nullable: true,
    description: 'Invitations that were not accepted, newest first; those that ended a while ago are gone.',
  })
  async invitations(
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Ctx() { database }: PlatformContext,
  ): Promise<Connection<InvitationNode>> {
    return await findPage(database.getRepository(Invitation).createQueryBuilder('invitation'), NEWEST, args)
  }
}
