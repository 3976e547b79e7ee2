// The platform subgraph: accounts and sign-in.
import { createTokenSigner, readId, startSubgraph, type RunningSubgraph, type SubgraphSchema } from '@segue/graphql'
import { AccountMutations } from './account-mutations.js'
import { AccountResolver } from './account-resolver.js'
import { createAttempts } from './attempts.js'
import type { PlatformConfig } from './config.js'
import { accountLoader, type PlatformLoaders } from './loaders.js'
import { createPasswordCheck } from './password.js'
import { createSignIn } from './sign-in.js'

export { createAccount, type NewAccount } from './accounts.js'

export const definition: SubgraphSchema<PlatformLoaders> = {
  name: 'platform',
  resolvers: [AccountResolver, AccountMutations],
  references: { Account: ({ id }, { loaders }) => loaders.account.load(readId(String(id))) },
}

export async function start(config: PlatformConfig): Promise<RunningSubgraph> {
  const services = {
    sign: await createTokenSigner(config.tokenPrivateKey, config.environment),
    checkPassword: await createPasswordCheck(),
    attempts: createAttempts(),
  }
  return await startSubgraph<PlatformLoaders>(
    {
      ...definition,
      loaders: (database) => ({ account: accountLoader(database), signIn: createSignIn(database, services) }),
    },
    config,
  )
}
