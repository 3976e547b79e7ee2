// What the gateway knows of a request while it plans and fetches.
import type { SignedInAccount } from '@segue/graphql'

export interface GatewayContext {
  /** Undefined: nobody signed in, public operations only. */
  account: SignedInAccount | undefined
  /** Passed on as it came: every subgraph verifies it again. */
  authorization: string | undefined
  requestId: string
  clientAddress: string
}
