// What a failed attempt means, whatever the transport.
import { AddressNotAllowed } from './address-policy.js'
import type { Failure } from './transport.js'

/** Something is wrong with the delivery itself. */
export function rejected(code: string, message: string): Failure {
  return { kind: 'rejected', reason: { code, message }, response: null }
}

/** Something is wrong with the resource: its deliveries wait until somebody has mended it. */
export function resourceUnusable(message: string): Failure {
  return {
    kind: 'retry',
    reason: { code: 'RESOURCE_UNUSABLE', message },
    after: null,
    unreachable: true,
    response: null,
  }
}

/** The outcome of an attempt that got no answer. `host` is named to people. */
export function failureOutcome(error: unknown, host: string, timedOut: boolean): Failure {
  const refused = causes(error).find((one) => one instanceof AddressNotAllowed)
  if (refused) return rejected(refused.code, refused.message)
  const reason = timedOut
    ? { code: 'TIMEOUT', message: `${host} did not answer in time.` }
    : connectionReason(causes(error).flatMap(codeOf)[0] ?? '', host)
  return { kind: 'retry', reason, after: null, unreachable: true, response: null }
}

function connectionReason(code: string, host: string): { code: string; message: string } {
  if (/^(ENOTFOUND|EAI_|ENODATA|EDNS)/.test(code))
    return { code: 'HOST_NOT_FOUND', message: `The address of ${host} cannot be found (${code}).` }
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO|ETLS|EPROTO$|HOSTNAME_MISMATCH)/.test(code))
    return { code: 'TLS_FAILED', message: `No secure connection to ${host} could be made (${code}).` }
  return { code: 'CONNECTION_FAILED', message: `The connection to ${host} failed${code ? ` (${code})` : ''}.` }
}

function codeOf(error: unknown): string[] {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? [code] : []
}

/** The error, what caused it, and the errors that it sums up. The deepest ones say most. */
function causes(error: unknown): object[] {
  if (typeof error !== 'object' || error === null) return []
  const { cause, errors } = error as { cause?: unknown; errors?: unknown }
  return [...[cause, ...(Array.isArray(errors) ? errors : [])].flatMap(causes), error]
}
