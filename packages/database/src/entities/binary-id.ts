// How an id column reads: BINARY(16) in the database, a UUID string in code.
import type { ColumnOptions } from 'typeorm'
import { toBytes, toId } from '../identifier.js'

/** Column options of an id. Works inside find operators too: the transformer passes other values through. */
export const binaryId = {
  type: 'binary',
  length: 16,
  transformer: {
    to: (id: unknown) => (typeof id === 'string' ? toBytes(id) : id),
    from: (bytes: unknown) => (Buffer.isBuffer(bytes) ? toId(bytes) : bytes),
  },
} satisfies ColumnOptions
