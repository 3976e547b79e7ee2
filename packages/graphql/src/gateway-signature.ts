// A subgraph answers only its own environment's gateway: each request carries a signature over who asks, from where, and what.
import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import { NotAGateway } from './errors.js'

/** `t=<ms since 1970>,v=<HMAC-SHA256, base64url>`. */
export const SIGNATURE_HEADER = 'x-segue-gateway'
/** Whom the gateway answers. */
export const CLIENT_ADDRESS_HEADER = 'x-segue-client-address'
/** A refresh token, which a gateway takes out of its cookie. Only the platform subgraph gets it. */
export const REFRESH_TOKEN_HEADER = 'x-segue-refresh-token'
/** A refresh token for that cookie and its seconds, `<token>;<seconds>`, in the platform subgraph's answer; an empty token removes it. */
export const SET_REFRESH_TOKEN_HEADER = 'x-segue-set-refresh-token'

/** Clocks of two machines differ by less; a request that was overheard is worth nothing afterwards. */
const VALID_MS = 60_000

/** The variable of the key that a gateway and its subgraphs share: 32 bytes in hexadecimal. */
export const gatewayKey = z
  .string()
  .regex(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits')
  .describe(
    'Key that the gateway signs its requests to subgraphs with: 64 hexadecimal digits, one for each environment',
  )

/** What is signed; what a request does not have counts as empty. */
export interface GatewayRequest {
  requestId: string
  clientAddress: string
  authorization: string
  refreshToken: string
  body: string | Buffer
}

/** Gives the value of the signature header for a request. `now` (milliseconds) is for tests. */
export type GatewaySigner = (request: GatewayRequest, now?: number) => string

/** A signer; `hexKey` as `gatewayKey` reads it. */
export function createGatewaySigner(hexKey: string): GatewaySigner {
  const key = keyOf(hexKey)
  return (request, now = Date.now()) => `t=${now},v=${digest(key, now, request).toString('base64url')}`
}

/** Throws NOT_A_GATEWAY for a request whose headers and body no gateway of this environment signed within the last minute. */
export type SignatureCheck = (headers: IncomingHttpHeaders, body: string | Buffer) => void

/** A check of what a signer with the same key signs. */
export function createSignatureCheck(hexKey: string): SignatureCheck {
  const key = keyOf(hexKey)
  return (headers, body) => {
    const [, at, value] = /^t=(\d{1,15}),v=([\w-]{43})$/.exec(text(headers[SIGNATURE_HEADER])) ?? []
    if (!at || !value || Math.abs(Date.now() - Number(at)) > VALID_MS) throw NotAGateway()
    const expected = digest(key, Number(at), {
      requestId: text(headers['x-request-id']),
      clientAddress: text(headers[CLIENT_ADDRESS_HEADER]),
      authorization: headers.authorization ?? '',
      refreshToken: text(headers[REFRESH_TOKEN_HEADER]),
      body,
    })
    if (!timingSafeEqual(expected, Buffer.from(value, 'base64url'))) throw NotAGateway()
  }
}

function keyOf(hexKey: string): KeyObject {
  return createSecretKey(Buffer.from(hexKey, 'hex'))
}

function digest(key: KeyObject, at: number, request: GatewayRequest): Buffer {
  const { requestId, clientAddress, authorization, refreshToken, body } = request
  // A header holds no line break, so no two requests make the same text.
  return createHmac('sha256', key)
    .update(`${at}\n${requestId}\n${clientAddress}\n${authorization}\n${refreshToken}\n`)
    .update(body)
    .digest()
}

function text(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : ''
}
