// What gateways ask while subscriptions are open. Composition leaves it out of the API, and only a gateway can sign what a subgraph answers.
import { Right } from '@segue/graphql'
import { Ctx, Directive, Query, Resolver } from 'type-graphql'
import type { PlatformContext } from '../loaders.js'
import { selectEndedSessions } from '../sql/select-ended-sessions.js'
import { EndedSession } from './ended-session.js'

@Resolver()
export class EndedSessionResolver {
  @Right('public')
  @Directive('@inaccessible')
  @Query(() => [EndedSession], { nullable: true, description: 'Sessions that ended before their access tokens did.' })
  async endedSessions(@Ctx() { database }: PlatformContext): Promise<EndedSession[]> {
    return await selectEndedSessions(database)
  }
}
