// What can go wrong when a node runs. Messages name fields and kinds of values, never the values: those are personal.

/** A failure that a node reports: it leaves through the node's `error` port, or fails the run when nothing is there. */
export class NodeError extends Error {
  /** Stable, for people and programs. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'NodeError'
    this.code = code
  }
}

/** Declares a failure: its code and its message, in which `{name}` is filled from the parameters. */
export function nodeError<Parameters extends Record<string, string | number>>(
  code: string,
  message: string,
): (parameters: Parameters) => NodeError {
  return (parameters) =>
    new NodeError(
      code,
      message.replace(/\{(\w+)\}/g, (placeholder, name: string) => String(parameters[name] ?? placeholder)),
    )
}

export const NotANumber = nodeError<{ field: string; found: string }>(
  'NOT_A_NUMBER',
  '{field} holds a {found}. Only a number, or a field that is not there yet, can be increased.',
)

export const NumberTooLarge = nodeError<{ field: string }>('NUMBER_TOO_LARGE', '{field} would grow beyond any number.')

export const NotAList = nodeError<{ field: string; found: string }>(
  'NOT_A_LIST',
  '{field} holds a {found}. Only a list, or a field that is not there yet, can be appended to.',
)

export const FieldBlocked = nodeError<{ field: string; parent: string; found: string }>(
  'FIELD_BLOCKED',
  '{field} cannot be written, because {parent} holds a {found}. Delete that first, or write elsewhere.',
)

export const BadName = nodeError<{ name: string }>('BAD_NAME', '{name} cannot be used as a name.')

export const StepLimit = nodeError<{ limit: number }>(
  'STEP_LIMIT',
  'The run took more than {limit} steps without a pause. Make branches that meet again fewer, or split the workflow.',
)

export const RunStepLimit = nodeError<{ limit: number }>(
  'RUN_STEP_LIMIT',
  'The run took more than {limit} steps in all. Let the circle end some time, or begin a new run instead.',
)

export const TimeLimit = nodeError<{ limit: number }>(
  'TIME_LIMIT',
  'The run took more than {limit} ms without a pause. Calculate less, or on less data.',
)

export const WaitLimit = nodeError<{ limit: number }>(
  'WAIT_LIMIT',
  'More than {limit} branches of the run would wait. Make branches that wait fewer, or split the workflow.',
)

export const TooDeep = nodeError<{ limit: number }>(
  'TOO_DEEP',
  'More than {limit} runs have begun one another. Events and sub-workflows that cause themselves end here.',
)

export const NestedTooDeep = nodeError<{ what: string }>(
  'NESTED_TOO_DEEP',
  'The {what} is nested too deeply to be stored. Hand on less.',
)

export const NodeGone = nodeError<{ node: string }>(
  'NODE_GONE',
  'The version has no node {node}. Name the one that takes its place in the map of nodes.',
)

export const PayloadTooLarge = nodeError<{ limit: number }>(
  'PAYLOAD_TOO_LARGE',
  'The run produced more than {limit} bytes of values, responses and log. Store less, or less often.',
)

export const NodeCrashed = nodeError<{ node: string }>(
  'NODE_CRASHED',
  'The node {node} broke down. This is our mistake, not yours: it has been logged.',
)
