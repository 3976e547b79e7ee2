// What a caller can do wrong, as one kind of error with a stable code; everything else is ours and is masked.
import { GraphQLError } from 'graphql'

/** A mistake of the caller. `code` is stable and `message` is meant for people; both reach the client as they are. */
export class UserError extends GraphQLError {
  override readonly name = 'UserError'
  /** Where in the arguments the mistake is: `['input', 'name']`; empty when it has no place. */
  readonly argumentPath: readonly string[]

  constructor(
    readonly code: string,
    message: string,
    options: { path?: readonly string[]; status?: number } = {},
  ) {
    const path = options.path ?? []
    super(message, {
      extensions: {
        code,
        ...(path.length > 0 ? { path } : {}),
        // Counts only when the request ends before execution; answers with data are always 200.
        ...(options.status ? { http: { status: options.status } } : {}),
      },
    })
    this.argumentPath = path
  }
}

/**
 * One line of a package's error table: `const NameTaken = userError('NAME_TAKEN', 409, 'A segment is called {name} already.')`, thrown as
 * `throw NameTaken({ name }, ['input', 'name'])`. Placeholders without a value stay as they are.
 */
export function userError(
  code: string,
  status: number,
  template: string,
): (values?: Record<string, string | number>, path?: readonly string[]) => UserError {
  return (values = {}, path = []) =>
    new UserError(
      code,
      template.replace(/\{(\w+)\}/g, (placeholder, name: string) => String(values[name] ?? placeholder)),
      { path, status },
    )
}

export const NotSignedIn = userError('UNAUTHENTICATED', 401, 'Sign in first: this needs a valid access token.')
export const TokenExpired = userError('TOKEN_EXPIRED', 401, 'The access token has expired. Sign in again.')
export const SessionEnded = userError(
  'SESSION_ENDED',
  401,
  'This session has ended, or its rights have changed. Refresh it, or sign in again.',
)
export const WrongEnvironment = userError(
  'WRONG_ENVIRONMENT',
  401,
  'The access token belongs to another environment. Sign in to {environment}.',
)
export const NotAllowed = userError('FORBIDDEN', 403, 'The role {role} may not do this: it needs the right {right}.')
export const PersonalDataHidden = userError(
  'PERSONAL_DATA',
  403,
  'Who is looked for by personal data has to see it: this needs the right personal.read.',
)
export const NotAGateway = userError(
  'NOT_A_GATEWAY',
  403,
  'A subgraph answers only what the gateway of its environment signed within the last minute. Ask the gateway.',
)
export const BadCursor = userError(
  'BAD_CURSOR',
  400,
  'The cursor was not made by this list. Take it from pageInfo or an edge and pass it unchanged.',
)
export const BadPage = userError('BAD_PAGE', 400, '{problem}')
export const BadId = userError('BAD_ID', 400, '{value} is not an id.')
export const InvalidInput = userError('INVALID_INPUT', 400, '{problem}')
export const UnknownOperation = userError(
  'OPERATION_RESOLUTION_FAILURE',
  400,
  'The document has no operation of that name, or several and no name was given.',
)
export const QueryTooDeep = userError(
  'QUERY_TOO_DEEP',
  400,
  'The query is {depth} levels deep or more; at most {limit} are allowed.',
)
export const LiteralTooDeep = userError(
  'QUERY_TOO_DEEP',
  400,
  'A value that is written into the query is nested deeper than {limit} levels. Send it as a variable.',
)
export const QueryTooLarge = userError(
  'QUERY_TOO_LARGE',
  400,
  'The query may answer more than {limit} {what}. Ask for smaller pages or fewer fields.',
)
export const InvalidFragment = userError('GRAPHQL_VALIDATION_FAILED', 400, '{problem} {name}.')
export const BadRepresentation = userError('BAD_REPRESENTATION', 400, 'This names no entity: {problem}')
export const MutationIdReused = userError(
  'MUTATION_ID_REUSED',
  409,
  'You did {mutation} with another input under this clientMutationId within the last day. Give each change an id of its own.',
)
export const MutationUnderWay = userError(
  'MUTATION_UNDER_WAY',
  409,
  'The same {mutation} is still under way. Wait a little and send it again with the same clientMutationId.',
)
export const SubscriptionsOnly = userError(
  'SUBSCRIPTIONS_ONLY',
  400,
  'Only subscriptions come over a WebSocket. Send queries and mutations as POST /graphql.',
)
export const SubscriptionOverHttp = userError(
  'SUBSCRIPTION_OVER_HTTP',
  400,
  'Subscriptions come over a WebSocket at the same address, with the subprotocol graphql-transport-ws.',
)
export const TooManySubscriptions = userError(
  'TOO_MANY_SUBSCRIPTIONS',
  429,
  'This account watches {limit} things already. End some of its subscriptions first.',
)
