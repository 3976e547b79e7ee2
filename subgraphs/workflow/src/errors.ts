// What a caller of the workflow subgraph can do wrong.
import { userError } from '@segue/graphql'

export const WorkflowNotFound = userError('WORKFLOW_NOT_FOUND', 404, 'There is no workflow with the id {id}.')
export const StaleDraft = userError(
  'STALE_DRAFT',
  409,
  'Somebody saved this workflow at {savedAt}. Compare both versions and save again.',
)
export const BadDraft = userError('BAD_DRAFT', 400, 'This is no workflow: {problem}.')
export const DraftTooLarge = userError(
  'DRAFT_TOO_LARGE',
  400,
  'A workflow has at most {limit} bytes; this one has {size}.',
)
export const WorkflowHasProblems = userError(
  'WORKFLOW_HAS_PROBLEMS',
  422,
  'The workflow cannot run as it is. The first of {count} problems: {problem}',
)
export const VersionNotFound = userError(
  'VERSION_NOT_FOUND',
  404,
  'The workflow has no version {version}. Choose one of its versions.',
)
export const TriggerNotFound = userError('TRIGGER_NOT_FOUND', 404, 'There is no trigger with the id {id}.')
export const StaleTrigger = userError(
  'STALE_TRIGGER',
  409,
  'Somebody changed this trigger since version {version}. Look at what it is now and change that.',
)
export const InvalidCondition = userError('INVALID_CONDITION', 422, '{problem}')
