// What a resolver gets with each request.
import type { DataSource, EntityManager } from 'typeorm'
import type { Environment } from './access-token.js'
import type { AuditedChange } from './audit.js'
import type { PersonalData } from './personal-data.js'
import type { SignedInAccount } from './rights.js'
import type { Transactions } from './transactions.js'

export interface SubgraphContext<Loaders = object> {
  /** Who asks; undefined only in operations that need no sign-in. */
  account: SignedInAccount | undefined
  environment: Environment
  /** Address of the client, as the gateway signed it. */
  peer: string
  /** What the client calls itself; empty when it says nothing. */
  userAgent: string
  /** The refresh token of the client's cookie, as the gateway signed it; only the platform subgraph gets it. */
  refreshToken: string | undefined
  /** Has the gateway keep a refresh token in the client's cookie for so long; an empty one removes the cookie. */
  setRefreshToken: (token: string, maxAgeSeconds: number) => void
  /** What goes back to the gateway with the answer: filled by `setRefreshToken`, shared by all copies of the context. */
  answer: { refreshToken?: { token: string; maxAgeSeconds: number } }
  /** The same in the logs of the gateway and of every subgraph that took part. */
  requestId: string
  /** What may be seen of personal data, and the masks of the rest. */
  personal: PersonalData
  /** The environment's database, through the subgraph's own account. */
  database: DataSource
  /** New for every request and every mutation in it, so nothing is shared between accounts and nothing is stale. */
  loaders: Loaders
  /** Makes them new. */
  renewLoaders: () => void
  /** A transaction of the subgraph's database. Mutations have one of their own already. */
  inTransaction: Transactions
}

/** What a mutation gets. What it writes, its audit entries and what is remembered for repeats are one transaction: all of it is there, or nothing. */
export interface MutationContext<Loaders = object> extends SubgraphContext<Loaders> {
  /**
   * Read and write through this, not through `database`. It is committed when the mutation succeeds, rolled back when it throws or answers user errors. Work
   * in it may be run a second time, from its beginning, when the database gave it up for another.
   */
  transaction: EntityManager
  /** Tells the audit what was changed. Every mutation tells at least one thing. */
  audit: (change: AuditedChange) => void
  /** What is written up to the end is kept also when the mutation is refused: a failed sign-in that is counted and told to the audit. */
  keepWhenRefused: () => void
}
