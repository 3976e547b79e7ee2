// Signing in, keeping a session alive, signing out; and keys of machines for access tokens.
import { MutationInput, MutationPayload, Right, Secret } from '@segue/graphql'
import { MaxLength } from 'class-validator'
import { Arg, Ctx, Field, InputType, Mutation, ObjectType, Resolver } from 'type-graphql'

import { exchangeApiKey } from '../api-key/api-keys.js'
import { NoSession } from '../errors.js'
import type { PlatformMutationContext } from '../loaders.js'
import { LONGEST_PASSWORD } from '../password/password.js'
import { endSession, refreshSession, startSession } from '../session/sessions.js'
import { signIn } from './sign-in.js'
import { SignedInAccountNode } from './signed-in-account.js'

@InputType({ description: 'Who signs in.' })
class LoginInput extends MutationInput {
  @Field(() => String, { description: 'The e-mail address of the account, in upper or lower case.' })
  @MaxLength(190)
  email!: string

  @Secret()
  @Field(() => String, { description: 'Its password.' })
  @MaxLength(LONGEST_PASSWORD)
  password!: string
}

@InputType({ description: 'Nothing to say: the gateway adds the refresh token out of the cookie.' })
class RefreshSessionInput extends MutationInput {}

@InputType({ description: 'Nothing to say: the gateway adds the refresh token out of the cookie.' })
class LogoutInput extends MutationInput {}

@InputType({ description: 'The key of a machine.' })
class ExchangeApiKeyInput extends MutationInput {
  @Secret()
  @Field(() => String, { description: 'The whole key, `segue_<environment>_<id>_<secret>`.' })
  @MaxLength(200)
  key!: string
}

@ObjectType({ description: 'A session that has started.' })
class LoginPayload extends MutationPayload {
  @Secret()
  @Field(() => String, { nullable: true, description: 'For the header `authorization: Bearer …`.' })
  accessToken?: string | null

  @Field(() => Date, { nullable: true, description: 'When the access token ends. Refresh the session before that.' })
  expiresAt?: Date | null

  @Field(() => SignedInAccountNode, { nullable: true, description: 'Who signed in.' })
  account?: SignedInAccountNode | null
}

@ObjectType({ description: 'A session that goes on.' })
class RefreshSessionPayload extends MutationPayload {
  @Secret()
  @Field(() => String, { nullable: true, description: 'For the header `authorization: Bearer …`.' })
  accessToken?: string | null

  @Field(() => Date, { nullable: true, description: 'When the access token ends. Refresh the session before that.' })
  expiresAt?: Date | null

  @Field(() => SignedInAccountNode, {
    nullable: true,
    description: 'Whose session it is, with the rights of the new token.',
  })
  account?: SignedInAccountNode | null
}

@ObjectType({ description: 'A session that has ended.' })
class LogoutPayload extends MutationPayload {
  @Field(() => Boolean, { nullable: true, description: 'Whether there was a session to end.' })
  ended?: boolean | null
}

@ObjectType({ description: 'An access token for a machine.' })
class ExchangeApiKeyPayload extends MutationPayload {
  @Secret()
  @Field(() => String, { nullable: true, description: 'For the header `authorization: Bearer …`.' })
  accessToken?: string | null

  @Field(() => Date, { nullable: true, description: 'When it ends: five minutes from now, or with the key.' })
  expiresAt?: Date | null
}

@Right('public')
@Resolver()
export class SignInMutations {
  @Mutation(() => LoginPayload, {
    description:
      'Signs in: an access token of fifteen minutes, and a session that the gateway keeps in a cookie. What was wrong is not told apart.',
  })
  async login(
    @Arg('input', () => LoginInput, { description: 'Who signs in.' }) { email, password }: LoginInput,
    @Ctx() context: PlatformMutationContext,
  ): Promise<LoginPayload> {
    const { transaction, loaders, peer: address, userAgent, audit } = context
    const account = await signIn(transaction, loaders, { email, password, address })
    const session = await startSession(transaction, account.id, { address, userAgent })
    const access = await loaders.issue(account, { id: session.sessionId, revokedUntil: null })
    audit({
      action: 'session.start',
      subject: { type: 'AccountSession', id: session.sessionId },
      actor: { accountId: account.id },
    })
    context.setRefreshToken(session.refreshToken, session.maxAgeSeconds)
    return { ...access, account }
  }

  @Mutation(() => RefreshSessionPayload, {
    description:
      'Takes the refresh token of the cookie for an access token and a new refresh token. Send no access token with it: an old one would be refused. A refresh token that was used before ends its session.',
  })
  async refreshSession(
    @Arg('input', () => RefreshSessionInput, { nullable: true, description: 'Nothing to say.' })
    _input: RefreshSessionInput | null,
    @Ctx() context: PlatformMutationContext,
  ): Promise<RefreshSessionPayload> {
    const { transaction, loaders, peer: address, userAgent, refreshToken, audit } = context
    if (refreshToken === undefined) throw NoSession()
    const refreshed = await refreshSession(transaction, refreshToken, { address, userAgent }, loaders.issue)
    if (refreshed.outcome === 'replayed') {
      const { sessionId, accountId } = refreshed
      context.keepWhenRefused()
      audit({ action: 'session.replay', subject: { type: 'AccountSession', id: sessionId }, actor: { accountId } })
    }
    if (refreshed.outcome !== 'refreshed') {
      context.setRefreshToken('', 0)
      throw NoSession()
    }
    context.setRefreshToken(refreshed.refreshToken, refreshed.maxAgeSeconds)
    const { accessToken, expiresAt, account } = refreshed
    return { accessToken, expiresAt, account }
  }

  @Mutation(() => LogoutPayload, {
    description: 'Ends the session of the cookie, and that of the access token when there is one.',
  })
  async logout(
    @Arg('input', () => LogoutInput, { nullable: true, description: 'Nothing to say.' }) _input: LogoutInput | null,
    @Ctx() context: PlatformMutationContext,
  ): Promise<LogoutPayload> {
    const { transaction, account, refreshToken, audit } = context
    const ended = await endSession(transaction, { refreshToken, sessionId: account?.sessionId })
    for (const { id, accountId } of ended) {
      audit({ action: 'session.end', subject: { type: 'AccountSession', id }, actor: { accountId } })
    }
    context.setRefreshToken('', 0)
    return { ended: ended.length > 0 }
  }

  @Mutation(() => ExchangeApiKeyPayload, {
    description:
      'Takes the API key of a machine for an access token. The gateway does this for whoever sends a key as bearer token.',
  })
  async exchangeApiKey(
    @Arg('input', () => ExchangeApiKeyInput, { description: 'The key.' }) { key }: ExchangeApiKeyInput,
    @Ctx() { transaction, loaders, environment }: PlatformMutationContext,
  ): Promise<ExchangeApiKeyPayload> {
    return await exchangeApiKey(transaction, environment, key, loaders.issue)
  }
}
