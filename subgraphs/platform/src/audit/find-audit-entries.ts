// Pages of audit entries.
import { AuditEntry, toBytes } from '@segue/database'
import { findPage, InvalidInput, type Connection, type ConnectionArgs, type Keyset } from '@segue/graphql'
import type { DataSource } from 'typeorm'

/** Which entries; null does not restrict. */
export interface AuditFilter {
  subjectType?: string | null
  subjectId?: string | null
  accountId?: string | null
  action?: string | null
  from?: Date | null
  to?: Date | null
  search?: string | null
}

/** Ids are UUIDv7: their order is that of time. */
const LATEST: Keyset<AuditEntry> = {
  keys: [{ column: 'entry.id', kind: 'id', of: (entry) => entry.id }],
  descending: true,
}

/**
 * A page of entries, latest first. Indexes: of_subject, of_account and of_action, each with the id behind it; without any of these the primary key, which
 * `from` and `to` bound (and choose partitions by). A search reads the entries that are left, one by one. Throws INVALID_INPUT for a subject's id without
 * its type, as ids of different types may be the same.
 */
export async function findAuditEntries(
  database: DataSource,
  { subjectType, subjectId, accountId, action, from, to, search }: AuditFilter,
  page: ConnectionArgs,
): Promise<Connection<AuditEntry>> {
  if (subjectId != null && subjectType == null) {
    throw InvalidInput({ problem: 'Say of which type the subject is, too.' }, ['subjectType'])
  }
  const query = database.getRepository(AuditEntry).createQueryBuilder('entry')
  // Both columns are ASCII: compared with another text as it is, the database would refuse the statement.
  if (subjectType != null) query.andWhere('entry.subjectType = CONVERT(:subjectType USING ascii)', { subjectType })
  if (subjectId != null) query.andWhere('entry.subjectId = :subjectId', { subjectId })
  if (accountId != null) query.andWhere('entry.accountId = :accountId', { accountId: toBytes(accountId) })
  if (action != null) query.andWhere('entry.action = CONVERT(:action USING ascii)', { action })
  if (from != null) query.andWhere('entry.id >= :from', { from: firstIdAt(from) })
  if (to != null) query.andWhere('entry.id < :to', { to: firstIdAt(to) })
  if (search != null && search !== '') {
    const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`
    query.andWhere(
      `(LOWER(CONCAT_WS(' ', entry.action, entry.subjectType, entry.subjectId, entry.requestId)) LIKE LOWER(:pattern)
        OR (entry.personal = FALSE
            AND LOWER(CONCAT_WS(' ', CAST(entry.before AS CHAR), CAST(entry.after AS CHAR))) LIKE LOWER(:pattern)))`,
      { pattern },
    )
  }
  return await findPage(query, LATEST, page)
}

/** The lowest UUIDv7 of a moment: 48 bits of milliseconds (RFC 9562), the rest zero. */
function firstIdAt(moment: Date): Buffer {
  const id = Buffer.alloc(16)
  id.writeUIntBE(Math.min(Math.max(0, moment.getTime()), 2 ** 48 - 1), 0, 6)
  return id
}
