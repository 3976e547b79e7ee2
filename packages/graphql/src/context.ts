// What a resolver gets with each request.
import type { DataSource } from 'typeorm'
import type { Environment } from './access-token.js'
import type { SignedInAccount } from './rights.js'

export interface SubgraphContext<Loaders = object> {
  /** Who asks; undefined only in operations that need no sign-in. */
  account: SignedInAccount | undefined
  environment: Environment
  /** Address of the client as the gateway says, else of whoever connected. Anybody who reaches the subgraph may say it: good for counting only. */
  peer: string
  /** The same in the logs of the gateway and of every subgraph that took part. */
  requestId: string
  /** The environment's database, through the subgraph's own account. */
  database: DataSource
  /** New for every request and every mutation in it, so nothing is shared between accounts and nothing is stale. */
  loaders: Loaders
  /** Makes them new. */
  renewLoaders: () => void
}
