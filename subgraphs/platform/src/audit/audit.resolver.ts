// Looking into the audit.
import type { Account } from '@segue/database'
import { connectionType, ConnectionArgs, readId, Right, type Connection } from '@segue/graphql'
import { MaxLength } from 'class-validator'
import { Args, ArgsType, Ctx, Field, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import { AccountNode } from '../account/account.js'
import type { PlatformContext } from '../loaders.js'
import { AuditEntryNode, toAuditEntry } from './audit-entry.js'
import { findAuditEntries } from './find-audit-entries.js'

const AuditEntryConnection = connectionType(AuditEntryNode, 'AuditEntry')

@ArgsType()
class AuditEntriesArgs extends ConnectionArgs {
  @MaxLength(64)
  @Field(() => String, { nullable: true, description: 'Changes of things of this type, as `Workflow`.' })
  subjectType?: string | null

  @MaxLength(200)
  @Field(() => ID, { nullable: true, description: 'Changes of the thing with this id; needs `subjectType`.' })
  subjectId?: string | null

  @Field(() => ID, { nullable: true, description: 'Changes that this account made.' })
  accountId?: string | null

  @MaxLength(64)
  @Field(() => String, { nullable: true, description: 'Changes of this kind, as `workflow.deploy`.' })
  action?: string | null

  @Field(() => Date, { nullable: true, description: 'At this time or later.' })
  from?: Date | null

  @Field(() => Date, { nullable: true, description: 'Before this time.' })
  to?: Date | null

  @MaxLength(100)
  @Field(() => String, {
    nullable: true,
    description:
      'A text in the action, the subject, the request’s id or what changed. What changed of accounts is personal data and not searched. Looks at each entry that the other arguments leave.',
  })
  search?: string | null
}

@Right('audit.read')
@Resolver(() => AuditEntryNode)
export class AuditResolver {
  @Query(() => AuditEntryConnection, { nullable: true, description: 'Who changed what, the latest first.' })
  async auditEntries(
    @Args(() => AuditEntriesArgs) args: AuditEntriesArgs,
    @Ctx() { database, personal }: PlatformContext,
  ): Promise<Connection<AuditEntryNode>> {
    const accountId = args.accountId == null ? null : readId(args.accountId, ['accountId'])
    const { edges, pageInfo } = await findAuditEntries(database, { ...args, accountId }, args)
    return { edges: edges.map(({ node, cursor }) => ({ node: toAuditEntry(node, personal), cursor })), pageInfo }
  }

  @Right('accounts.read')
  @FieldResolver(() => AccountNode, { nullable: true, description: 'The account that did it, as it is now.' })
  async account(@Root() { accountId }: AuditEntryNode, @Ctx() { loaders }: PlatformContext): Promise<Account | null> {
    return accountId === null ? null : await loaders.account.load(accountId)
  }
}
