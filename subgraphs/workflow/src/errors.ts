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
export const StartNodeNotFound = userError(
  'START_NODE_NOT_FOUND',
  404,
  'Neither the draft nor the live version has a start node {node}.',
)
export const TooMany = userError('TOO_MANY', 400, 'At most {limit} at once, and at least one; these are {count}.')
export const ChooseOne = userError('CHOOSE_ONE', 400, 'Say either ids or a filter.')
export const TooWide = userError('TOO_WIDE', 400, '{problem}')
export const RunNotFound = userError('RUN_NOT_FOUND', 404, 'There is no run with the id {id}.')
export const RunNotFailed = userError(
  'RUN_NOT_FAILED',
  409,
  'Only a failed run of which it is kept where it failed can be tried again; this one is {state}.',
)
export const NotDeployed = userError('NOT_DEPLOYED', 409, 'The workflow has no live version. Deploy it first.')
export const ResourceNotFound = userError('RESOURCE_NOT_FOUND', 404, 'There is no resource with the id {id}.')
export const ResourceExists = userError(
  'RESOURCE_EXISTS',
  409,
  'There is a resource with the id {id} already. Choose another id, or change that one.',
)
export const StaleResource = userError(
  'STALE_RESOURCE',
  409,
  'Somebody changed this resource since version {version}. Look at what it is now and change that.',
)
export const BadSettings = userError('BAD_SETTINGS', 422, '{problem}')
export const ResourceInUse = userError(
  'RESOURCE_IN_USE',
  409,
  'Deployed workflows use the resource: {workflows}. Deploy them without it first.',
)
export const SecretsNotConfigured = userError(
  'SECRETS_NOT_CONFIGURED',
  409,
  'No secret can be kept: SEGUE_SECRET_KEYS is not configured for this environment. Ask its operator.',
)
export const SecretTooLarge = userError(
  'SECRET_TOO_LARGE',
  400,
  'A secret has at most {limit} bytes; this one has more.',
)
export const PolicyNotFound = userError('POLICY_NOT_FOUND', 404, 'There is no contact policy of the channel {channel}.')
export const PolicyExists = userError(
  'POLICY_EXISTS',
  409,
  'There is a contact policy of the channel {channel} already. Change that one.',
)
export const StalePolicy = userError(
  'STALE_POLICY',
  409,
  'Somebody changed this policy since version {version}. Look at what it is now and change that.',
)
export const BadPolicy = userError('BAD_POLICY', 422, '{problem}')
export const TooManyTestRuns = userError(
  'TOO_MANY_TEST_RUNS',
  429,
  'Test runs of this account have used their time. Try again in {seconds} seconds.',
)
export const BadTestRun = userError('BAD_TEST_RUN', 422, '{problem}')
export const EventNotFound = userError('EVENT_NOT_FOUND', 404, 'There is no event with the id {id}, or not any more.')
export const ProfileNotFound = userError('PROFILE_NOT_FOUND', 404, 'There is no profile with the id {id}.')
