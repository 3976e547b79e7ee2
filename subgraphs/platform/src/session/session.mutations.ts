// Ending sessions: one's own, and as an admin everybody's.
import { AccountSession } from '@segue/database'
import { mayRow, MutationInput, MutationPayload, readId, Right, type SignedInAccount } from '@segue/graphql'
import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql'
import { lockAccount } from '../account/accounts.js'
import { AccountNotFound, SessionNotFound } from '../errors.js'
import type { PlatformMutationContext } from '../loaders.js'
import { signedIn } from '../signed-in.js'
import { endSessions, endSessionsOf } from './sessions.js'

@InputType({ description: 'Which session is to end.' })
class RevokeSessionInput extends MutationInput {
  @Field(() => ID, { description: 'The session.' })
  id!: string
}

@InputType({ description: 'Whose sessions are to end.' })
class RevokeSessionsInput extends MutationInput {
  @Field(() => ID, { nullable: true, description: 'The account; one’s own when left out.' })
  accountId?: string | null

  @Field(() => Boolean, { nullable: true, description: 'Whether the session that asks goes on; false when left out.' })
  keepCurrent?: boolean | null
}

@ObjectType({ description: 'A session that has ended.' })
class RevokeSessionPayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'The session.' })
  revokedId?: string | null
}

@ObjectType({ description: 'Sessions that have ended.' })
class RevokeSessionsPayload extends MutationPayload {
  @Field(() => Int, { nullable: true, description: 'How many there were.' })
  revoked?: number | null
}

@Right('own.write')
@Resolver()
export class SessionMutations {
  @Mutation(() => RevokeSessionPayload, {
    description:
      'Ends a session: one’s own, or with accounts.write anybody’s. Its access token is refused within about a second.',
  })
  async revokeSession(
    @Arg('input', () => RevokeSessionInput, { description: 'Which one.' }) input: RevokeSessionInput,
    @Ctx() { transaction, account, audit }: PlatformMutationContext,
  ): Promise<RevokeSessionPayload> {
    const id = readId(input.id, ['input', 'id'])
    const session = await transaction.getRepository(AccountSession).findOneBy({ id })
    if (!session || !mayEnd(account, session.accountId)) throw SessionNotFound({ id }, ['input', 'id'])
    await endSessions(transaction, [id])
    audit({ action: 'session.revoke', subject: { type: 'AccountSession', id }, before: told(session) })
    return { revokedId: id }
  }

  @Mutation(() => RevokeSessionsPayload, {
    description: 'Ends all sessions of an account: of one’s own, or with accounts.write of anybody’s. API keys stay.',
  })
  async revokeSessions(
    @Arg('input', () => RevokeSessionsInput, { description: 'Whose.' }) input: RevokeSessionsInput,
    @Ctx() context: PlatformMutationContext,
  ): Promise<RevokeSessionsPayload> {
    const { transaction, audit } = context
    const account = signedIn(context)
    const path = ['input', 'accountId']
    const accountId = input.accountId == null ? account.id : readId(input.accountId, path)
    if (!mayEnd(account, accountId)) throw AccountNotFound({ id: accountId }, path)
    await lockAccount(transaction, accountId, path)
    const ended = await endSessionsOf(transaction, accountId, input.keepCurrent ? account.sessionId : undefined)
    audit({ action: 'session.revoke-all', subject: { type: 'Account', id: accountId }, after: { sessions: ended } })
    return { revoked: ended.length }
  }
}

function mayEnd(account: SignedInAccount | undefined, owner: string): boolean {
  return mayRow(account, owner, { own: 'own.write', others: 'accounts.write' })
}

function told({ accountId, address, userAgent }: AccountSession): object {
  return { accountId, address, userAgent }
}
