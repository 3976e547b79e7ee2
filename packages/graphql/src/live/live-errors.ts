// Errors on the way to subscribers: the same words as over HTTP, and which of them pass by themselves.
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { QueryFailedError } from 'typeorm'

/** An error as a client may have it; what is ours is in the log. */
export type PresentError = (error: unknown, requestId: string) => GraphQLError

/** Presents errors as an Apollo server does with `formatError`. */
export function presentWith(
  formatError: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError,
): PresentError {
  return (error) => {
    const graphqlError = error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error })
    const { message, path, extensions } = formatError(graphqlError.toJSON(), error)
    const { http: _http, ...shown } = extensions ?? {}
    return new GraphQLError(message, { ...(path ? { path } : {}), extensions: shown })
  }
}

/** Codes of connections that could not be made or broke, and of a server that is stopping. */
const AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'PROTOCOL_CONNECTION_LOST',
  'ER_SERVER_SHUTDOWN',
  'ER_CONNECTION_KILLED',
  'ER_CON_COUNT_ERROR',
])

/** Whether an error says that the database is away, so that trying again helps. */
export function isDatabaseAway(error: unknown): boolean {
  // Not only what a resolver threw: without its context a message has no path.
  const original: unknown = (error instanceof GraphQLError && error.originalError) || error
  const cause: unknown = original instanceof QueryFailedError ? original.driverError : original
  if (typeof cause !== 'object' || cause === null) return false
  const { code, fatal } = cause as { code?: unknown; fatal?: unknown }
  return fatal === true || AWAY.has(String(code))
}
