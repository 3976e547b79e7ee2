// Saving over a version: who changed an older one is refused, with both versions.
import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm'
import { staleSave, type StaleSave } from './mutation.js'

/** Something that two people may edit: `version` is raised by each save. */
interface Versioned extends ObjectLiteral {
  id: string
  version: number
  updatedAt: Date
}

/** What became of a save: `before` and `now` when it was saved; `stale` with what is there `now` when somebody else was faster. */
export type SavedVersion<Row> = { now: Row; before: Row; stale?: undefined } | { now: Row; stale: StaleSave }

/**
 * Changes the row `id` when it is still at `version`; null when there is none. The row is locked until the transaction ends, so of two that save at once the
 * second finds the first's version. Index: primary key.
 */
export async function saveVersion<Row extends Versioned>(
  transaction: EntityManager,
  entity: EntityTarget<Row>,
  id: string,
  version: number,
  changes: Partial<Row>,
): Promise<SavedVersion<Row> | null> {
  const rows = transaction.getRepository(entity)
  const where = { id } as never
  const before = await rows.findOne({ where, lock: { mode: 'pessimistic_write' } })
  if (!before) return null
  if (before.version !== version) return { now: before, stale: staleSave(version, changes, before) }
  const saved = { ...changes, version: version + 1, updatedAt: new Date() }
  await rows.update(where, saved as never)
  return { before, now: { ...before, ...saved } }
}
