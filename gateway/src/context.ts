// What the gateway knows of a request while it plans and fetches.
import type { SignedInAccount } from '@segue/graphql'

export interface GatewayContext {
  /** Undefined: nobody signed in, public operations only. */
  account: SignedInAccount | undefined
  /** Passed on as it came (of an API key, what it was exchanged for): every subgraph verifies it again. */
  authorization: string | undefined
  requestId: string
  clientAddress: string
  userAgent?: string
  /** Out of the client's cookie; only the platform subgraph gets it. */
  refreshToken?: string | undefined
  /** What the platform subgraph wants the cookie to be. */
  setRefreshToken?: { token: string; maxAgeSeconds: number }
}
