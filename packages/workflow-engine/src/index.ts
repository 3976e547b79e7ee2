// The workflow engine: the shape of a workflow, the node kit, the compiler and the interpreter.

export { compileWorkflow, type CompiledWorkflow } from './compile.js'
export { WORKFLOW_PROBLEM_CODES, type WorkflowProblem } from './problems.js'
export { graphSchema, type GraphEdge, type GraphNode, type WorkflowGraph } from './graph.js'

export {
  DEFAULT_LIMITS,
  runWorkflow,
  type RunContext,
  type RunError,
  type RunLimits,
  type RunLogEntry,
  type RunResult,
  type RunStep,
} from './run.js'

export { applyOperation, type FieldOperation, type ProfileWriter } from './field-operations.js'
export { isForbiddenName, parsePath, PROFILE_ROOTS, WRITABLE_ROOTS, type FieldPath } from './paths.js'
export type { JsonObject, JsonValue } from './json.js'

export {
  defineNode,
  port,
  type AnyNode,
  type LogLevel,
  type NodeDefinition,
  type Run,
  type RunData,
  type RunEvent,
  type Step,
} from './node.js'
export { NodeError, nodeError } from './errors.js'
export { readPath, type ProfileDraft } from './profile-draft.js'
