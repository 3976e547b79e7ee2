// What every Apollo server of ours has: CSRF prevention, limits, nothing that calls home, and errors that tell clients no secrets.
import { unwrapResolverError } from '@apollo/server/errors'
import type { ApolloServerOptions, ApolloServerPlugin } from '@apollo/server'
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled'
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import type { Logger } from '@segue/service'
import { randomUUID } from 'node:crypto'
import { describeError } from './describe-error.js'
import { UserError } from './errors.js'
import type { RightsCheck } from './needed-rights.js'
import { MAX_TOKENS, queryLimitsPlugin } from './query-limits.js'
import { subscriptionsPlugin } from './live/subscriptions-plugin.js'
import { signInPlugin } from './sign-in-plugin.js'
import type { SignedInAccount } from './rights.js'

/** Codes by which Apollo Server tells a client of its own mistakes. */
const CLIENT_CODES: ReadonlySet<unknown> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
])

/** Options for an Apollo server, to which the caller adds a schema. Of errors, `UserError`s and Apollo's own on clients' mistakes pass; others are masked. */
export function apolloOptions<Context extends { account: SignedInAccount | undefined; requestId: string }>(options: {
  logger: Logger
  /** Of `createRightsCheck`. */
  refusalOf: RightsCheck
}): Pick<
  ApolloServerOptions<Context>,
  | 'csrfPrevention'
  | 'hideSchemaDetailsFromClientErrors'
  | 'includeStacktraceInErrorResponses'
  | 'parseOptions'
  | 'persistedQueries'
  | 'stopOnTerminationSignals'
  | 'logger'
> & {
  plugins: ApolloServerPlugin<Context>[]
  formatError: NonNullable<ApolloServerOptions<Context>['formatError']>
} {
  const { logger, refusalOf } = options
  /** Of which request an error is: `formatError` is not told. */
  const requestIds = new WeakMap<object, string>()
  return {
    csrfPrevention: true,
    hideSchemaDetailsFromClientErrors: true,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    stopOnTerminationSignals: false,
    logger,
    formatError(formatted, error) {
      const original = unwrapResolverError(error)
      if (original instanceof UserError) return formatted
      if (CLIENT_CODES.has(formatted.extensions?.['code'])) return formatted
      const id = randomUUID()
      const requestId = typeof error === 'object' && error ? requestIds.get(error) : undefined
      logger.error(
        { errorId: id, requestId, error: describeError(original), path: formatted.path },
        'An operation failed',
      )
      return {
        message: `This failed on our side. The log has the reason under ${id}.`,
        ...(formatted.path ? { path: formatted.path } : {}),
        extensions: { code: 'INTERNAL', errorId: id },
      }
    },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      {
        async requestDidStart() {
          return {
            async didEncounterErrors({ errors, contextValue }) {
              for (const error of errors) requestIds.set(error, contextValue.requestId)
            },
            async willSendResponse({ response: { body, http } }) {
              // An error of one field must not give its status to an answer that has data.
              if (body.kind === 'single' && 'data' in body.singleResult) http.status = 200
            },
          }
        },
      },
      signInPlugin<Context>(refusalOf),
      subscriptionsPlugin<Context>(),
      queryLimitsPlugin<Context>(),
    ],
  }
}
