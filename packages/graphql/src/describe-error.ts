// An error as the log may have it: enough to find the reason, and no values, which may be somebody's data.
import { QueryFailedError } from 'typeorm'

export interface DescribedError {
  type: string
  /** Left out for errors of the database: its messages quote values ("Duplicate entry 'ann@example.com'"). */
  message?: string
  code?: string
  /** The statement with its placeholders. */
  statement?: string
  /** Where it was thrown, without the message. */
  stack: string[]
}

export function describeError(error: unknown): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, stack: [] }
  const stack = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  if (error instanceof QueryFailedError) {
    return { type: error.name, code: String(error.driverError.code), statement: error.query, stack }
  }
  return { type: error.name, message: error.message, stack }
}
