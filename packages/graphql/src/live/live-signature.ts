// What a gateway signs of a subscription: the same as of a request, and its socket when it opens it.
import { CLIENT_ADDRESS_HEADER, SIGNATURE_HEADER } from '../gateway-signature.js'
import type { GatewaySigner, SignatureCheck } from '../gateway-signature.js'
import type { LivePayload } from './live-operation.js'

/** For whom a gateway subscribes; what it has not is empty. */
export interface LiveClient {
  authorization: string
  requestId: string
  clientAddress: string
}

/** `extensions` of a subscription's payload, as a subgraph wants them. */
export type LiveExtensions = LiveClient & { signature: string }

/** What stands for the body of a request. */
const OPENING = 'connection_init'

function bodyOf({ query, operationName, variables }: LivePayload): string {
  return JSON.stringify([query, operationName ?? null, variables ?? null])
}

/** The payload of `connection_init` by which a subgraph knows a gateway of its environment. Good for a minute: made for each connection. */
export function signConnection(sign: GatewaySigner): { signature: string } {
  return {
    signature: sign({ requestId: '', clientAddress: '', authorization: '', refreshToken: '', body: OPENING }),
  }
}

/** Adds who asks to the payload of a `subscribe` message, and signs both. */
export function signSubscription<Payload extends LivePayload>(
  sign: GatewaySigner,
  payload: Payload,
  { authorization, requestId, clientAddress }: LiveClient,
): Payload & { extensions: LiveExtensions } {
  const signature = sign({ requestId, clientAddress, authorization, refreshToken: '', body: bodyOf(payload) })
  return { ...payload, extensions: { authorization, requestId, clientAddress, signature } }
}

/** Throws NOT_A_GATEWAY for what `signConnection` did not make within the last minute. */
export function checkConnection(
  check: SignatureCheck,
  parameters: Readonly<Record<string, unknown>> | undefined,
): void {
  check({ [SIGNATURE_HEADER]: text(parameters?.['signature']) }, OPENING)
}

/** Who subscribes. Throws NOT_A_GATEWAY for what `signSubscription` did not sign within the last minute. */
export function checkSubscription(
  check: SignatureCheck,
  payload: LivePayload & { extensions?: Record<string, unknown> | null | undefined },
): LiveClient {
  const { extensions } = payload
  const client = {
    authorization: text(extensions?.['authorization']),
    requestId: text(extensions?.['requestId']),
    clientAddress: text(extensions?.['clientAddress']),
  }
  const headers = {
    authorization: client.authorization,
    'x-request-id': client.requestId,
    [CLIENT_ADDRESS_HEADER]: client.clientAddress,
    [SIGNATURE_HEADER]: text(extensions?.['signature']),
  }
  check(headers, bodyOf(payload))
  return client
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
