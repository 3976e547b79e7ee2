// A segment that has to be there, and stays until the transaction ends.
import { Segment } from '@segue/database'
import type { EntityManager } from 'typeorm'
import { SegmentNotFound } from './errors.js'

/** Reads and locks a segment, so that nobody removes it meanwhile and members are left over. Throws SEGMENT_NOT_FOUND. */
export async function findSegment(transaction: EntityManager, id: string, path: readonly string[]): Promise<Segment> {
  const segment = await transaction
    .getRepository(Segment)
    .findOne({ where: { id }, lock: { mode: 'pessimistic_write' } })
  if (!segment) throw SegmentNotFound({ id }, path)
  return segment
}
