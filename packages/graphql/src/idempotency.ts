// Mutations that are done once however often they are sent: by the client's own id.
import { MUTATION_HOURS } from '@segue/database'
import { createHash } from 'node:crypto'
import { QueryFailedError, type EntityManager } from 'typeorm'
import { MutationIdReused, MutationUnderWay } from './errors.js'
import { decodePayload, encodePayload } from './kept-payload.js'
import { claimMutation, keepPayload, releaseMutation, type MutationKey } from './sql/claim-mutation.js'

/** Which fields of a mutation's input and payload are secrets. */
export interface Secrets {
  input: ReadonlySet<string>
  payload: ReadonlySet<string>
}

/** A mutation under a client's id, claimed in a transaction. */
export interface ClaimedMutation {
  /** What it answered when it was done before; undefined: do it. */
  done: object | undefined
  /** Remembers the answer. */
  keep: (payload: object) => Promise<void>
  /** Remembers nothing: it may be tried again. */
  release: () => Promise<void>
}

/**
 * Claims a mutation: the transaction's first statement. Throws MUTATION_ID_REUSED when the id was used with another input, MUTATION_UNDER_WAY when the first
 * one does not come to an end.
 */
export async function claim(
  transaction: EntityManager,
  request: { accountId: string; mutation: string; clientMutationId: string; input: object },
  secrets: Secrets,
): Promise<ClaimedMutation> {
  const { accountId, mutation, clientMutationId, input } = request
  const key: MutationKey = { accountId, mutation, clientIdHash: sha256(clientMutationId) }
  const inputHash = sha256(canonicalJson(without(input, secrets.input)))
  const path = ['input', 'clientMutationId']
  try {
    const done = await claimMutation(transaction, key, inputHash, MUTATION_HOURS)
    if (done && !done.inputHash.equals(inputHash)) throw MutationIdReused({ mutation }, path)
    return {
      done: done && decodePayload(done.payload),
      keep: (payload) => keepPayload(transaction, key, encodePayload(without(payload, secrets.payload))),
      release: () => releaseMutation(transaction, key),
    }
  } catch (error) {
    if (error instanceof QueryFailedError && error.driverError.code === 'ER_LOCK_WAIT_TIMEOUT') {
      throw MutationUnderWay({ mutation }, path)
    }
    throw error
  }
}

function without(value: object, names: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.has(name)))
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** The same text for the same input, whatever the order of its fields; one that is undefined counts as left out. */
function canonicalJson(input: unknown): string {
  return JSON.stringify(input, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}
