// How a mutation runs: in one transaction with its audit entries, once for each id of the client's, and with mistakes answered as data.
import type { GraphQLFieldResolver } from 'graphql'
import type { EntityManager } from 'typeorm'
import { auditRow, type AuditedChange } from './audit.js'
import type { MutationContext, SubgraphContext } from './context.js'
import { UserError } from './errors.js'
import { claim, type Secrets } from './idempotency.js'
import { asPayload, type MutationPayload } from './mutation.js'
import { insertAuditEntries } from './sql/insert-audit-entries.js'

/** A refusal on its way out of the transaction, which it rolls back. */
class Refused extends Error {
  constructor(readonly payload: MutationPayload) {
    super('The mutation is refused.')
  }
}

/**
 * Wraps the resolver of the mutation `name`. A `UserError` becomes the payload's `userErrors`, everything else goes on as it is. The mutations of a request
 * run one after the other; each begins with new loaders, else it would answer what was true before the one before it, and so do the fields of its answer.
 */
export function mutationResolver<Loaders>(
  name: string,
  resolve: GraphQLFieldResolver<unknown, MutationContext<Loaders>>,
  secrets: Secrets,
): GraphQLFieldResolver<unknown, SubgraphContext<Loaders>> {
  return async (source, args, context, info) => {
    const { input, clientMutationId } = inputOf(args)
    const { account } = context
    const run = async (transaction: EntityManager): Promise<MutationPayload> => {
      const claimed =
        account && input && clientMutationId != null
          ? await claim(transaction, { accountId: account.id, mutation: name, clientMutationId, input }, secrets)
          : undefined
      if (claimed?.done) return claimed.done
      context.renewLoaders()
      const told: AuditedChange[] = []
      let kept = false
      const own: MutationContext<Loaders> = {
        ...context,
        transaction,
        audit: (change) => void told.push(change),
        keepWhenRefused: () => void (kept = true),
      }
      const payload = await refusalAsPayload(async () => (await resolve(source, args, own, info)) as MutationPayload)
      const refused = (payload.userErrors ?? []).length > 0
      if (refused && !kept) throw new Refused(payload)
      if (told.length > 0) {
        await insertAuditEntries(
          transaction,
          told.map((change) => auditRow(change, context)),
        )
      }
      if (refused) await claimed?.release()
      else await claimed?.keep(payload)
      return payload
    }
    const payload = await refusalAsPayload(() => context.inTransaction(run))
    context.renewLoaders()
    return { userErrors: [], ...payload, clientMutationId }
  }
}

async function refusalAsPayload(work: () => Promise<MutationPayload>): Promise<MutationPayload> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refused) return error.payload
    if (error instanceof UserError) return { userErrors: [asPayload(error)] }
    throw error
  }
}

function inputOf({ input }: Record<string, unknown>): { input: object | undefined; clientMutationId: string | null } {
  if (typeof input !== 'object' || input === null) return { input: undefined, clientMutationId: null }
  const id = 'clientMutationId' in input ? input.clientMutationId : undefined
  return { input, clientMutationId: typeof id === 'string' ? id : null }
}
