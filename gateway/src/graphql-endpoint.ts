// POST /graphql: from a request to its answer.
import { cameByHttps, clientAddressOf, UserError, type Environment, type Networks } from '@segue/graphql'
import type { Logger } from '@segue/service'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApiKeys } from './api-keys.js'
import { readGraphqlRequest } from './body.js'
import type { GatewayContext } from './context.js'
import { describeErrors } from './describe-errors.js'
import type { GatewayMetrics, Outcome } from './metrics.js'
import { InvalidDocument } from './operation.js'
import type { Operations, Result } from './operations.js'
import { readRefreshToken, refreshCookie } from './refresh-cookie.js'
import type { RegisteredOperations } from './registered-operations.js'
import { JSON_TYPE, respond } from './respond.js'
import type { ReadSignIn } from './sign-in.js'

export interface GraphqlEndpointOptions {
  environment: Environment
  trustedProxies: Networks
  operations: Operations
  registered: RegisteredOperations
  signIn: ReadSignIn
  apiKeys: ApiKeys
  metrics: GatewayMetrics
  logger: Logger
}

/** Answers one request; never rejects. */
export type GraphqlEndpoint = (request: IncomingMessage, response: ServerResponse, requestId: string) => Promise<void>

export function createGraphqlEndpoint(options: GraphqlEndpointOptions): GraphqlEndpoint {
  const { environment, trustedProxies, metrics, logger } = options

  return async (request, response, requestId) => {
    const began = performance.now()
    const headers: Record<string, string | number> = {
      'content-type': JSON_TYPE,
      'cache-control': 'no-store',
      'x-request-id': requestId,
    }
    const context = contextOf(request, requestId)
    const operation = { name: '', kind: 'unknown' }
    let outcome: Outcome
    let status: number
    let text: string
    try {
      const result = await run(request, context, operation)
      outcome = outcomeOf(result)
      status = 200
      text = JSON.stringify({
        ...result,
        ...(result.errors ? { errors: describeErrors(result.errors, requestId, logger) } : {}),
      })
    } catch (error) {
      outcome = 'refused'
      const refused = error instanceof InvalidDocument ? error.errors : [error]
      status = statusOf(error)
      text = JSON.stringify({ errors: describeErrors(refused, requestId, logger) })
      // A body that is not read to its end would be taken for the next request.
      if (!request.complete) headers['connection'] = 'close'
    }
    if (context.setRefreshToken) {
      headers['set-cookie'] = refreshCookie(environment, context.setRefreshToken, cameByHttps(request, trustedProxies))
    }
    await respond(request, response, status, headers, text)
    metrics.operation(
      context.account ? operation.name : '',
      operation.kind,
      outcome,
      (performance.now() - began) / 1000,
    )
  }

  function contextOf(request: IncomingMessage, requestId: string): GatewayContext {
    const { cookie, 'user-agent': userAgent } = request.headers
    return {
      account: undefined,
      authorization: undefined,
      requestId,
      clientAddress: clientAddressOf(request, trustedProxies),
      ...(userAgent === undefined ? {} : { userAgent }),
      ...(cookie === undefined ? {} : { refreshToken: readRefreshToken(cookie, environment) }),
    }
  }

  async function run(
    request: IncomingMessage,
    context: GatewayContext,
    described: { name: string; kind: string },
  ): Promise<Result> {
    const asked = await readGraphqlRequest(request)
    const { account, authorization, apiKey } = await options.signIn(request.headers.authorization, context)
    context.account = account
    context.authorization = authorization
    const document = options.registered.documentOf(asked, apiKey !== undefined)
    const operation = options.operations.prepare(document, asked.operationName, context)
    described.name = operation.name
    described.kind = operation.kind
    try {
      return await options.operations.execute(operation, asked.variables, context)
    } catch (error) {
      // The key's session is over for this token; whether the key itself still counts, its next request finds out.
      if (apiKey !== undefined && error instanceof UserError && error.code === 'SESSION_ENDED')
        options.apiKeys.forget(apiKey)
      throw error
    }
  }
}

function outcomeOf({ data, errors }: Result): Outcome {
  if (!errors) return 'answered'
  return data === null || data === undefined ? 'failed' : 'partial'
}

function statusOf(error: unknown): number {
  if (error instanceof InvalidDocument) return 400
  if (!(error instanceof UserError)) return 500
  const http = error.extensions['http'] as { status?: number } | undefined
  return http?.status ?? 400
}
