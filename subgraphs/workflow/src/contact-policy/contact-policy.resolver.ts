// Queries for contact policies.
import { ContactPolicy } from '@segue/database'
import { Right } from '@segue/graphql'
import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql'
import type { WorkflowContext } from '../loaders.js'
import { CHANNEL, ContactPolicyNode, toContactPolicy } from './contact-policy.js'

@Right('contact-policies.read')
@Resolver(() => ContactPolicyNode)
export class ContactPolicyResolver {
  @Query(() => ContactPolicyNode, { nullable: true, description: 'The policy of a channel; null: it has none.' })
  async contactPolicy(
    @Arg('channel', () => ID, { description: 'The channel.' }) channel: string,
    @Ctx() { database }: WorkflowContext,
  ): Promise<ContactPolicyNode | null> {
    if (!CHANNEL.test(channel)) return null
    const row = await database.getRepository(ContactPolicy).findOneBy({ channel })
    return row && toContactPolicy(row)
  }

  @Query(() => [ContactPolicyNode], {
    nullable: true,
    description: 'All policies, by channel: a handful, there are no more channels.',
  })
  async contactPolicies(@Ctx() { database }: WorkflowContext): Promise<ContactPolicyNode[]> {
    const rows = await database.getRepository(ContactPolicy).find({ order: { channel: 'ASC' }, take: MOST_CHANNELS })
    return rows.map(toContactPolicy)
  }
}

const MOST_CHANNELS = 200
