// HTTP calls: one attempt with its redirects, over kept connections, to allowed addresses only.
import { Agent, buildConnector, type Dispatcher } from 'undici'
import type { AddressPolicy } from '../address-policy.js'
import { failureOutcome } from '../failure.js'
import { timeLimit } from '../time-limit.js'
import type { JsonObject, Outcome, Transport } from '../transport.js'
import { readCall, type HttpCall } from './http-request.js'
import { MOST_REDIRECTS, redirected } from './redirect.js'
import { readBody, responseOf } from './response.js'
import { retryAfterMs } from './retry-after.js'

const CONNECT_MS = 10_000

/** Answers that say "later": RFC 9110 15.5.9, RFC 8470, RFC 6585. */
const LATER = new Set([408, 425, 429])

/**
 * The transport `http`. A request is `{ method, url, headers, body, timeoutMs }`; its response `{ status, headers, body }`. 2xx is delivered; 408, 425, 429 and
 * 5xx are tried again, as Retry-After says; anything else is rejected. The idempotency key is the header `Idempotency-Key`, unless the call has one.
 */
export function createHttpTransport(policy: AddressPolicy): Transport {
  const agent = new Agent({ connect: allowedConnector(policy), headersTimeout: 0, bodyTimeout: 0 })
  return {
    kind: 'http',
    async send(request, resource, { idempotencyKey, signal }) {
      const call = readCall(request, resource)
      if ('kind' in call) return call
      call.headers['idempotency-key'] ??= idempotencyKey
      const limit = timeLimit(call.timeoutMs, signal)
      try {
        return await callThrough(agent, call, limit.signal)
      } catch (error) {
        return failureOutcome(error, call.url.host, limit.over)
      } finally {
        limit.done()
      }
    },
    close: () => agent.destroy(),
  }
}

/** Connections are where the policy holds: whatever leads to one, a call, a redirect or a name's new answer, passes here. */
function allowedConnector(policy: AddressPolicy): buildConnector.connector {
  const connect = buildConnector({ lookup: policy.lookup, timeout: CONNECT_MS })
  return (options, callback) => {
    const refused = policy.refuses(options.hostname)
    if (refused) callback(refused, null)
    else connect(options, callback)
  }
}

async function callThrough(agent: Agent, first: HttpCall, signal: AbortSignal): Promise<Outcome> {
  let call = first
  for (let redirects = 0; ; redirects++) {
    const { statusCode, headers, body } = await requestOf(agent, call, signal)
    const response = responseOf(statusCode, headers, await readBody(body))
    const next = redirected(call, statusCode, textOf(headers['location']))
    if (next === undefined) return outcomeOf(statusCode, headers, response, call.url.host)
    if (typeof next === 'string' || redirects === MOST_REDIRECTS) {
      const why = typeof next === 'string' ? next : `it is the ${MOST_REDIRECTS + 1}th one of this call`
      const message = `The redirect of ${call.url.host} is not followed: ${why}.`
      return { kind: 'rejected', reason: { code: 'REDIRECT_NOT_FOLLOWED', message }, response }
    }
    call = next
  }
}

function requestOf(agent: Agent, call: HttpCall, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  const { url, method, headers, body } = call
  return agent.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method: method as Dispatcher.HttpMethod,
    headers,
    body,
    signal,
  })
}

function outcomeOf(
  status: number,
  headers: Dispatcher.ResponseData['headers'],
  response: JsonObject,
  host: string,
): Outcome {
  if (status >= 200 && status < 300) return { kind: 'delivered', response }
  const reason = { code: `HTTP_${status}`, message: `${host} answered ${status}.` }
  if (status < 500 && !LATER.has(status)) return { kind: 'rejected', reason, response }
  const after = retryAfterMs(textOf(headers['retry-after']), textOf(headers['date']), Date.now())
  return { kind: 'retry', reason, after, unreachable: status >= 500, response }
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
