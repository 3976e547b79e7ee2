// What the gateway itself refuses, and what it answers when a subgraph does not.
import { userError } from '@segue/graphql'

export const SubgraphAway = userError(
  'SUBGRAPH_AWAY',
  502,
  'The {name} part of the API is away, so what it knows is missing here. Try again in a moment.',
)
export const SubgraphSlow = userError(
  'SUBGRAPH_TIMEOUT',
  504,
  'The {name} part of the API did not answer within {seconds} seconds. Ask for less, or try again.',
)
export const BadRequest = userError('BAD_REQUEST', 400, '{problem}')
export const NotJson = userError(
  'BAD_REQUEST',
  415,
  'Send GraphQL with content-type: application/json, which other sites cannot make a browser send without asking.',
)
export const BodyTooLarge = userError('BODY_TOO_LARGE', 413, 'The body has more than {limit} bytes.')
export const NothingHere = userError(
  'NOT_FOUND',
  404,
  'There is nothing here. Send GraphQL as POST /graphql with content-type: application/json.',
)
export const OnlyPost = userError(
  'METHOD_NOT_ALLOWED',
  405,
  'Send GraphQL as POST: what stands in an address ends up in logs and histories.',
)
export const ParseFailed = userError('GRAPHQL_PARSE_FAILED', 400, '{problem}')
export const NoIntrospection = userError(
  'GRAPHQL_VALIDATION_FAILED',
  400,
  'The schema is not shown on production unless SEGUE_GATEWAY_INTROSPECTION allows it.',
)
export const AliasedIntrospection = userError(
  'QUERY_TOO_LARGE',
  400,
  'A query for the schema has no aliases: each would have a part of the schema written once more.',
)
export const CannotPlan = userError('GRAPHQL_VALIDATION_FAILED', 400, 'The operation cannot be planned: {problem}')
export const UnknownPersistedQuery = userError('PERSISTED_QUERY_NOT_FOUND', 404, 'PersistedQueryNotFound')
export const NoPersistedQueries = userError('PERSISTED_QUERY_NOT_SUPPORTED', 400, 'PersistedQueryNotSupported')
export const OnlyPersistedQueries = userError(
  'PERSISTED_QUERY_REQUIRED',
  403,
  'Only registered operations are taken here. Send the SHA-256 of one, or ask with an API key.',
)
export const TooManySockets = userError(
  'TOO_MANY_SOCKETS',
  429,
  'This account has {limit} sockets open already. Close some of them first.',
)
export const BadApiKey = userError('UNAUTHENTICATED', 401, '{problem}')
