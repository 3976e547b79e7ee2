// Everything that can be wrong with a condition: one row a code, and the two shapes in which it is told.

/** Codes of problems; stable, callers and translations may rely on them. */
export const PROBLEM_CODES = {
  SYNTAX: 'The text is not CEL.',
  UNKNOWN_NAME: 'A name that is not part of the context.',
  UNKNOWN_FUNCTION: 'A function or method that does not exist.',
  WRONG_ARGUMENTS: 'A function is called with too few or too many arguments.',
  LITERAL_NEEDED: 'A pattern or time zone has to be written out, because it is prepared before the condition runs.',
  IMPOSSIBLE_VALUE: 'A written value that is none: a bad pattern, time zone, timestamp, duration, or too big a number.',
  NOT_SUPPORTED: 'CEL that conditions do not have: bytes, cel.bind, optional types.',
  ALWAYS_FALSE: 'A comparison that can never hold, such as ordering against null.',
  NOT_A_CONDITION: 'The expression gives something else than true or false.',
  UNKNOWN_FIELD: 'A field that profiles, events or sessions do not have.',
  UNKNOWN_EVENT_TYPE: 'events() names an event type that does not exist.',
  UNKNOWN_SEGMENT: 'A segment that does not exist.',
  INCOMPLETE_BEHAVIOUR: 'events() or sessions() without an end such as count(), or with a step that they do not have.',
  NOT_IN_SEGMENTS: 'Something that a database cannot answer exactly as conditions do elsewhere.',
  TOO_LARGE: 'The text is longer or more nested than a condition may be.',
} as const

export type ProblemCode = keyof typeof PROBLEM_CODES

/** One thing that is wrong with a condition's text, and where. */
export interface Problem {
  code: ProblemCode
  /** What is wrong, as a sentence. */
  message: string
  /** From 1. */
  line: number
  /** From 1, in characters of the line (UTF-16 code units). */
  column: number
  /** Where the wrong part begins and ends in the text, from 0; `end` is exclusive. */
  start: number
  end: number
  /** What to write instead, when we can tell. */
  hint?: string
}

/** Thrown by `compileCondition` when the text has problems. Its message tells the first. */
export class InvalidCondition extends Error {
  readonly code = 'INVALID_CONDITION'
  readonly status = 422
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const [first] = problems
    super(first ? `Line ${first.line}, column ${first.column}: ${first.message}` : 'The condition is invalid.')
    this.name = 'InvalidCondition'
    this.problems = problems
  }
}

/** Builds a problem from offsets in the text; line and column are counted here. */
export function problemAt(
  source: string,
  range: { start: number; end: number },
  code: ProblemCode,
  message: string,
  hint?: string,
): Problem {
  const { line, column } = lineAndColumn(source, range.start)
  return { code, message, line, column, start: range.start, end: range.end, ...(hint === undefined ? {} : { hint }) }
}

/** Line and column, both from 1, of an offset in a text. */
export function lineAndColumn(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: offset - lineStart + 1 }
}
