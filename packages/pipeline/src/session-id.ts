// Session ids come from clients in any form; the database keeps sixteen bytes.
import { hash } from 'node:crypto'
import { isId, toBytes } from '@segue/database'

/** A UUID as it is, any other text by its hash: the same text is always the same session. */
export function sessionBytes(id: string): Buffer {
  return isId(id) ? toBytes(id) : hash('sha256', id, 'buffer').subarray(0, 16)
}
