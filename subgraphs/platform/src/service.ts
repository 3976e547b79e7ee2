// The platform subgraph: accounts, and every way to sign in.
import { connect } from '@segue/database'
import {
  createTokenSigner,
  mayRow,
  readId,
  startSubgraph,
  type RunningSubgraph,
  type SubgraphSchema,
} from '@segue/graphql'
import { createLogger } from '@segue/service'
import { AccountMutations } from './account/account.mutations.js'
import { AccountResolver } from './account/account.resolver.js'
import { ApiKeyMutations } from './api-key/api-key.mutations.js'
import { ApiKeyResolver } from './api-key/api-key.resolver.js'
import { AuditResolver } from './audit/audit.resolver.js'
import type { PlatformConfig } from './config.js'
import { InvitationMutations } from './invitation/invitation.mutations.js'
import { InvitationResolver } from './invitation/invitation.resolver.js'
import { JobProgressResolver } from './job/job-progress.js'
import { JobResolver } from './job/job.resolver.js'
import { platformLoaders, type PlatformLoaders } from './loaders.js'
import { PasswordMutations } from './password/password.mutations.js'
import { createPasswordCheck } from './password/password.js'
import { EndedSessionResolver } from './session/ended-session.resolver.js'
import { SessionMutations } from './session/session.mutations.js'
import { SessionResolver } from './session/session.resolver.js'
import { createAccessIssuer } from './sign-in/access.js'
import { createAttempts } from './sign-in/attempts.js'
import { SignInMutations } from './sign-in/sign-in.mutations.js'
import { startSweeping } from './sweeping.js'

export { createAccount, type NewAccount } from './account/accounts.js'

/** Of counting attempts, beside the pool of requests: a count is not part of a mutation's transaction, and must not wait for one to end. */
const OWN_CONNECTIONS = 2

export const definition: SubgraphSchema<PlatformLoaders> = {
  name: 'platform',
  resolvers: [
    AccountResolver,
    AccountMutations,
    SignInMutations,
    PasswordMutations,
    SessionResolver,
    SessionMutations,
    EndedSessionResolver,
    InvitationResolver,
    InvitationMutations,
    ApiKeyResolver,
    ApiKeyMutations,
    AuditResolver,
    JobResolver,
    JobProgressResolver,
  ],
  references: {
    Job: async ({ id }, { loaders }) => await loaders.job.load(readId(String(id))),
    // Null for whoever may not see it, as if it did not exist.
    Account: async ({ id: given }, { loaders, account }) => {
      const id = readId(String(given))
      return mayRow(account, id, { own: 'own.read', others: 'accounts.read' }) ? await loaders.account.load(id) : null
    },
  },
}

export async function start(config: PlatformConfig): Promise<RunningSubgraph> {
  const logger = createLogger('subgraph-platform', config.logLevel).child({ environment: config.environment })
  const pool = connect({ url: config.databaseUrl, connections: OWN_CONNECTIONS })
  const own = {
    query: async <Rows>(sql: string, parameters?: unknown[]): Promise<Rows> =>
      (await pool.query(sql, parameters))[0] as Rows,
  }
  const services = {
    issue: createAccessIssuer(await createTokenSigner(config.tokenPrivateKey, config.environment)),
    checkPassword: await createPasswordCheck(),
    attempts: createAttempts(own),
  }
  try {
    const subgraph = await startSubgraph<PlatformLoaders>(
      { ...definition, loaders: (database, personal) => platformLoaders(database, personal, services) },
      config,
    )
    const sweeping = startSweeping(own, logger)
    return {
      ...subgraph,
      async close() {
        await subgraph.close()
        await sweeping.close()
        await pool.end()
      },
    }
  } catch (error) {
    await pool.end()
    throw error
  }
}
