// Who asks: by an access token, or by an API key that is exchanged for one.
import type { SignedInAccount, TokenVerifier } from '@segue/graphql'
import type { ApiKeys } from './api-keys.js'
import type { GatewayContext } from './context.js'

export interface SignIn {
  account: SignedInAccount | undefined
  /** For subgraphs. */
  authorization: string | undefined
  /** The API key by which they ask; undefined for people. */
  apiKey: string | undefined
}

/** Reads an `authorization` header; undefined, nobody is signed in. Throws UNAUTHENTICATED, TOKEN_EXPIRED, WRONG_ENVIRONMENT, SUBGRAPH_AWAY. */
export type ReadSignIn = (
  authorization: string | undefined,
  from: Pick<GatewayContext, 'requestId' | 'clientAddress'>,
) => Promise<SignIn>

export function createSignIn(verify: TokenVerifier, apiKeys: ApiKeys): ReadSignIn {
  return async (given, from) => {
    const apiKey = apiKeys.keyIn(given)
    const authorization = apiKey === undefined ? given : await apiKeys.exchange(apiKey, from)
    return { account: await verify(authorization), authorization, apiKey }
  }
}
