// Shared locks: many may read at once what nobody may change meanwhile.
import { toBytes } from '@segue/database'
import type { EntityManager } from 'typeorm'

/**
 * Keeps a row as it is until the transaction ends; whoever wants to change it waits, whoever reads it so does not. Read it afterwards: the transaction sees
 * what was committed by then. Written as MariaDB and MySQL both have it. Index: primary key.
 */
export async function lockShared(tx: EntityManager, table: 'account' | 'api_key', id: string): Promise<void> {
  await tx.query(`SELECT id FROM ${table} WHERE id = ? LOCK IN SHARE MODE`, [toBytes(id)])
}
