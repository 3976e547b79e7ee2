// Tells those who watch a segment that it has changed.
import { ChangesWriter, insertChanges, toBytes } from '@segue/database'
import type { EntityManager } from 'typeorm'

/** In the transaction of the change. */
export async function tellSegment(transaction: EntityManager, segmentId: string): Promise<void> {
  const changes = new ChangesWriter()
  changes.segments([toBytes(segmentId)])
  await insertChanges(transaction, changes.finish())
}
