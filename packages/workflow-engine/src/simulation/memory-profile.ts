// A profile that is nothing but its document: for simulated runs and tests.
import { applyOperation, type FieldOperation, type ProfileWriter } from '../field-operations.js'
import type { JsonObject, JsonValue } from '../json.js'
import { parsePath } from '../paths.js'
import { readPath } from '../profile-draft.js'

/** What conditions calculate with; documents hold texts. */
const TIMES = new Set(['createdAt', 'firstSeenAt', 'lastSeenAt'])

export class MemoryProfile implements ProfileWriter {
  /** Replaced, never changed, by each write. */
  document: JsonObject
  /** All writes so far, in order. */
  readonly operations: FieldOperation[] = []

  constructor(document: JsonObject) {
    this.document = document
  }

  read(path: string): JsonValue | Date | undefined {
    const value = readPath(this.document, path.split('.'))
    return TIMES.has(path) && typeof value === 'string' ? new Date(value) : value
  }

  apply(operation: FieldOperation): void {
    const path = parsePath(operation.path)
    if (typeof path === 'string') throw new Error(path)
    this.operations.push(operation)
    this.document = applyOperation(this.document, path, operation)
  }
}
