// What can stop a replay, each with what to do about it.

/** A reason to stop that the person at the keyboard can do something about; shown without a stack. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError'
  constructor(
    readonly code: 'USAGE' | 'FILE_NOT_READABLE' | 'NOT_A_RETAIL_FILE' | 'COLLECTOR_UNREACHABLE' | 'SOURCE_REFUSED',
    message: string,
  ) {
    super(message)
  }
}
