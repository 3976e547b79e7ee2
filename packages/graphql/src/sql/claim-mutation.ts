// What is kept of mutations that a client gave an id of its own.
import { toBytes } from '@segue/database'
import { QueryFailedError, type EntityManager } from 'typeorm'

/** Which mutation of whom, by the client's own id. */
export interface MutationKey {
  accountId: string
  mutation: string
  /** SHA-256 of the clientMutationId. */
  clientIdHash: Buffer
}

/** A mutation that was done: what it was asked, and what it answered. */
export interface DoneMutation {
  inputHash: Buffer
  payload: Buffer
}

/**
 * Claims the key for the caller's transaction, as its first statement. Resolves with undefined when it has it, else with what was done under it less
 * than `hours` ago. Index: primary key. Of two at once the second waits at that key for the end of the first's transaction: it gets the key when the
 * first was rolled back, and the first's answer when it was committed. Of several that wait, all but one are deadlocks when the first is rolled
 * back: run the transaction again.
 */
export async function claimMutation(
  transaction: EntityManager,
  { accountId, mutation, clientIdHash }: MutationKey,
  inputHash: Buffer,
  hours: number,
): Promise<DoneMutation | undefined> {
  const key = [toBytes(accountId), mutation, clientIdHash]
  for (;;) {
    try {
      await transaction.query(
        `INSERT INTO mutation_request (account_id, mutation, client_id_hash, input_hash, created_at)
         VALUES (?, ?, ?, ?, UTC_TIMESTAMP(3))`,
        [...key, inputHash],
      )
      return undefined
    } catch (error) {
      if (!(error instanceof QueryFailedError) || error.driverError.code !== 'ER_DUP_ENTRY') throw error
    }
    // Read without a lock first: of many that wait at the key each holds it shared by now, so to write it they would wait for each other (MySQL).
    const [done] = await transaction.query<{ input_hash: Buffer; payload: Buffer | null; is_over: number }[]>(
      `SELECT input_hash, payload, created_at < UTC_TIMESTAMP(3) - INTERVAL ? HOUR AS is_over FROM mutation_request
        WHERE account_id = ? AND mutation = ? AND client_id_hash = ?`,
      [hours, ...key],
    )
    if (done?.payload && Number(done.is_over) === 0) return { inputHash: done.input_hash, payload: done.payload }
    const renewed: { affectedRows: number } = await transaction.query(
      `UPDATE mutation_request SET input_hash = ?, payload = NULL, created_at = UTC_TIMESTAMP(3)
        WHERE account_id = ? AND mutation = ? AND client_id_hash = ? AND created_at < UTC_TIMESTAMP(3) - INTERVAL ? HOUR`,
      [inputHash, ...key, hours],
    )
    if (renewed.affectedRows > 0) return undefined
    // None: it was too old, and somebody has just deleted it or claimed it again.
  }
}

/** Keeps what a claimed mutation answered. Index: primary key; the row is the transaction's own. */
export async function keepPayload(
  transaction: EntityManager,
  { accountId, mutation, clientIdHash }: MutationKey,
  payload: Buffer,
): Promise<void> {
  await transaction.query(
    'UPDATE mutation_request SET payload = ? WHERE account_id = ? AND mutation = ? AND client_id_hash = ?',
    [payload, toBytes(accountId), mutation, clientIdHash],
  )
}

/** Gives a claimed key up. Index: primary key; the row is the transaction's own. */
export async function releaseMutation(
  transaction: EntityManager,
  { accountId, mutation, clientIdHash }: MutationKey,
): Promise<void> {
  await transaction.query('DELETE FROM mutation_request WHERE account_id = ? AND mutation = ? AND client_id_hash = ?', [
    toBytes(accountId),
    mutation,
    clientIdHash,
  ])
}
