// The workflow engine: the shape of a workflow, the node kit, the compiler and the interpreter.

export { compileWorkflow } from './compile.js'
export type { CompiledJoin, CompiledNode, CompiledWorkflow } from './compiled-workflow.js'
export { WORKFLOW_PROBLEM_CODES, type WorkflowProblem } from './problems.js'
export { graphSchema, type GraphEdge, type GraphNode, type WorkflowGraph } from './graph.js'
export {
  isTimeZone,
  settingsSchema,
  type CompiledExit,
  type CompiledReentry,
  type CompiledSettings,
  type WorkflowSettings,
} from './settings.js'

export { startRun, type Beginning } from './start-run.js'
export { resumeRun } from './resume-run.js'
export { retryRun } from './retry-run.js'
export { checkExits, type ExitContext } from './exits.js'
export { moveRun } from './move-run.js'
export type { RunContext, RunError, RunLogEntry, RunResult } from './run-result.js'
export { DEFAULT_LIMITS, MAX_DEPTH, type RunLimits } from './limits.js'
export type {
  Awaits,
  Decision,
  DeliveryRequest,
  Effect,
  FailedPoint,
  RunState,
  RunStep,
  StoredEvent,
  Wait,
} from './run-state.js'
export { reviveCause, reviveEvent, storeEvent } from './stored-event.js'
export { hasConsent } from './consents.js'

export { simulateWorkflow } from './simulation/simulate-workflow.js'
export type {
  SimulatedEffect,
  SimulatedLogEntry,
  SimulatedStep,
  Simulation,
  SimulationInput,
} from './simulation/simulation.js'
export {
  deliveryAnswerSchema,
  momentAt,
  scriptSchema,
  type DeliveryAnswer,
  type Script,
  type SimulatedEvent,
} from './simulation/script.js'
export { checkExpectations, expectationsSchema, type Expectations } from './simulation/expectations.js'
export { MemoryProfile } from './simulation/memory-profile.js'

export { applyOperation, type FieldOperation, type ProfileWriter } from './field-operations.js'
export { isForbiddenName, parsePath, PROFILE_ROOTS, WRITABLE_ROOTS, type FieldPath } from './paths.js'
export type { JsonObject, JsonValue } from './json.js'

export {
  defineNode,
  KEEP_WAITING,
  park,
  port,
  type AnyNode,
  type Cause,
  type ContactDecision,
  type Leaving,
  type LogLevel,
  type NewAwaits,
  type NewDelivery,
  type NodeDefinition,
  type Park,
  type Parking,
  type Run,
  type RunData,
  type RunEvent,
  type Step,
  type Wake,
} from './node.js'
export { NodeError, nodeError } from './errors.js'
export { readPath, type ProfileDraft } from './profile-draft.js'
export { decideContact, type ContactPolicy } from './contact-policy.js'
