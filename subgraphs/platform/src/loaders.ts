// What a request of this subgraph works with.
import { Account } from '@segue/database'
import type { SubgraphContext } from '@segue/graphql'
import DataLoader from 'dataloader'
import { In, type DataSource } from 'typeorm'
import type { SignIn } from './sign-in.js'

export interface PlatformLoaders {
  /** null: no such account. */
  account: DataLoader<string, Account | null>
  /** The process's own: it remembers failed attempts across requests. */
  signIn: SignIn
}

export type PlatformContext = SubgraphContext<PlatformLoaders>

export function accountLoader(database: DataSource): PlatformLoaders['account'] {
  return new DataLoader(async (ids) => {
    const accounts = await database.getRepository(Account).findBy({ id: In([...ids]) })
    const found = new Map(accounts.map((account) => [account.id, account]))
    return ids.map((id) => found.get(id) ?? null)
  })
}
