// The profile as runs read and write it; what they write bears the stamp of what caused the execution.
import type { JsonValue } from '@segue/event-model'
import type { FieldOperation, ProfileWriter } from '@segue/workflow-engine'
import type { WorkingProfile } from '../batch.js'
import { readField, write, type Author } from '../merge.js'
import { parsePath } from '../paths.js'
import { NotANumber } from '../profile-document/write-field.js'

export class StampedWriter implements ProfileWriter {
  constructor(
    private readonly author: Author,
    private readonly profile: WorkingProfile,
  ) {}

  read(path: string): JsonValue | Date | undefined {
    switch (path) {
      case 'id':
        return this.profile.id
      case 'createdAt':
      case 'firstSeenAt':
      case 'lastSeenAt':
        return new Date(this.profile[path])
      default:
        return readField(this.profile, path)
    }
  }

  apply(operation: FieldOperation): void {
    const path = parsePath(operation.path)
    if (!path) return
    const value = operation.op === 'delete' ? null : operation.value
    try {
      write(this.author, this.profile, operation.op, path, value)
    } catch (error) {
      // The run could add to what it had set; but by now the field holds something later, which stays.
      if (!(error instanceof NotANumber)) throw error
      this.author.problems.push({ code: 'WRITE_NOT_A_NUMBER', message: error.message, path: operation.path })
    }
  }
}

/** Nobody's profile: empty, and what is written to it goes nowhere. */
export const NOBODY: ProfileWriter = { read: () => undefined, apply: () => undefined }
