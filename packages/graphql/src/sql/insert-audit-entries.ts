// Writes audit entries, all of a mutation in one statement.
import { toBytes } from '@segue/database'
import type { EntityManager } from 'typeorm'

/** A row of `audit_entry`, but for the e-mail address, which the statement looks up. */
export interface AuditRow {
  id: string
  at: Date
  accountId: string | null
  apiKeyId: string | null
  action: string
  subjectType: string
  subjectId: string
  /** JSON */
  before: string | null
  /** JSON */
  after: string | null
  personal: boolean
  address: string
  userAgent: string | null
  requestId: string
}

/** Index: `account`'s primary key for the address. Only ever inserts; ids are random beyond their time, so nobody waits for anybody. */
export async function insertAuditEntries(transaction: EntityManager, rows: readonly AuditRow[]): Promise<void> {
  await transaction.query(
    `INSERT INTO audit_entry (id, at, account_id, account_email, api_key_id, action, subject_type, subject_id, before_values, after_values,
                              personal, address, user_agent, request_id)
     VALUES ${rows.map(() => '(?, ?, ?, (SELECT email FROM account WHERE id = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').join(', ')}`,
    rows.flatMap((row) => {
      const accountId = row.accountId === null ? null : toBytes(row.accountId)
      return [
        toBytes(row.id),
        row.at,
        accountId,
        accountId,
        row.apiKeyId === null ? null : toBytes(row.apiKeyId),
        row.action,
        row.subjectType,
        row.subjectId,
        row.before,
        row.after,
        row.personal,
        row.address,
        row.userAgent,
        row.requestId,
      ]
    }),
  )
}
