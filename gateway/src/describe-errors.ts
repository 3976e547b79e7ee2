// Errors as clients may see them: their own mistakes and what subgraphs said, as they are; everything else only as an id that is in the log.
import { describeError, UserError } from '@segue/graphql'
import type { Logger } from '@segue/service'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { randomUUID } from 'node:crypto'

export function describeErrors(errors: readonly unknown[], requestId: string, logger: Logger): GraphQLFormattedError[] {
  return errors.map((error): GraphQLFormattedError => {
    if (error instanceof GraphQLError && isForClients(error)) {
      const { http: _status, ...extensions } = error.extensions
      const { message, ...rest } = error.toJSON()
      return { message: cut(message), ...rest, extensions }
    }
    const errorId = randomUUID()
    logger.error({ errorId, requestId, error: describeError(error) }, 'An operation failed')
    const path = error instanceof GraphQLError ? error.path : undefined
    return {
      message: `This failed on our side. The log has the reason under ${errorId}.`,
      ...(path ? { path } : {}),
      extensions: { code: 'INTERNAL', errorId },
    }
  })
}

/** Ours have no more; GraphQL's own quote names and texts of the document, however long, once for each mistake. */
const LONGEST_MESSAGE = 1000

function cut(message: string): string {
  return message.length <= LONGEST_MESSAGE ? message : `${message.slice(0, LONGEST_MESSAGE)}…`
}

/** A subgraph has masked its errors already; a document's mistakes are its sender's. */
function isForClients(error: GraphQLError): boolean {
  const { serviceName, code } = error.extensions
  return error instanceof UserError || typeof serviceName === 'string' || code === 'GRAPHQL_VALIDATION_FAILED'
}
