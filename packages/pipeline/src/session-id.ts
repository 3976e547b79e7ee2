// Session ids come from clients in any form; the database keeps sixteen bytes.
import { createHash } from 'node:crypto'
import { isId, toBytes } from '@segue/database'

/** A UUID as it is, any other text by its hash: the same text is always the same session. */
export function sessionBytes(id: string): Buffer {
  return isId(id) ? toBytes(id) : createHash('sha256').update(id).digest().subarray(0, 16)
}
